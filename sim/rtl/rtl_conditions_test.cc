// The RTL under conditions: memories that stall, mix and delay, memories that fall silent, runs after each other, a
// reset in the midst.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <map>

#include "isa/assembly.h"
#include "isa/random_program.h"
#include "sim/functional/functional_simulator.h"
#include "sim/rtl/rtl_simulator.h"
#include "support/environment.h"

namespace tandem::sim {
namespace {

isa::HwConfig hardware_of(const std::string& name) {
  return name == "vta_default" ? isa::HwConfig{}
                               : isa::load_hw(checkout_path("configs/hw/test/" + name + ".yaml")).value();
}

std::unique_ptr<Simulator> rtl(const std::string& name, const RtlConditions& conditions) {
  RtlModelOptions options;
  options.assertions = name == "b1_4x4";
  return make_rtl_simulator(hardware_of(name), {}, options, conditions).value();
}

isa::Program program_of(const std::vector<std::string>& lines) {
  std::string text = "program \"p\"\ndram 65536\ncode at 0x8000 {\n";
  for (const std::string& line : lines) text += "  " + line + "\n";
  return isa::assemble(text + "}\n", "p.asm").value();
}

std::string error_of(Simulator& simulator, const isa::Program& program, const RunLimits& limits = {}) {
  const Result<RunResult> result = simulator.run(program, {}, limits);
  return result.ok() ? "no error" : render(result.error());
}

/// Causes of each engine; bytes of each buffer, as the functional simulator counts them.
void expect_counters(const RunResult& result, const RunResult& functional) {
  std::map<std::string, uint64_t> sums, counts, meant;
  for (const auto& [key, value] : result.counters) {
    counts[key] = value;
    const std::string unit = key.substr(0, key.find('.'));
    if (unit == "fetch" || unit == "load" || unit == "compute" || unit == "store") sums[unit] += value;
  }
  for (const auto& [key, value] : functional.counters) meant[key] = value;
  EXPECT_EQ(sums.size(), 4u);
  for (const auto& [unit, sum] : sums) EXPECT_EQ(sum, result.cycles) << unit;
  for (const char* buffer : {"uop", "inp", "wgt", "out"}) {
    const std::string key = fmt::format("{}.bytes", buffer);
    EXPECT_EQ(counts.at(key), meant.at(key)) << key;
  }
  EXPECT_EQ(counts.at("acc.bytes"), meant.at("acc.bytes") + meant.at("acc8.bytes"));
  EXPECT_EQ(counts.at("alu.ops"), meant.at("alu.uops"));
}

class RestlessMemory : public ::testing::TestWithParam<const char*> {};

TEST_P(RestlessMemory, LeavesTheResultsAsTheyAre) {
  constexpr uint64_t kSeed = 77;
  const isa::HwConfig hardware = hardware_of(GetParam());
  const std::unique_ptr<Simulator> functional = make_functional_simulator(hardware);
  for (uint64_t seed = kSeed; seed < kSeed + 8; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    Rng rng(seed);
    const isa::Program program = isa::random_program(hardware, rng);
    const Result<RunResult> expected = functional->run(program, {});
    ASSERT_TRUE(expected.ok()) << render(expected.error());
    const Result<RunResult> result = rtl(GetParam(), {Restlessness{seed}})->run(program, {});
    ASSERT_TRUE(result.ok()) << render(result.error());
    EXPECT_TRUE(result->outputs == expected->outputs);
    expect_counters(*result, *expected);
  }
}

TEST_P(RestlessMemory, TakesNoOtherCyclesWhereSleepingPartsHaveNoClock) {
  const isa::HwConfig hardware = hardware_of(GetParam());
  for (uint64_t seed = 200; seed < 208; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    Rng rng(seed);
    const isa::Program program = isa::random_program(hardware, rng);
    RtlConditions conditions;
    if (seed % 2 != 0) conditions.memory = Restlessness{seed};
    const Result<RunResult> stopping = rtl(GetParam(), conditions)->run(program, {});
    conditions.free_running = true;
    const Result<RunResult> running = rtl(GetParam(), conditions)->run(program, {});
    ASSERT_TRUE(stopping.ok() && running.ok());
    EXPECT_TRUE(stopping->outputs == running->outputs);
    EXPECT_EQ(stopping->cycles, running->cycles);
    EXPECT_EQ(stopping->counters, running->counters);
    EXPECT_EQ(stopping->mark_cycles, running->mark_cycles);
  }
}

INSTANTIATE_TEST_SUITE_P(Designs, RestlessMemory,
                         ::testing::Values("vta_default", "b1_4x4", "b1_16x32", "b1_32x32", "b2_8x8", "b4_32x8"),
                         [](const auto& test) { return std::string(test.param); });

TEST(RtlRelaunch, RunsAfterEachOtherAreAsFreshOnes) {
  const std::unique_ptr<Simulator> fresh = rtl("b1_4x4", {});
  RtlConditions conditions;
  conditions.relaunch = true;
  const std::unique_ptr<Simulator> kept = rtl("b1_4x4", conditions);
  isa::Program faulty = isa::random_program(hardware_of("b1_4x4"), *std::make_unique<Rng>(3));
  faulty.code[faulty.code.size() / 2].words[0] |= 7 | 0x7f00;  // CONFIG of no state
  for (const uint64_t seed : {1, 2, 1, 3, 2}) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    Rng rng(seed);
    const isa::Program program = isa::random_program(hardware_of("b1_4x4"), rng);
    const Result<RunResult> expected = fresh->run(program, {});
    const Result<RunResult> result = kept->run(program, {});
    ASSERT_TRUE(expected.ok() && result.ok());
    EXPECT_TRUE(result->outputs == expected->outputs);
    EXPECT_EQ(result->cycles, expected->cycles);
    EXPECT_EQ(result->counters, expected->counters);
    EXPECT_EQ(error_of(*kept, faulty), error_of(*fresh, faulty));
  }
}

TEST(RtlSoftReset, EndsARunAnywhereAndTheNextIsRight) {
  Rng rng(5);
  const isa::Program program = isa::random_program(hardware_of("b1_4x4"), rng);
  const RunResult expected = rtl("b1_4x4", {})->run(program, {}).value();
  for (uint64_t cycle = 1; cycle < expected.cycles; cycle += 1 + expected.cycles / 40) {
    SCOPED_TRACE(fmt::format("reset after {} cycles", cycle));
    RtlConditions conditions;
    conditions.soft_reset_cycle = cycle;
    if (cycle % 2 == 0) conditions.memory = Restlessness{cycle};
    const Result<RunResult> result = rtl("b1_4x4", conditions)->run(program, {});
    ASSERT_TRUE(result.ok()) << render(result.error());
    EXPECT_TRUE(result->outputs == expected.outputs);
    if (!conditions.memory) {
      EXPECT_EQ(result->cycles, expected.cycles);
    }
  }
}

TEST(RtlAddresses, AProgramRunsAnywhereInTheAddressSpace) {
  Rng rng(9);
  const isa::Program program = isa::random_program(hardware_of("b1_4x4"), rng, {24, false, true});
  RtlConditions conditions;
  conditions.watch_registers = true;
  const RunResult expected = rtl("b1_4x4", conditions)->run(program, {}).value();
  for (const uint64_t base : {uint64_t{0x1000}, uint64_t{0x5a5a'a5a5'a000}, uint64_t{0xa5a5'5a5a'5000}}) {
    conditions.memory_base = base;
    const Result<RunResult> result = rtl("b1_4x4", conditions)->run(program, {});
    ASSERT_TRUE(result.ok()) << render(result.error());
    EXPECT_TRUE(result->outputs == expected.outputs);
    EXPECT_EQ(result->cycles, expected.cycles);
  }
  conditions.memory_base = 0x1020;
  EXPECT_EQ(error_of(*rtl("b1_4x4", conditions), program),
            "random: error: the program's memory begins at 0x1020 for the device, which is not a multiple of 64\n"
            "  hint: address registers hold multiples of it");
}

/// A memory that answers so many bursts and then no more.
RtlConditions silent(uint64_t after_reads, uint64_t after_writes) {
  RtlConditions conditions;
  conditions.watchdog_cycles = 500;
  conditions.memory = Restlessness{1, false, after_reads, after_writes};
  return conditions;
}

TEST(RtlWaveform, HasTheCyclesAskedForAndChangesNothing) {
  Rng rng(8);
  const isa::HwConfig hardware = hardware_of("b1_4x4");
  const isa::Program program = isa::random_program(hardware, rng, {12});
  const RunResult plain = rtl("b1_4x4", {})->run(program, {}).value();
  const std::string path = fmt::format("{}tandem_waveform_{}.fst", ::testing::TempDir(), ::getpid());
  uintmax_t sizes[2];
  for (const uint64_t cycles : {plain.cycles, uint64_t{100}}) {
    RtlConditions conditions;
    conditions.waveform = Waveform{path, 0, cycles};
    const RunResult result = make_rtl_simulator(hardware, {}, {}, conditions).value()->run(program, {}).value();
    EXPECT_EQ(result.cycles, plain.cycles);
    EXPECT_EQ(result.outputs, plain.outputs);
    sizes[cycles == 100] = std::filesystem::file_size(path);
  }
  std::filesystem::remove(path);
  EXPECT_GT(sizes[1], 1000u) << "the hierarchy, and a hundred cycles";
  EXPECT_GT(sizes[0], sizes[1]);
}

TEST(RtlWatchdog, EndsRunsOnASilentMemory) {
  const isa::Program program =
      program_of({"load acc sram=0 dram=0 y=1 x=1 stride=1 push_next", "load inp sram=0 dram=0 y=1 x=1 stride=1",
                  "store out sram=0 dram=256 y=1 x=1 stride=1 pop_prev push_prev", "finish pop_next"});
  const RunLimits limits{3000};
  const char* rest =
      ": nothing has moved for 500 cycles: the memory does not answer\n"
      "  hint: the watchdog register holds the limit";
  const std::string load = "p: error: instruction 0 (load acc sram=0 dram=0x0 y=1 x=1 stride=1 push_next)";
  EXPECT_EQ(error_of(*rtl("vta_default", silent(0, 9)), program, limits), load + rest);
  EXPECT_EQ(error_of(*rtl("vta_default", silent(1, 9)), program, limits), load + rest);
  EXPECT_EQ(
      error_of(*rtl("vta_default", silent(9, 0)), program, limits),
      std::string("p: error: instruction 2 (store out sram=0 dram=0x100 y=1 x=1 stride=1 pop_prev push_prev)") + rest);
  EXPECT_EQ(error_of(*rtl("vta_default", silent(9, 9)), program, limits), "no error");
}

TEST(RtlWatchdog, AStartWaitsForAnswersOwedAndNoLonger) {
  RtlConditions conditions = silent(0, 0);
  conditions.relaunch = true;
  const std::unique_ptr<Simulator> simulator = rtl("vta_default", conditions);
  const isa::Program program = program_of({"finish"});
  const std::string error =
      "p: error: instruction 0 (finish): nothing has moved for 500 cycles: the memory does not answer\n"
      "  hint: the watchdog register holds the limit";
  for (int run = 0; run < 3; ++run) EXPECT_EQ(error_of(*simulator, program, {3000}), error);
}

TEST(RtlWatchdog, ErrorsUnderRestlessMemoryAreTheSame) {
  const isa::Program program =
      program_of({"load inp sram=0 dram=0 y=1 x=1 stride=1 pop_next", "load acc sram=0 dram=65000 y=1 x=4 stride=4",
                  "store out sram=2047 dram=0 y=2 x=1 stride=1", "finish"});
  const std::string expected = error_of(*rtl("vta_default", {}), program);
  EXPECT_THAT(expected, ::testing::StartsWith("p: error: instruction 1 (load acc"));
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    EXPECT_EQ(error_of(*rtl("vta_default", {Restlessness{seed}}), program), expected) << "seed " << seed;
  }
}

}  // namespace
}  // namespace tandem::sim
