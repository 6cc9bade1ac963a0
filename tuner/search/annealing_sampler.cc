// Simulated annealing over the learned ranking model, in batches of which some points are random (Chen et al.,
// "Learning to Optimize Tensor Programs", 2018).
#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "tuner/search/sampler.h"
#include "tuner/search/untried.h"

namespace tandem::tuner {
namespace {

struct Scored {
  double prediction;
  Point point;
  bool operator<(const Scored& other) const {
    return prediction != other.prediction ? prediction < other.prediction : point < other.point;
  }
};

class AnnealingSampler : public Sampler {
 public:
  AnnealingSampler(const Space& space, CostModel& model, std::string group, double scale, uint64_t seed,
                   AnnealingOptions options)
      : space_(space),
        model_(model),
        group_(std::move(group)),
        scale_(scale),
        options_(options),
        untried_(space),
        rng_(seed) {}

  std::vector<Point> ask(int count) override {
    std::vector<Point> points;
    if (model_.trained()) {
      const int guided = count - static_cast<int>(std::floor(count * options_.random_share + rng_.real()));
      for (Point& point : diverse(anneal(guided * options_.pool_factor), guided)) take(std::move(point), points);
    }
    while (static_cast<int>(points.size()) < count) {
      std::optional<Point> point = untried_.draw(rng_);
      if (!point) break;
      take(std::move(*point), points);
    }
    return points;
  }

  void tell(const Point& point, std::optional<double> cost) override {
    untried_.mark(point);
    model_.add({group_, space_.features(point), scale_, cost});
    if (!cost) return;
    best_.insert({*cost, point});
    while (static_cast<int>(best_.size()) > options_.chains) best_.erase(std::prev(best_.end()));
  }

 private:
  void take(Point point, std::vector<Point>& points) {
    untried_.mark(point);
    points.push_back(std::move(point));
  }

  /// Predictions of feasible points, each asked of the model once per ask.
  std::vector<double> predict(const std::vector<Point>& points, std::map<Point, double>& known) {
    std::vector<Point> fresh;
    std::vector<std::vector<float>> rows;
    for (const Point& point : points) {
      if (!known.emplace(point, 0.0).second) continue;
      fresh.push_back(point);
      rows.push_back(space_.features(point));
    }
    const std::vector<double> values = model_.predict(rows);
    for (size_t i = 0; i < fresh.size(); ++i) known[fresh[i]] = values[i];
    std::vector<double> predictions;
    for (const Point& point : points) predictions.push_back(known.at(point));
    return predictions;
  }

  /// Chains begin at the best measured points, then at random.
  std::vector<Point> starts() {
    std::vector<Point> chains;
    for (const Scored& best : best_) {
      if (static_cast<int>(chains.size()) < options_.chains / 2) chains.push_back(best.point);
    }
    while (static_cast<int>(chains.size()) < options_.chains) {
      std::optional<Point> point = untried_.draw(rng_);
      if (!point) break;
      chains.push_back(std::move(*point));
    }
    return chains;
  }

  /// The `count` untried points of lowest prediction that the chains pass through, best first.
  std::vector<Scored> anneal(int count) {
    std::vector<Point> chains = starts();
    if (chains.empty()) return {};
    std::map<Point, double> known;
    std::vector<double> predictions = predict(chains, known);
    const auto [lowest, highest] = std::minmax_element(predictions.begin(), predictions.end());
    const double spread = std::max(*highest - *lowest, 1e-9);
    for (int step = 0; step < options_.steps; ++step) {
      const double temperature = options_.hottest * spread * (options_.steps - 1 - step) / options_.steps;
      std::vector<Point> moved;
      for (const Point& point : chains) moved.push_back(feasible_neighbour(point));
      const std::vector<double> next = predict(moved, known);
      for (size_t i = 0; i < chains.size(); ++i) {
        const double worse = next[i] - predictions[i];
        if (worse > 0 && (temperature <= 0 || !rng_.chance(std::exp(-worse / temperature)))) continue;
        chains[i] = moved[i];
        predictions[i] = next[i];
      }
    }
    std::vector<Scored> passed;
    for (const auto& [point, prediction] : known) {
      if (untried_.contains(point)) passed.push_back({prediction, point});
    }
    std::sort(passed.begin(), passed.end());
    if (static_cast<int>(passed.size()) > count) passed.resize(static_cast<size_t>(count));
    return passed;
  }

  Point feasible_neighbour(const Point& point) {
    constexpr int kAttempts = 8;
    for (int i = 0; i < kAttempts; ++i) {
      Point next = space_.neighbour(point, rng_);
      if (space_.infeasible(next).empty()) return next;
    }
    return point;
  }

  /// Greedy submodular choice: good predictions, and knob values that the batch does not have yet.
  std::vector<Point> diverse(std::vector<Scored> candidates, int count) const {
    std::vector<Point> chosen;
    if (candidates.empty()) return chosen;
    const double bonus =
        options_.diversity * std::max(candidates.back().prediction - candidates.front().prediction, 1e-9);
    std::set<std::pair<size_t, int>> covered;
    while (static_cast<int>(chosen.size()) < count && !candidates.empty()) {
      size_t best = 0;
      double best_value = std::numeric_limits<double>::infinity();
      for (size_t c = 0; c < candidates.size(); ++c) {
        double value = candidates[c].prediction;
        const Point& point = candidates[c].point;
        for (size_t i = 0; i < point.size(); ++i) value -= covered.count({i, point[i]}) ? 0 : bonus;
        if (value < best_value) {
          best_value = value;
          best = c;
        }
      }
      const Point point = candidates[best].point;
      candidates.erase(candidates.begin() + static_cast<std::ptrdiff_t>(best));
      for (size_t i = 0; i < point.size(); ++i) covered.insert({i, point[i]});
      chosen.push_back(point);
    }
    return chosen;
  }

  const Space& space_;
  CostModel& model_;
  std::string group_;
  double scale_;
  AnnealingOptions options_;
  Untried untried_;
  Rng rng_;
  std::set<Scored> best_;  // by measured cost
};

}  // namespace

std::unique_ptr<Sampler> make_annealing_sampler(const Space& space, CostModel& model, std::string group, double scale,
                                                uint64_t seed, AnnealingOptions options) {
  return std::make_unique<AnnealingSampler>(space, model, std::move(group), scale, seed, options);
}

}  // namespace tandem::tuner
