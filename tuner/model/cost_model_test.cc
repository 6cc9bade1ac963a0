#include "tuner/model/cost_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "support/rng.h"

namespace tandem::tuner {
namespace {

using ::testing::Each;

/// Cost = scale x (1 + 2 / tile): the same law for every group, on different scales.
Sample sample(const std::string& group, double scale, int tile) {
  return {group, {static_cast<float>(tile), static_cast<float>(scale)}, scale, scale * (1 + 2.0 / tile)};
}

TEST(CostModel, PredictsZerosUntilTwoCostsDiffer) {
  for (auto make : {make_ranking_model, make_ratio_model}) {
    const std::unique_ptr<CostModel> model = make(1);
    model->add(sample("a", 100, 4));
    EXPECT_FALSE(model->trained());
    EXPECT_THAT(model->predict({{4, 100}, {8, 100}}), Each(0.0));
    model->add({"a", {8, 100}, 100, std::nullopt});
    EXPECT_FALSE(model->trained());
    model->add(sample("a", 100, 16));
    EXPECT_TRUE(model->trained());
  }
}

TEST(CostModel, RankingOrdersAnUnseenGroupLikeTheSeenOnes) {
  const std::unique_ptr<CostModel> model = make_ranking_model(1);
  for (int tile = 1; tile <= 32; tile *= 2) {
    model->add(sample("a", 100, tile));
    model->add(sample("b", 900, tile));
  }
  const std::vector<double> order = model->predict({{1, 400}, {4, 400}, {32, 400}});
  EXPECT_GT(order[0], order[1]);
  EXPECT_GT(order[1], order[2]);
}

TEST(CostModel, RankingPutsFailuresLast) {
  const std::unique_ptr<CostModel> model = make_ranking_model(1);
  for (int tile = 1; tile <= 16; tile *= 2) model->add(sample("a", 100, tile));
  for (int i = 0; i < 6; ++i) model->add({"a", {32, 100}, 100, std::nullopt});
  const std::vector<double> order = model->predict({{1, 100}, {32, 100}});
  EXPECT_LT(order[0], order[1]);
}

TEST(CostModel, RatioIsALogarithmOverTheScale) {
  const std::unique_ptr<CostModel> model = make_ratio_model(1);
  for (int repeat = 0; repeat < 4; ++repeat) {
    for (int tile = 1; tile <= 32; tile *= 2) model->add(sample("a", 100, tile));
  }
  EXPECT_NEAR(std::exp(model->predict({{1, 100}})[0]), 3.0, 0.1);
  EXPECT_NEAR(std::exp(model->predict({{32, 100}})[0]), 1.0625, 0.1);
}

TEST(CostModel, SameSamplesSameTrees) {
  std::vector<std::vector<float>> rows;
  Rng rng(5);
  for (int i = 0; i < 50; ++i) {
    rows.push_back({static_cast<float>(rng.uniform(1, 64)), static_cast<float>(rng.uniform(1, 1000))});
  }
  for (auto make : {make_ranking_model, make_ratio_model}) {
    std::vector<std::vector<double>> predictions;
    for (int run = 0; run < 2; ++run) {
      const std::unique_ptr<CostModel> model = make(9);
      Rng draws(3);
      for (int i = 0; i < 60; ++i) {
        model->add(sample(draws.chance(0.5) ? "a" : "b", 300, static_cast<int>(draws.uniform(1, 64))));
      }
      predictions.push_back(model->predict(rows));
    }
    EXPECT_EQ(predictions[0], predictions[1]);
  }
}

}  // namespace
}  // namespace tandem::tuner
