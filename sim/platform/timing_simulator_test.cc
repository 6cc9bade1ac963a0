// The timing model against the RTL: every cycle, every instruction, every counter.
#include "sim/platform/timing_simulator.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "isa/assembly.h"
#include "isa/random_program.h"
#include "sim/rtl/rtl_simulator.h"
#include "support/environment.h"

namespace tandem::sim {
namespace {

isa::HwConfig design(const std::string& name) {
  return name == "vta_default" ? isa::HwConfig{}
                               : isa::load_hw(checkout_path("configs/hw/test/" + name + ".yaml")).value();
}

Platform shipped(const std::string& name) {
  return load_platform(checkout_path("configs/platform/" + name + ".yaml")).value();
}

/// With a mark at every instruction, so that results tell when each of them completed.
isa::Program random_program(const isa::HwConfig& hardware, uint64_t seed) {
  Rng rng(seed);
  isa::RandomProgramOptions options;
  options.instructions = 24 + 20 * static_cast<int>(seed % 3);
  options.eager_tokens = seed % 2 == 0;
  options.extensions = seed % 4 < 2;
  isa::Program program = isa::random_program(hardware, rng, options);
  for (size_t i = 0; i < program.code.size(); ++i)
    program.marks.push_back({fmt::format("i{}", i), static_cast<int64_t>(i), 0, 0});
  return program;
}

/// Runs on both must be the same in everything.
void expect_equal(Simulator& timing, Simulator& rtl, const isa::Program& program) {
  const Result<RunResult> expected = rtl.run(program, {});
  ASSERT_TRUE(expected.ok()) << render(expected.error());
  const Result<RunResult> result = timing.run(program, {});
  ASSERT_TRUE(result.ok()) << render(result.error());
  EXPECT_EQ(result->cycles, expected->cycles);
  EXPECT_EQ(result->mark_cycles, expected->mark_cycles);
  EXPECT_EQ(result->counters, expected->counters);
  EXPECT_EQ(result->macs, expected->macs);
  EXPECT_TRUE(result->outputs == expected->outputs);
}

class TimingFleet : public ::testing::TestWithParam<const char*> {};

TEST_P(TimingFleet, EveryInstructionCompletesInTheCycleOfTheRtl) {
  constexpr uint64_t kPrograms = 40;
  const isa::HwConfig hardware = design(GetParam());
  RtlModelOptions options;
  options.assertions = hardware.name == "b1_4x4";
  const std::unique_ptr<Simulator> rtl = make_rtl_simulator(hardware, {}, options).value();
  const std::unique_ptr<Simulator> timing = make_timing_simulator(hardware);
  for (uint64_t seed = 0; seed < kPrograms; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    expect_equal(*timing, *rtl, random_program(hardware, seed));
  }
}

INSTANTIATE_TEST_SUITE_P(Designs, TimingFleet,
                         ::testing::Values("vta_default", "b1_4x4", "b1_16x32", "b1_32x32", "b2_8x8", "b4_32x8"),
                         [](const auto& each) { return std::string(each.param); });

class TimingPlatforms : public ::testing::TestWithParam<std::pair<const char*, Platform>> {};

TEST_P(TimingPlatforms, EveryMemoryGivesTheCyclesOfTheRtl) {
  const Platform& platform = GetParam().second;
  const std::unique_ptr<Simulator> rtl = make_rtl_simulator({}, platform).value();
  const std::unique_ptr<Simulator> timing = make_timing_simulator({}, platform);
  for (uint64_t seed = 100; seed < 130; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    expect_equal(*timing, *rtl, random_program({}, seed));
  }
}

INSTANTIATE_TEST_SUITE_P(Memories, TimingPlatforms,
                         ::testing::Values(std::pair("ddr", shipped("ddr3_pynq_z1")),
                                           std::pair("narrow_shared", shipped("narrow_shared")),
                                           std::pair("at_once", Platform{"at_once", 1, 1}),
                                           std::pair("far", Platform{"far", 300, 200}),
                                           std::pair("wide", Platform{"wide", 20, 30, 32, true})),
                         [](const auto& each) { return std::string(each.param.first); });

TEST(Timing, TheSharedProgramsTakeTheCyclesOfTheRtl) {
  const std::unique_ptr<Simulator> rtl = make_rtl_simulator({}).value();
  const std::unique_ptr<Simulator> timing = make_timing_simulator({});
  for (const char* name : {"gemm256_db_requant", "r18_C3_56_64_64_k1s1"}) {
    const Result<isa::Program> program =
        isa::load_manifest(shared_data_path(fmt::format("vta/programs/made/{}/manifest.txt", name)), {});
    if (!program.ok()) GTEST_SKIP() << "no shared VTA programs";
    SCOPED_TRACE(name);
    expect_equal(*timing, *rtl, *program);
  }
}

TEST(Timing, WithoutDataTheCyclesAreTheSame) {
  TimingOptions no_data;
  no_data.data = false;
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const isa::Program program = random_program({}, seed);
    const RunResult with = make_timing_simulator({})->run(program, {}).value();
    const RunResult without = make_timing_simulator({}, {}, no_data)->run(program, {}).value();
    EXPECT_EQ(without.cycles, with.cycles);
    EXPECT_EQ(without.counters, with.counters);
    EXPECT_EQ(without.mark_cycles, with.mark_cycles);
    for (const auto& [name, bytes] : without.outputs) EXPECT_EQ(bytes, Bytes(bytes.size())) << name;
  }
}

TEST(Timing, ARunLeavesNothingToTheNext) {
  const isa::HwConfig small = design("b1_4x4");
  const isa::Program a = random_program({}, 1), b = random_program(small, 2);
  const std::unique_ptr<Simulator> on_ddr = make_timing_simulator({}, shipped("ddr3_pynq_z1"));
  const std::unique_ptr<Simulator> on_small = make_timing_simulator(small);
  const RunResult first = on_ddr->run(a, {}).value();
  const RunResult other = on_small->run(b, {}).value();
  EXPECT_EQ(on_ddr->run(a, {}).value().cycles, first.cycles);
  EXPECT_EQ(on_ddr->run(a, {}).value().cycles, first.cycles);
  EXPECT_EQ(on_small->run(b, {}).value().cycles, other.cycles);
}

}  // namespace
}  // namespace tandem::sim
