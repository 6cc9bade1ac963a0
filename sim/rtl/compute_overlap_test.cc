// What compute overlaps and what it does not, in cycles: REQUANTIZE behind the MACs of another part of the
// accumulators, LOADs of micro-ops behind a loop over others; and that functional simulator and RTL agree on random
// programs with all extensions.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "isa/assembly.h"
#include "isa/random_program.h"
#include "sim/functional/functional_simulator.h"
#include "sim/rtl/rtl_simulator.h"
#include "support/environment.h"

namespace tandem::sim {
namespace {

Simulator& default_rtl() {
  static const std::unique_ptr<Simulator> simulator = make_rtl_simulator(isa::HwConfig{}).value();
  return *simulator;
}

/// Cycles of a program for the default hardware; micro-op i is {dst 64 * i, src 0, wgt 0}.
uint64_t cycles_of(const std::vector<std::string>& lines) {
  std::string text = "program \"p\"\ndram 65536\nsegment \"uops\" at 0x100 uops {\n";
  for (int i = 0; i < 4; ++i) text += fmt::format("  uop dst={} src=0 wgt=0\n", 64 * i);
  text += "}\ncode at 0x8000 {\n  load uop sram=0 dram=0x40 y=1 x=4 stride=4\n";
  for (const std::string& line : lines) text += "  " + line + "\n";
  const Result<isa::Program> program = isa::assemble(text + "  finish\n}\n", "p.asm");
  if (!program.ok()) {
    ADD_FAILURE() << render(program.error());
    return 0;
  }
  const Result<RunResult> result = default_rtl().run(*program, {});
  if (!result.ok()) {
    ADD_FAILURE() << render(result.error());
    return 0;
  }
  return result->cycles;
}

// One tile: 1,024 steps into 64 accumulators, which are then requantised.
constexpr uint64_t kTileSteps = 1024;
constexpr uint64_t kTileElements = 64;
std::vector<std::string> tiles(int count, int halves, const std::string& keep = "") {
  std::vector<std::string> lines;
  for (int i = 0; i < count; ++i) {
    const int half = i % halves;
    lines.push_back(
        fmt::format("mac overwrite uop=[{},{}) iter=(64,16) dst=(1,0) src=(0,1) wgt=(0,1)", half, half + 1));
    lines.push_back(
        fmt::format("requantize {}iter=(1,64) dst={}+(0,1) src={}+(0,1) prm=0+0", keep, 64 * half, 64 * half));
  }
  return lines;
}

TEST(ComputeOverlap, RequantizeHidesBehindMacsOfTheOtherHalf) {
  // Enough tiles that fetch reads ahead of the first LOAD as far as it can.
  EXPECT_EQ(cycles_of(tiles(40, 2)) - cycles_of(tiles(32, 2)), 8 * kTileSteps);
}

TEST(ComputeOverlap, MacsOfTheSourcesWaitUntilTheLastIsRead) {
  // From a tile's last step to the next one's first: the pipeline, the elements, and the way back to I.
  const uint64_t added = cycles_of(tiles(16, 1)) - cycles_of(tiles(8, 1));
  EXPECT_GE(added, 8 * (kTileSteps + kTileElements));
  EXPECT_LE(added, 8 * (kTileSteps + kTileElements + 12));
}

TEST(ComputeOverlap, RequantizeThatKeepsIsNotOverlapped) {
  const uint64_t added = cycles_of(tiles(16, 2, "keep ")) - cycles_of(tiles(8, 2, "keep "));
  EXPECT_GE(added, 8 * (kTileSteps + kTileElements));
  EXPECT_LE(added, 8 * (kTileSteps + kTileElements + 32));
}

TEST(ComputeOverlap, LoadsOfMicroOpsHideBehindLoopsOverOthers) {
  const std::string load = "load uop sram={} dram=0x40 y=1 x=4 stride=4";
  const std::string loop = "mac uop=[0,4) iter=(16,16) dst=(1,0) src=(0,1) wgt=(0,1)";
  std::vector<std::string> hidden, bare, waiting;
  for (int i = 0; i < 8; ++i) {
    for (auto* lines : {&hidden, &bare, &waiting}) lines->push_back(loop);
    hidden.push_back(fmt::format(load, 4 + 4 * i));
    waiting.push_back(fmt::format(load, 0));
  }
  hidden.push_back(loop);
  bare.push_back(loop);
  waiting.push_back(loop);
  EXPECT_EQ(cycles_of(hidden), cycles_of(bare));
  EXPECT_GE(cycles_of(waiting), cycles_of(bare) + 8 * 32);
}

class RandomExtensions : public ::testing::TestWithParam<const char*> {};

TEST_P(RandomExtensions, FunctionalAndRtlAgree) {
  const std::string name = GetParam();
  const isa::HwConfig hardware = name == "vta_default"
                                     ? isa::HwConfig{}
                                     : isa::load_hw(checkout_path("configs/hw/test/" + name + ".yaml")).value();
  RtlModelOptions options;
  options.assertions = name == "b1_4x4";
  const std::unique_ptr<Simulator> rtl = make_rtl_simulator(hardware, {}, options).value();
  const std::unique_ptr<Simulator> functional = make_functional_simulator(hardware);
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    Rng rng(seed);
    isa::RandomProgramOptions shape;
    shape.extensions = true;
    shape.instructions = 40;
    shape.eager_tokens = seed % 2 == 0;
    const isa::Program program = isa::random_program(hardware, rng, shape);
    const Result<RunResult> meant = functional->run(program, {});
    const Result<RunResult> result = rtl->run(program, {});
    ASSERT_TRUE(meant.ok()) << seed << ": " << render(meant.error());
    ASSERT_TRUE(result.ok()) << seed << ": " << render(result.error());
    ASSERT_TRUE(meant->outputs == result->outputs) << "seed " << seed;
  }
}

INSTANTIATE_TEST_SUITE_P(Designs, RandomExtensions,
                         ::testing::Values("vta_default", "b1_4x4", "b2_8x8", "b1_32x32", "b1_16x32", "b4_32x8"),
                         [](const auto& design) { return std::string(design.param); });

}  // namespace
}  // namespace tandem::sim
