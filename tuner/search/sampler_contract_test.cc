// What every sampler promises, for each of them; and that the learned one is worth its predictions.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <set>

#include "tuner/search/sampler.h"

namespace tandem::tuner {
namespace {

using ::testing::SizeIs;

/// Tiles of a 64x64 problem whose product must fit a buffer of 512; the cost is smooth with one optimum at (16, 32, 2).
class TileSpace : public Space {
 public:
  const std::vector<Knob>& knobs() const override { return knobs_; }
  std::string infeasible(const Point& point) const override {
    const KnobValues v = values(point);
    return v.at("rows") * v.at("columns") > 512 ? "the tile exceeds 512 elements" : "";
  }
  std::vector<float> features(const Point& point) const override {
    const KnobValues v = values(point);
    return {static_cast<float>(v.at("rows")), static_cast<float>(v.at("columns")), static_cast<float>(v.at("depth")),
            static_cast<float>(v.at("rows") * v.at("columns"))};
  }
  std::optional<double> cost(const Point& point) const {
    const KnobValues v = values(point);
    if (v.at("depth") == 5) return std::nullopt;  // this choice fails when it is measured
    const double traffic = 4096.0 / static_cast<double>(v.at("rows")) + 2048.0 / static_cast<double>(v.at("columns"));
    return 100 + traffic + 30.0 * static_cast<double>(std::abs(v.at("depth") - 2)) +
           static_cast<double>(v.at("rows")) * 4;
  }

 private:
  std::vector<Knob> knobs_ = {
      {"rows", {1, 2, 4, 8, 16, 32, 64}}, {"columns", {1, 2, 4, 8, 16, 32, 64}}, {"depth", {1, 2, 3, 4, 5, 6, 7, 8}}};
};

struct Kind {
  const char* name;
  std::function<std::unique_ptr<Sampler>(const Space&, CostModel&, uint64_t)> make;
};
const Kind kKinds[] = {
    {"random", [](const Space& space, CostModel&, uint64_t seed) { return make_random_sampler(space, seed); }},
    {"annealing", [](const Space& space, CostModel& model,
                     uint64_t seed) { return make_annealing_sampler(space, model, "layer", 100, seed); }},
};

class SamplerContract : public ::testing::TestWithParam<Kind> {
 protected:
  /// The points of `rounds` asks of `batch`, each told before the next.
  std::vector<Point> run(uint64_t seed, int rounds, int batch) {
    const std::unique_ptr<CostModel> model = make_ranking_model(seed);
    const std::unique_ptr<Sampler> sampler = GetParam().make(space_, *model, seed);
    std::vector<Point> all;
    for (int round = 0; round < rounds; ++round) {
      const std::vector<Point> asked = sampler->ask(batch);
      for (const Point& point : asked) sampler->tell(point, space_.cost(point));
      all.insert(all.end(), asked.begin(), asked.end());
    }
    return all;
  }
  TileSpace space_;
};

TEST_P(SamplerContract, AsksFeasiblePointsOnce) {
  const std::vector<Point> asked = run(7, 6, 10);
  EXPECT_THAT(asked, SizeIs(60));
  EXPECT_THAT(std::set<Point>(asked.begin(), asked.end()), SizeIs(60));
  for (const Point& point : asked) EXPECT_EQ(space_.infeasible(point), "");
}

TEST_P(SamplerContract, SameSeedAndRecordsSamePoints) {
  EXPECT_EQ(run(3, 5, 8), run(3, 5, 8));
  EXPECT_NE(run(3, 5, 8), run(4, 5, 8));
}

TEST_P(SamplerContract, ExhaustsTheSpaceThenStops) {
  std::set<Point> feasible;
  for (int64_t i = 0; i < space_.count(); ++i) {
    if (space_.infeasible(space_.at(i)).empty()) feasible.insert(space_.at(i));
  }
  const std::vector<Point> asked = run(1, 12, 32);
  EXPECT_EQ(std::set<Point>(asked.begin(), asked.end()), feasible);
  EXPECT_EQ(asked.size(), feasible.size());
}

TEST_P(SamplerContract, NeverAsksWhatItWasTold) {
  const std::unique_ptr<CostModel> model = make_ranking_model(1);
  const std::unique_ptr<Sampler> sampler = GetParam().make(space_, *model, 1);
  const Point known = {0, 0, 0};
  sampler->tell(known, 123.0);
  std::vector<Point> asked;
  for (std::vector<Point> more = sampler->ask(64); !more.empty(); more = sampler->ask(64)) {
    asked.insert(asked.end(), more.begin(), more.end());
  }
  EXPECT_EQ(std::count(asked.begin(), asked.end(), known), 0);
}

TEST_P(SamplerContract, SpaceOfOnePointAndOfNone) {
  class Tiny : public TileSpace {
   public:
    explicit Tiny(int64_t rows) : knobs_{{"rows", {rows}}, {"columns", {64}}, {"depth", {1}}} {}
    const std::vector<Knob>& knobs() const override { return knobs_; }

   private:
    std::vector<Knob> knobs_;
  };
  for (const auto& [rows, points] : {std::pair<int64_t, size_t>{8, 1}, {16, 0}}) {
    const Tiny tiny(rows);
    const std::unique_ptr<CostModel> model = make_ranking_model(1);
    EXPECT_THAT(GetParam().make(tiny, *model, 1)->ask(4), SizeIs(points));
  }
}

INSTANTIATE_TEST_SUITE_P(All, SamplerContract, ::testing::ValuesIn(kKinds),
                         [](const auto& kind) { return std::string(kind.param.name); });

/// Mean rank, over seeds, of the best point among 40 of 312.
double mean_best(const Kind& kind, const TileSpace& space) {
  double total = 0;
  constexpr int kSeeds = 8;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const std::unique_ptr<CostModel> model = make_ranking_model(seed);
    const std::unique_ptr<Sampler> sampler = kind.make(space, *model, seed);
    double best = 1e9;
    for (int round = 0; round < 5; ++round) {
      for (const Point& point : sampler->ask(8)) {
        const std::optional<double> cost = space.cost(point);
        sampler->tell(point, cost);
        best = std::min(best, cost.value_or(best));
      }
    }
    total += best;
  }
  return total / kSeeds;
}

TEST(Sampler, AnnealingOverARankingModelBeatsRandom) {
  const TileSpace space;
  double optimum = 1e9;
  for (int64_t i = 0; i < space.count(); ++i) {
    const Point point = space.at(i);
    if (space.infeasible(point).empty()) optimum = std::min(optimum, space.cost(point).value_or(optimum));
  }
  const double random = mean_best(kKinds[0], space), annealing = mean_best(kKinds[1], space);
  EXPECT_LT(annealing - optimum, 0.25 * (random - optimum))
      << "random " << random << ", annealing " << annealing << ", optimum " << optimum;
}

}  // namespace
}  // namespace tandem::tuner
