// The contract of sim/api/simulator.h, the same for every simulator.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <regex>

#include "isa/program.h"
#include "support/environment.h"
#include "tests/contract/simulators.h"

namespace tandem::sim {
namespace {

using isa::Program;

/// A program of these instructions for the default design. DRAM: `x`, an input of two accumulators, at 0x1000;
/// micro-ops {0, 0, 0} and {1, 1, 0} at 0x2000; the outputs `y` (two vectors) at 0x3000 and `z` (one) at 0x3040.
Program program_of(const std::string& code, const std::string& name = "p") {
  const std::string text = fmt::format(R"(
program "{}"
hardware {{
  name: vta_default
}}
dram 0x10000
segment "uop" at 0x2000 uops {{
  uop dst=0 src=0 wgt=0
  uop dst=1 src=1 wgt=0
}}
binding "x" input i32 [2,16] layout "NC" at 0x1000
binding "y" output i8 [2,16] layout "NC" at 0x3000
binding "z" output i8 [1,16] layout "NC" at 0x3040
code at 0x4000 {{
{}}}
)",
                                       name, code);
  const Result<Program> program = isa::assemble(text, "contract.asm");
  EXPECT_TRUE(program.ok()) << render(program.error());
  return *program;
}

/// y = x + 5 in two marked layers.
constexpr char kAddFive[] =
    "load uop sram=0 dram=0x800 y=1 x=2 stride=2\n"
    "load acc sram=0 dram=0x40 y=1 x=2 stride=2\n"
    "alu add use_imm imm=5 uop=[0,2) iter=(1,1) dst=(0,0) src=(0,0) push_next\n"
    "store out sram=0 dram=0x300 y=1 x=2 stride=2 pop_prev push_prev\n"
    "finish pop_next\n";

constexpr char kNothing[] = "load inp sram=0 dram=0x0 y=0 x=0 stride=0";

Bytes accumulators(int32_t first) {
  Bytes bytes;
  for (int32_t i = 0; i < 32; ++i) {
    const auto value = static_cast<uint32_t>(first + i);
    for (int byte = 0; byte < 4; ++byte) bytes.push_back(static_cast<uint8_t>(value >> (8 * byte)));
  }
  return bytes;
}

class SimulatorContract : public testing::TestWithParam<SimulatorUnderTest> {
 protected:
  static std::unique_ptr<Simulator> make(const Program& program) { return GetParam().make(program.hardware); }
  static Result<RunResult> run(const Program& program, const Buffers& inputs = {}) {
    return make(program)->run(program, inputs);
  }
  /// The whole message of a run that must fail.
  static std::string error_of(const Program& program, const Buffers& inputs = {}) {
    const Result<RunResult> result = run(program, inputs);
    // Simulators with time begin with the cycle at which nothing moved any more.
    static const std::regex cycle("after [0-9]+ cycles: ");
    return result.ok() ? "no error" : std::regex_replace(render(result.error()), cycle, "");
  }
};

TEST_P(SimulatorContract, ReadsInputsAndGivesOnlyTheOutputs) {
  const Result<RunResult> result = run(program_of(kAddFive), {{"x", accumulators(-3)}});
  ASSERT_TRUE(result.ok()) << render(result.error());
  Bytes expected;
  for (int i = 0; i < 32; ++i) expected.push_back(static_cast<uint8_t>(i + 2));
  EXPECT_EQ(result->outputs, (Buffers{{"y", expected}, {"z", Bytes(16)}}));
  EXPECT_EQ(result->cycles > 0, GetParam().has_time);
  EXPECT_EQ(result->macs, 0u);
}

TEST_P(SimulatorContract, InputsThatAreNotGivenAreZero) {
  const Result<RunResult> result = run(program_of(kAddFive));
  ASSERT_TRUE(result.ok()) << render(result.error());
  EXPECT_EQ(result->outputs.at("y"), Bytes(32, 5));
}

TEST_P(SimulatorContract, RunsAreIndependent) {
  const Program a = program_of(kAddFive);
  const Program b = program_of(
      "load uop sram=0 dram=0x800 y=1 x=1 stride=1\n"
      "load acc sram=7 dram=0x40 y=1 x=1 stride=1\n"
      "alu mul uop=[0,1) iter=(1,1) dst=(0,0) src=(7,0) push_next\n"
      "store out sram=0 dram=0x300 y=1 x=8 stride=8 pop_prev push_prev\n"
      "finish pop_next\n");
  const std::unique_ptr<Simulator> simulator = make(a);
  const Buffers x{{"x", accumulators(100)}};
  const Result<RunResult> first = simulator->run(a, x);
  ASSERT_TRUE(first.ok()) << render(first.error());
  const Result<RunResult> other = simulator->run(b, {});
  ASSERT_TRUE(other.ok()) << render(other.error());
  EXPECT_EQ(other->outputs.at("y"), Bytes(32));
  for (int i = 0; i < 2; ++i) {
    const Result<RunResult> again = simulator->run(a, x);
    ASSERT_TRUE(again.ok()) << render(again.error());
    EXPECT_EQ(again->outputs, first->outputs);
    EXPECT_EQ(again->cycles, first->cycles);
    EXPECT_EQ(again->counters, first->counters);
    EXPECT_EQ(again->mark_cycles, first->mark_cycles);
  }
}

TEST_P(SimulatorContract, MarksSayWhenALayerWasDone) {
  Program program = program_of(kAddFive);
  program.marks = {{"load", 0, 0, 0}, {"add", 2, 0, 0}, {"rest", 3, 0, 0}};
  const Result<RunResult> result = run(program);
  ASSERT_TRUE(result.ok()) << render(result.error());
  const std::vector<uint64_t>& marks = result->mark_cycles;
  ASSERT_EQ(marks.size(), 3u);
  if (!GetParam().has_time) return;
  EXPECT_GT(marks[0], 0u);
  EXPECT_LT(marks[0], marks[1]);
  EXPECT_LT(marks[1], marks[2]);
  EXPECT_LE(marks[2], result->cycles);
}

TEST_P(SimulatorContract, RefusesAProgramForOtherHardware) {
  Program program = program_of(kAddFive);
  const std::unique_ptr<Simulator> simulator = make(program);
  const uint64_t own = isa::hash(program.hardware);
  program.hardware.name = "other";
  program.hardware.bus_bytes = 16;
  const Result<RunResult> result = simulator->run(program, {});
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(
      render(result.error()),
      fmt::format(
          "p: error: the program was made for the hardware 'other' (1x16x16, hash {:016x}), not for 'vta_default' "
          "(1x16x16, hash {:016x})\n  hint: compile it for this hardware, or run it on its own",
          isa::hash(program.hardware), own));
}

TEST_P(SimulatorContract, RefusesWrongInputs) {
  EXPECT_EQ(error_of(program_of(kAddFive), {{"x", Bytes(127)}}),
            "p: error: input 'x' has 127 bytes; i32 [2, 16] needs 128");
  EXPECT_EQ(error_of(program_of(kAddFive), {{"xs", Bytes(128)}}),
            "p: error: unknown input 'xs'\n  legal: x\n  hint: did you mean 'x'?");
}

TEST_P(SimulatorContract, RefusesTensorsBeyondDram) {
  Program program = program_of(kAddFive);
  program.dram_bytes = 0x3050 - 1;
  EXPECT_EQ(error_of(program),
            "p: error: tensor 'z' at 0x3040 with 16 bytes does not fit the program's 0x304f bytes of DRAM");
}

TEST_P(SimulatorContract, RefusesCodeThatCannotBeFetched) {
  Program program = program_of("finish\n");
  program.code_address = 0x4010;
  EXPECT_EQ(error_of(program),
            "p: error: the instructions lie at 0x4010, which is not a multiple of 64\n  hint: the next such address is "
            "0x4040");
  program.code_address = 0x10000;
  EXPECT_EQ(error_of(program),
            "p: error: the code at 0x10000 with 16 bytes does not fit the program's 0x10000 bytes of DRAM");
}

TEST_P(SimulatorContract, MemoryEndsWithAWordOfTheWidestBus) {
  // 0x10028 bytes are 0x10040: what lies behind the last byte reads as zero and can be written, up to there.
  const auto move = [](const char* what, const char* rest) {
    Program program = program_of(fmt::format("{} {}\nfinish\n", what, rest));
    program.dram_bytes = 0x10028;
    return program;
  };
  for (const char* rest : {"inp sram=0 dram=0x1001 y=1 x=3 stride=3", "acc8 sram=0 dram=0x1003 y=1 x=1 stride=1",
                           "acc sram=0 dram=0x400 y=1 x=1 stride=1", "uop sram=0 dram=0x400f y=1 x=1 stride=1"}) {
    EXPECT_EQ(error_of(move("load", rest)), "no error") << rest;
    EXPECT_TRUE(isa::check(move("load", rest)).empty()) << rest;
  }
  EXPECT_EQ(error_of(move("store", "out sram=0 dram=0x1003 y=1 x=1 stride=1")), "no error");
  struct Case {
    const char* what;
    const char* rest;
    const char* error;
  };
  for (const Case& beyond :
       {Case{"load", "inp sram=0 dram=0x1003 y=1 x=2 stride=2", "load reads DRAM [0x10030, 0x10050)"},
        Case{"load", "uop sram=0 dram=0x400f y=1 x=2 stride=2", "load reads DRAM [0x1003c, 0x10044)"},
        Case{"load", "acc sram=0 dram=0x401 y=1 x=1 stride=1", "load reads DRAM [0x10040, 0x10080)"},
        Case{"store", "out sram=0 dram=0x1003 y=2 x=1 stride=1", "store writes DRAM [0x10030, 0x10050)"}}) {
    const Program program = move(beyond.what, beyond.rest);
    const std::string what = fmt::format("{}, beyond the program's 0x10040 bytes", beyond.error);
    EXPECT_EQ(error_of(program), fmt::format("p: error: instruction 0 ({} {}): {}", beyond.what, beyond.rest, what));
    ASSERT_FALSE(isa::check(program).empty()) << beyond.rest;
    EXPECT_EQ(isa::check(program)[0].what, what);
  }
}

TEST_P(SimulatorContract, FlagsCountWhereNothingMoves) {
  const std::string nothing = kNothing;
  const Result<RunResult> result =
      run(program_of(nothing + " push_next\n" +
                     "gemm uop=[0,0) iter=(1,1) dst=(0,0) src=(0,0) wgt=(0,0) pop_prev push_next\n"
                     "store out sram=0 dram=0x0 y=0 x=0 stride=0 pop_prev push_prev\n"
                     "finish pop_next\n"));
  EXPECT_TRUE(result.ok()) << render(result.error());
}

TEST_P(SimulatorContract, FullQueuesStallAndDropNothing) {
  std::string code;
  for (int i = 0; i < 700; ++i) code += std::string(kNothing) + " push_next\n";
  for (int i = 0; i < 700; ++i) code += "alu add uop=[0,0) iter=(1,1) dst=(0,0) src=(0,0) pop_prev\n";
  const Result<RunResult> result = run(program_of(code + "finish\n"));
  EXPECT_TRUE(result.ok()) << render(result.error());
}

TEST_P(SimulatorContract, ExplainsAMissingToken) {
  EXPECT_EQ(error_of(program_of("load acc sram=0 dram=0x40 y=1 x=2 stride=2\n"
                                "store out sram=0 dram=0x300 y=1 x=2 stride=2 pop_prev push_prev\n"
                                "finish pop_next\n")),
            "p: error: deadlock: no engine can go on\n"
            "    fetch has issued every instruction\n"
            "    load has nothing to do\n"
            "    compute waits for a token from store at instruction 2: finish pop_next\n"
            "    store waits for a token from compute at instruction 1: store out sram=0 dram=0x300 y=1 x=2 stride=2 "
            "pop_prev "
            "push_prev\n"
            "  hint: an earlier instruction of store must have push_prev");
}

TEST_P(SimulatorContract, ExplainsADeadlockOfFullQueues) {
  // Compute waits for a token of the store that fetch never reaches, because compute's command queue is full.
  std::string code = "alu add uop=[0,0) iter=(1,1) dst=(0,0) src=(0,0) pop_next\n";
  for (int i = 0; i < 520; ++i) code += "alu add uop=[0,0) iter=(1,1) dst=(0,0) src=(0,0)\n";
  const Result<RunResult> result =
      run(program_of(code + "store out sram=0 dram=0x0 y=0 x=0 stride=0 push_prev\nfinish\n"));
  ASSERT_FALSE(result.ok());
  const std::string text = render(result.error());
  EXPECT_NE(text.find("fetch waits for room in the command queue of compute (512 instructions) at instruction "),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("load has nothing to do\n    compute waits for a token from store at instruction 0: alu add "),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("store has nothing to do\n  hint: an earlier instruction of store must have push_prev"),
            std::string::npos)
      << text;
}

TEST_P(SimulatorContract, AnInstructionStartsWithRoomForAllItPushes) {
  // The design with the shortest queues. Four tokens fill the queue to store; the instruction behind them, which would
  // free load, waits for room for a fifth; load's queue then keeps fetch from the stores that would make it.
  isa::HwConfig hardware = value_or_fail(isa::load_hw(checkout_path("configs/hw/test/b4_32x8.yaml")));
  hardware.name = "b4_32x8";
  const std::string nothing = "alu add uop=[0,0) iter=(1,1) dst=(0,0) src=(0,0)";
  std::string code;
  for (int i = 0; i < 4; ++i) code += nothing + " push_next\n";
  code += nothing + " push_prev push_next\n";
  code += std::string(kNothing) + " pop_next\n";
  for (int i = 0; i < 4; ++i) code += std::string(kNothing) + "\n";
  for (int i = 0; i < 5; ++i) code += "store out sram=0 dram=0x0 y=0 x=0 stride=0 pop_prev\n";
  Program program = value_or_fail(
      isa::assemble(fmt::format("program \"p\"\nhardware {{\n{}}}\ndram 0x1000\ncode at 0x0 {{\n{}finish\n}}\n",
                                to_yaml(hardware), code),
                    "contract.asm"));
  EXPECT_EQ(
      error_of(program),
      "p: error: deadlock: no engine can go on\n"
      "    fetch waits for room in the command queue of load (4 instructions) at instruction 9: load inp sram=0 "
      "dram=0x0 y=0 x=0 stride=0\n"
      "    load waits for a token from compute at instruction 5: load inp sram=0 dram=0x0 y=0 x=0 stride=0 pop_next\n"
      "    compute waits for room in the token queue to store (4 tokens) at instruction 4: alu add uop=[0,0) "
      "iter=(1,1) dst=(0,0) src=(0,0) push_prev push_next\n"
      "    store has nothing to do\n"
      "  hint: an earlier instruction of compute must have push_prev");
  EXPECT_EQ(
      isa::check(program).at(0).what,
      "deadlock: load waits at instruction 5 for a token from compute; compute waits at instruction 4 to push its "
      "token to store, whose queue of 4 tokens is full; store has nothing to do; fetch waits at instruction 9 for "
      "the full queue of load (4 instructions)");
}

TEST_P(SimulatorContract, FinishWaitsForTheOthers) {
  const Program program = program_of(std::string(kNothing) + " pop_next\nfinish push_prev\n");
  EXPECT_EQ(
      error_of(program),
      "p: error: deadlock: no engine can go on\n"
      "    fetch has issued every instruction\n"
      "    load waits for a token from compute at instruction 0: load inp sram=0 dram=0x0 y=0 x=0 stride=0 pop_next\n"
      "    compute waits for load and store to finish at instruction 1: finish push_prev\n"
      "    store has nothing to do\n"
      "  hint: an earlier instruction of compute must have push_prev");
  EXPECT_EQ(
      isa::check(program).at(0).what,
      "deadlock: load waits at instruction 0 for a token from compute; compute waits at instruction 1 for load and "
      "store to finish; store has finished");
}

TEST_P(SimulatorContract, ReportsTokensThatAreLeft) {
  EXPECT_EQ(error_of(program_of(std::string(kNothing) + " push_next\n" + kNothing + " push_next\n" +
                                "alu add uop=[0,0) iter=(1,1) dst=(0,0) src=(0,0) push_next\nfinish\n")),
            "p: error: instruction 3 (finish): tokens are left over: 2 from load to compute, 1 from compute "
            "to store");
}

/// What is wrong with a program, at which instruction: the same in every simulator, and found by the static checker
/// too.
struct FaultCase {
  const char* name;
  std::string code;
  int64_t instruction;
  const char* text;
  const char* what;
};

std::vector<FaultCase> fault_cases() {
  const std::string uops = "load uop sram=0 dram=0x800 y=1 x=2 stride=2\n";
  return {
      {"State", uops + "raw 0x4207 0x0\nfinish\n", 1, "not an instruction", "config with unknown state 66"},
      {"UnusedBit", uops + "raw 0x103 0x0\nfinish\n", 1, "not an instruction", "finish with unused bit 8 set"},
      {"MissingNeighbour", uops + kNothing + " push_prev\nfinish\n", 1,
       "load inp sram=0 dram=0x0 y=0 x=0 stride=0 push_prev", "push_prev: the load engine has no previous engine"},
      {"LoadBeyondBuffer", "load inp sram=2047 dram=0x0 y=1 x=2 stride=1\nfinish\n", 0,
       "load inp sram=2047 dram=0x0 y=1 x=2 stride=1", "load writes inp[2047..2048], which has 2048 elements"},
      {"StoreBeyondBuffer", "store out sram=2047 dram=0x0 y=1 x=2 stride=1\nfinish\n", 0,
       "store out sram=2047 dram=0x0 y=1 x=2 stride=1", "store reads out[2047..2048], which has 2048 elements"},
      {"GemmBeyondAccumulators", uops + "gemm reset uop=[0,2) iter=(1,2) dst=(0,2047) src=(0,0) wgt=(0,0)\nfinish\n", 1,
       "gemm reset uop=[0,2) iter=(1,2) dst=(0,2047) src=(0,0) wgt=(0,0)",
       "gemm reaches acc[2048], which has 2048 elements: micro-op 1 has dst 1, and the loops add 0 x 0 + 1 x 2047"},
      {"FinishInTheMiddle", "finish\nload uop sram=0 dram=0x800 y=1 x=2 stride=2\nfinish\n", 0, "finish",
       "finish is not the last instruction"},
      {"NoFinish", uops + uops, 1, "load uop sram=0 dram=0x800 y=1 x=2 stride=2",
       "the program does not end with finish"},
  };
}

TEST_P(SimulatorContract, ReportsFaultsAtTheirInstruction) {
  for (const FaultCase& fault : fault_cases()) {
    SCOPED_TRACE(fault.name);
    const Program program = program_of(fault.code);
    EXPECT_EQ(error_of(program),
              fmt::format("p: error: instruction {} ({}): {}", fault.instruction, fault.text, fault.what));
    const std::vector<isa::Fault> found = isa::check(program);
    ASSERT_FALSE(found.empty());
    EXPECT_EQ(found[0].instruction, fault.instruction);
    EXPECT_EQ(found[0].what, fault.what);
  }
}

TEST_P(SimulatorContract, RefusesAnEmptyProgram) {
  EXPECT_EQ(error_of(program_of("")), "p: error: the program does not end with finish");
}

TEST_P(SimulatorContract, ALimitOfCyclesIsAnErrorThatNamesIt) {
  const Program program = program_of(kAddFive);
  const Result<RunResult> result = make(program)->run(program, {}, {20});
  if (!GetParam().has_time) {
    EXPECT_TRUE(result.ok());
    return;
  }
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(render(result.error()),
            "p: error: the run passed its limit of 20 cycles\n  hint: raise the limit, or look where the time goes in "
            "a shorter program");
}

INSTANTIATE_TEST_SUITE_P(All, SimulatorContract, testing::ValuesIn(all_simulators_and_platforms()),
                         [](const auto& each) { return each.param.name; });

}  // namespace
}  // namespace tandem::sim
