#include "tuner/space/space.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <map>

#include "tuner/space/hardware_space.h"
#include "tuner/space/joint_space.h"

namespace tandem::tuner {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

constexpr int64_t kKiB = 1024;

HardwareSpace blocks(std::vector<Knob> more = {}) {
  std::vector<Knob> knobs = {{"block_in", {8, 16, 32}}, {"block_out", {8, 16, 32}}};
  knobs.insert(knobs.end(), more.begin(), more.end());
  return HardwareSpace(isa::HwConfig{}, knobs, {size_of(isa::HwConfig{})});
}

TEST(Space, CountsAndEnumeratesTheLastKnobFastest) {
  const HardwareSpace space = blocks();
  EXPECT_EQ(space.count(), 9);
  EXPECT_THAT(space.at(0), ElementsAre(0, 0));
  EXPECT_THAT(space.at(1), ElementsAre(0, 1));
  EXPECT_THAT(space.at(8), ElementsAre(2, 2));
  for (int64_t i = 0; i < space.count(); ++i) EXPECT_EQ(space.find(space.values(space.at(i))), space.at(i));
  EXPECT_EQ(space.find({{"block_in", 8}}), std::nullopt);
  EXPECT_EQ(space.find({{"block_in", 8}, {"block_out", 9}}), std::nullopt);
}

TEST(Space, CountSaturates) {
  std::vector<Knob> knobs;
  for (const std::string& name : isa::parameter_names()) knobs.push_back({name, std::vector<int64_t>(64, 8)});
  EXPECT_EQ(HardwareSpace(isa::HwConfig{}, knobs, {}).count(), std::numeric_limits<int64_t>::max());
}

TEST(Space, SamplesUniformlyOverTheFeasible) {
  const HardwareSpace space = blocks();  // 6 of 9: 8x8 8x16 8x32 16x8 16x16 32x8
  Rng rng(1);
  std::map<Point, int> seen;
  for (int i = 0; i < 1200; ++i) ++seen[*space.sample(rng)];
  EXPECT_THAT(seen, SizeIs(6));
  for (const auto& [point, times] : seen) EXPECT_NEAR(times, 200, 60);
}

TEST(Space, NeighboursDifferInOneKnob) {
  const HardwareSpace space = blocks({{"bus_bytes", {8}}});
  Rng rng(1);
  for (int i = 0; i < 50; ++i) {
    const Point next = space.neighbour({1, 1, 0}, rng);
    EXPECT_EQ((next[0] != 1) + (next[1] != 1) + (next[2] != 0), 1);
  }
}

TEST(HardwareSpace, SaysWhyAPointIsInfeasible) {
  const HardwareSpace space = blocks({{"acc_buffer_bytes", {96 * kKiB, 128 * kKiB, 256 * kKiB}}});
  EXPECT_EQ(space.infeasible({1, 1, 1}), "");
  EXPECT_EQ(space.infeasible({1, 1, 0}), "acc_buffer_bytes 96 KiB is not a power of two from 2 KiB to 2048 KiB");
  EXPECT_EQ(space.infeasible({2, 2, 1}), "1024 MACs per cycle (1 x 32 x 32), the budget is 256");
  EXPECT_EQ(space.infeasible({1, 1, 2}), "5373952 bits of buffers, the budget is 4063232");
}

TEST(HardwareSpace, ChainedMeansEqualBlocks) {
  HardwareLimits limits{size_of(isa::HwConfig{})};
  limits.chained = true;
  const HardwareSpace space(isa::HwConfig{}, {{"block_in", {8, 16}}}, limits);
  EXPECT_EQ(space.infeasible({0}), "block_in 8 is not block_out 16: layers would not chain without the host");
  EXPECT_EQ(space.infeasible({1}), "");
}

TEST(HardwareSpace, ListsTheFeasibleOnceEach) {
  const HardwareSpace space = blocks({{"bus_bytes", {8, 8}}});
  std::vector<std::string> shapes;
  for (const isa::HwConfig& hardware : space.feasible()) {
    shapes.push_back(std::to_string(hardware.block_in) + "x" + std::to_string(hardware.block_out));
  }
  EXPECT_THAT(shapes, ElementsAre("8x8", "8x16", "8x32", "16x8", "16x16", "32x8"));
  EXPECT_EQ(space.feasible()[4].name, "vta_default");
  EXPECT_EQ(space.feasible()[0].name.substr(0, 9), "b1_i8_o8_");
}

/// Tiles of the output rows; a tile must fit the accumulators, one element a row.
class RowTemplates : public Templates {
 public:
  ops::Operator operator_on(const Layer& layer, const isa::HwConfig&) const override { return layer.op; }
  std::vector<Knob> knobs(const Layer&, const isa::HwConfig&) const override { return {{"rows", {1, 2, 4}}}; }
  std::string infeasible(const Layer&, const isa::HwConfig& hardware, const KnobValues& values) const override {
    return values.at("rows") * 8 > hardware.block_out ? "the tile does not fit" : "";
  }
  Result<KnobValues> default_knobs(const Layer&, const isa::HwConfig&) const override {
    return KnobValues{{"rows", 1}};
  }
  std::vector<float> features(const Layer&, const isa::HwConfig&, const KnobValues&) const override { return {}; }
  int64_t roofline_cycles(const Layer&, const isa::HwConfig&) const override { return 1; }
};

TEST(JointSpace, IsTheUnionOfProducts) {
  const std::vector<Layer> layers = {{"a", "a", ops::Conv2d{}, 1}, {"b", "b", ops::Conv2d{}, 2}};
  const RowTemplates templates;
  const HardwareSpace hardware = blocks();
  const JointSpace space(hardware, layers, templates);
  EXPECT_THAT(space.accelerators(), SizeIs(6));
  EXPECT_EQ(space.count(isa::HwConfig{}), 9);
  EXPECT_EQ(space.count(), 54);
  Rng rng(1);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(space.infeasible(*space.sample(rng)), "");
}

TEST(JointSpace, SaysWhyACandidateIsInfeasible) {
  const std::vector<Layer> layers = {{"a", "a", ops::Conv2d{}, 1}, {"b", "b", ops::Conv2d{}, 2}};
  const RowTemplates templates;
  const HardwareSpace hardware = blocks();
  const JointSpace space(hardware, layers, templates);
  isa::HwConfig large;
  large.block_in = 32;
  EXPECT_EQ(space.infeasible({large, {}}), "hardware: 512 MACs per cycle (1 x 32 x 16), the budget is 256");
  EXPECT_EQ(space.infeasible({{}, {{{"rows", 1}}}}), "1 schedules for 2 layers");
  EXPECT_EQ(space.infeasible({{}, {{{"rows", 1}}, {{"rows", 4}}}}), "layer 'b': the tile does not fit");
  EXPECT_EQ(space.infeasible({{}, {{{"rows", 3}}, {{"rows", 1}}}}), "layer 'a': no point of its space: rows=3");
  EXPECT_EQ(space.infeasible({{}, {{{"rows", 2}}, {{"rows", 1}}}}), "");
}

}  // namespace
}  // namespace tandem::tuner
