#include "sim/rtl/rtl_simulator.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <optional>

#include "isa/assembly.h"
#include "isa/random_program.h"
#include "sim/functional/functional_simulator.h"
#include "support/environment.h"

namespace tandem::sim {
namespace {

namespace fs = std::filesystem;

/// A simulator of the default hardware, which most tests share.
Simulator& default_rtl() {
  static const std::unique_ptr<Simulator> simulator = make_rtl_simulator(isa::HwConfig{}).value();
  return *simulator;
}

isa::HwConfig test_hardware(const std::string& name) {
  return isa::load_hw(checkout_path("configs/hw/test/" + name + ".yaml")).value();
}

/// A program of bare instructions for the default hardware.
isa::Program program_of(const std::vector<std::string>& lines) {
  std::string text = "program \"p\"\ndram 65536\ncode at 0x8000 {\n";
  for (const std::string& line : lines) text += "  " + line + "\n";
  return isa::assemble(text + "}\n", "p.asm").value();
}

std::string error_of(Simulator& simulator, const isa::Program& program, const RunLimits& limits = {}) {
  const Result<RunResult> result = simulator.run(program, {}, limits);
  return result.ok() ? "no error" : render(result.error());
}

uint64_t counter(const RunResult& result, const std::string& name) {
  for (const auto& [key, value] : result.counters) {
    if (key == name) return value;
  }
  ADD_FAILURE() << "no counter " << name;
  return 0;
}

/// Every engine's causes sum to the cycles of the run.
void expect_counters_sum(const RunResult& result) {
  std::map<std::string, uint64_t> sums;
  for (const auto& [key, value] : result.counters) {
    const std::string unit = key.substr(0, key.find('.'));
    if (unit == "fetch" || unit == "load" || unit == "compute" || unit == "store") sums[unit] += value;
  }
  EXPECT_EQ(sums.size(), 4u);
  for (const auto& [unit, sum] : sums) EXPECT_EQ(sum, result.cycles) << unit;
}

struct SharedProgram {
  const char* name;
  uint64_t cycles;  // 0: any
};

class SharedPrograms : public ::testing::TestWithParam<SharedProgram> {};

TEST_P(SharedPrograms, MatchesWithinItsCycles) {
  const std::string manifest = shared_data_path(fmt::format("vta/programs/{}/manifest.txt", GetParam().name));
  if (!fs::exists(manifest)) GTEST_SKIP() << "no shared VTA programs";
  const isa::Program program = isa::load_manifest(manifest, isa::HwConfig{}).value();
  const Result<RunResult> result = default_rtl().run(program, {});
  ASSERT_TRUE(result.ok()) << render(result.error());
  for (const isa::Binding& binding : program.bindings) {
    if (binding.role != isa::Role::kOutput || binding.expected.empty()) continue;
    EXPECT_TRUE(result->outputs.at(binding.name) == binding.expected) << binding.name;
  }
  if (GetParam().cycles != 0) {
    EXPECT_LE(result->cycles, GetParam().cycles);
  }
  expect_counters_sum(*result);
}

INSTANTIATE_TEST_SUITE_P(Vta, SharedPrograms,
                         ::testing::Values(SharedProgram{"made/alu_all_ops", 0}, SharedProgram{"made/pad_all", 0},
                                           SharedProgram{"made/pad_max15", 0}, SharedProgram{"made/pad_x_only", 0},
                                           SharedProgram{"made/gemm256_db_requant", 98'053},
                                           SharedProgram{"made/r18_C3_56_64_64_k1s1", 105'635},
                                           SharedProgram{"made/r18_C9_14_256_256_k3s1", 470'820},
                                           SharedProgram{"onera_shipped/lenet5_layer1", 0}),
                         [](const auto& test) {
                           const std::string name = test.param.name;
                           return name.substr(name.find('/') + 1);
                         });

class Fleet : public ::testing::TestWithParam<const char*> {};

/// Outputs equal the functional simulator's, with the RTL's assertions on for the smallest design.
TEST_P(Fleet, AgreesWithFunctionalOnRandomPrograms) {
  constexpr uint64_t kSeed = 20'260;
  constexpr int kPrograms = 12;
  const std::string name = GetParam();
  const isa::HwConfig hardware = name == "vta_default" ? isa::HwConfig{} : test_hardware(name);
  RtlModelOptions options;
  options.assertions = name == "b1_4x4";
  Result<std::unique_ptr<Simulator>> rtl = make_rtl_simulator(hardware, {}, options);
  ASSERT_TRUE(rtl.ok()) << render(rtl.error());
  const std::unique_ptr<Simulator> functional = make_functional_simulator(hardware);
  for (uint64_t seed = kSeed; seed < kSeed + kPrograms; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    Rng rng(seed);
    const isa::Program program = isa::random_program(hardware, rng);
    const Result<RunResult> expected = functional->run(program, {});
    ASSERT_TRUE(expected.ok()) << render(expected.error());
    const Result<RunResult> result = (*rtl)->run(program, {});
    ASSERT_TRUE(result.ok()) << render(result.error());
    EXPECT_TRUE(result->outputs == expected->outputs);
    EXPECT_EQ(result->macs, expected->macs);
    expect_counters_sum(*result);
  }
}

INSTANTIATE_TEST_SUITE_P(Designs, Fleet,
                         ::testing::Values("vta_default", "b1_4x4", "b1_16x32", "b1_32x32", "b2_8x8", "b4_32x8"),
                         [](const auto& test) { return std::string(test.param); });

TEST(RtlSimulator, RunsAreIndependent) {
  Rng rng(7);
  const isa::Program a = isa::random_program(isa::HwConfig{}, rng);
  const isa::Program b = isa::random_program(isa::HwConfig{}, rng);
  const uint64_t first = default_rtl().run(a, {}).value().cycles;
  const uint64_t other = default_rtl().run(b, {}).value().cycles;
  EXPECT_EQ(default_rtl().run(a, {}).value().cycles, first);
  EXPECT_EQ(default_rtl().run(b, {}).value().cycles, other);
}

TEST(RtlSimulator, LatencyIsThePlatforms) {
  const isa::Program program = program_of({"load acc sram=0 dram=0 y=1 x=1 stride=1", "finish"});
  const std::unique_ptr<Simulator> slow = make_rtl_simulator(isa::HwConfig{}, {"slow", 132, 32}).value();
  // The program is read, then the accumulator: two latencies.
  EXPECT_EQ(slow->run(program, {}).value().cycles, default_rtl().run(program, {}).value().cycles + 200);
}

TEST(RtlSimulator, MarksTellWhenTheirLastInstructionCompleted) {
  isa::Program program =
      program_of({"load acc sram=0 dram=0 y=1 x=1 stride=1", "load acc sram=1 dram=1 y=1 x=1 stride=1 push_next",
                  "store out sram=0 dram=1024 y=1 x=2 stride=2 pop_prev push_prev",
                  "load uop sram=0 dram=0 y=0 x=0 stride=0 pop_next", "finish"});
  program.marks = {{"first", 0, 0, 0}, {"second", 2, 0, 0}};
  const RunResult result = default_rtl().run(program, {}).value();
  ASSERT_EQ(result.mark_cycles.size(), 2u);
  EXPECT_LT(result.mark_cycles[0], result.mark_cycles[1]);
  EXPECT_LE(result.mark_cycles[1], result.cycles);
  EXPECT_EQ(counter(result, "write.bytes"), 32u);
}

TEST(RtlDiagnostics, Hang) {
  const isa::Program program = program_of(
      {"load inp sram=0 dram=0 y=1 x=1 stride=1", "load uop sram=0 dram=0 y=1 x=1 stride=1 pop_prev", "finish"});
  const std::string error = error_of(default_rtl(), program);
  EXPECT_EQ(
      error,
      "p: error: deadlock: no engine can go on\n"
      "    fetch has issued every instruction\n"
      "    load has nothing to do\n"
      "    compute waits for a token from load at instruction 1: load uop sram=0 dram=0x0 y=1 x=1 stride=1 pop_prev\n"
      "    store has nothing to do\n"
      "  hint: an earlier instruction of load must have push_next");
}

TEST(RtlDiagnostics, FullTokenQueueIsAHang) {
  const isa::HwConfig hardware = test_hardware("b4_32x8");
  isa::Program program = program_of({"finish"});
  program.hardware = hardware;
  program.code.clear();
  const isa::Codec codec(hardware);
  for (int i = 0; i < hardware.token_queue_depth + 1; ++i) {
    program.code.push_back(
        codec.encode(isa::parse_instruction(codec, "load inp sram=0 dram=0 y=0 x=0 stride=0 push_next", {}).value()));
  }
  program.code.push_back(codec.encode(isa::parse_instruction(codec, "finish", {}).value()));
  const std::unique_ptr<Simulator> rtl = make_rtl_simulator(hardware).value();
  EXPECT_THAT(error_of(*rtl, program),
              ::testing::HasSubstr("load waits for room in the token queue to compute (4 tokens) at instruction 4"));
}

TEST(RtlDiagnostics, ErrorRegister) {
  const auto expect_same = [](const isa::Program& program, const std::string& text) {
    EXPECT_EQ(error_of(default_rtl(), program), text);
    const std::unique_ptr<Simulator> functional = make_functional_simulator(isa::HwConfig{});
    EXPECT_EQ(error_of(*functional, program), text);
  };
  expect_same(program_of({"load inp sram=0 dram=0 y=1 x=1 stride=1 push_next", "finish"}),
              "p: error: instruction 1 (finish): tokens are left over: 1 from load to compute");
  expect_same(program_of({"finish", "finish"}), "p: error: instruction 0 (finish): finish is not the last instruction");
  expect_same(
      program_of({"load inp sram=0 dram=0 y=0 x=0 stride=0"}),
      "p: error: instruction 0 (load inp sram=0 dram=0x0 y=0 x=0 stride=0): the program does not end with finish");
  // Those whose words are the static checker's.
  const std::vector<std::vector<std::string>> faulty = {
      {"load inp sram=2040 dram=0 y=1 x=9 stride=9", "finish"},
      {"load acc sram=0 dram=0 y=1 x=1 stride=1", "store out sram=2047 dram=0 y=2 x=1 stride=1", "finish"},
      {"load acc sram=0 dram=65536 y=1 x=1 stride=1", "finish"},
      {"load uop sram=0 dram=0 y=1 x=1 stride=1", "alu add imm=1 uop=[0,1) iter=(2,1) dst=(2047,0) src=(0,0)",
       "alu add imm=1 uop=[0,1) iter=(3,1) dst=(2047,0) src=(0,0)", "finish"}};
  const std::vector<int> culprits = {0, 1, 0, 2};
  for (size_t i = 0; i < faulty.size(); ++i) {
    const isa::Program program = program_of(faulty[i]);
    const std::string place = fmt::format("p: error: instruction {} (", culprits[i]);
    EXPECT_THAT(error_of(default_rtl(), program), ::testing::StartsWith(place));
  }
  isa::Program unknown = program_of({"finish", "finish"});
  unknown.code[0].words[0] |= 7 | 0x7f00;  // CONFIG of no state
  EXPECT_THAT(error_of(default_rtl(), unknown),
              ::testing::StartsWith("p: error: instruction 0 (not an instruction): "));
  isa::Program unused = program_of({"finish", "finish"});
  unused.code[1].words[1] |= 1;
  EXPECT_THAT(error_of(default_rtl(), unused), ::testing::StartsWith("p: error: instruction "));
}

TEST(RtlDiagnostics, Refusals) {
  isa::Program program = program_of({"finish"});
  EXPECT_EQ(error_of(default_rtl(), program), "no error");
  program.hardware.batch = 2;
  EXPECT_THAT(error_of(default_rtl(), program), ::testing::HasSubstr("the program was made for the hardware"));
}

TEST(RtlDiagnostics, CycleLimit) {
  const isa::Program program = program_of({"load acc sram=0 dram=0 y=1 x=64 stride=64", "finish"});
  const uint64_t cycles = default_rtl().run(program, {}).value().cycles;
  EXPECT_EQ(error_of(default_rtl(), program, {cycles}), "no error");
  EXPECT_EQ(error_of(default_rtl(), program, {cycles - 1}),
            fmt::format("p: error: the run passed its limit of {} cycles\n"
                        "  hint: raise the limit, or look where the time goes in a shorter program",
                        cycles - 1));
}

TEST(RtlModel, IsBuiltOnceAndFoundAgain) {
  const std::string path = build_rtl_model(test_hardware("b1_4x4")).value();
  const auto built = fs::last_write_time(path);
  EXPECT_EQ(build_rtl_model(test_hardware("b1_4x4")).value(), path);
  EXPECT_EQ(fs::last_write_time(path), built);
  EXPECT_NE(build_rtl_model(isa::HwConfig{}).value(), path);
}

TEST(RtlModelDiagnostics, IllegalHardwareAndMissingTools) {
  isa::HwConfig hardware;
  hardware.block_in = 5;
  EXPECT_EQ(render(build_rtl_model(hardware).error()), render(isa::check(hardware).front()));

  const std::string path = std::getenv("PATH");
  ::setenv("PATH", "/nonexistent", 1);
  const Result<std::string> model = build_rtl_model(isa::HwConfig{});
  ::setenv("PATH", path.c_str(), 1);
  EXPECT_EQ(render(model.error()),
            "error: 'verilator' is not installed; without it the RTL cannot be simulated\n"
            "  hint: ./tandem doctor names what is missing and how to install it");
}

}  // namespace
}  // namespace tandem::sim
