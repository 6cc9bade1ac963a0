// Each way in which a program can be wrong: one stated error within a bounded number of cycles, in the same words from
// the RTL and the functional simulator, whatever the order in which its engines run.
#include <gtest/gtest.h>

#include <functional>

#include "isa/assembly.h"
#include "sim/functional/functional_simulator.h"
#include "sim/rtl/rtl_simulator.h"

namespace tandem::sim {
namespace {

struct BadProgram {
  const char* name;
  std::vector<const char*> lines;
  const char* error;
  std::function<void(isa::Program&)> damage = nullptr;  // what the assembler would refuse to write
};

/// Bits of one word of one instruction.
std::function<void(isa::Program&)> set_bits(size_t instruction, size_t word, uint64_t bits) {
  return [=](isa::Program& program) { program.code[instruction].words[word] |= bits; };
}

const std::vector<BadProgram>& bad_programs() {
  static const std::vector<BadProgram> programs = {
      // Indices.
      {"LoadBeyondBuffer",
       {"load inp sram=2040 dram=0 y=1 x=9 stride=9", "finish"},
       "p: error: instruction 0 (load inp sram=2040 dram=0x0 y=1 x=9 stride=9): load writes inp[2040..2048], which has "
       "2048 elements"},
      {"PaddingBeyondBuffer",
       {"load wgt sram=1023 dram=0 y=1 x=1 stride=1 pad=(0,0,0,1)", "finish"},
       "p: error: instruction 0 (load wgt sram=1023 dram=0x0 y=1 x=1 stride=1 pad=(0,0,0,1)): load writes "
       "wgt[1023..1024], which has 1024 elements"},
      {"StoreBeyondBuffer",
       {"store out sram=2047 dram=0 y=2 x=1 stride=1", "finish"},
       "p: error: instruction 0 (store out sram=2047 dram=0x0 y=2 x=1 stride=1): store reads out[2047..2048], which "
       "has 2048 elements"},
      {"GemmBeyondAccumulators",
       {"load uop sram=0 dram=0 y=1 x=1 stride=1", "gemm uop=[0,1) iter=(2,1) dst=(1024,0) src=(0,0) wgt=(0,0)",
        "gemm uop=[0,1) iter=(3,1) dst=(1024,0) src=(0,0) wgt=(0,0)", "finish"},
       "p: error: instruction 2 (gemm uop=[0,1) iter=(3,1) dst=(1024,0) src=(0,0) wgt=(0,0)): gemm reaches acc[2048], "
       "which has 2048 elements: micro-op 0 has dst 0, and the loops add 2 x 1024 + 0 x 0"},
      {"GemmBeyondWeights",
       {"load uop sram=0 dram=0 y=1 x=1 stride=1", "gemm uop=[0,1) iter=(2,2) dst=(0,0) src=(0,0) wgt=(1000,24)",
        "finish"},
       "p: error: instruction 1 (gemm uop=[0,1) iter=(2,2) dst=(0,0) src=(0,0) wgt=(1000,24)): gemm reaches wgt[1024], "
       "which has 1024 elements: micro-op 0 has wgt 0, and the loops add 1 x 1000 + 1 x 24"},
      {"AluBeyondAccumulators",
       {"load uop sram=0 dram=0 y=1 x=1 stride=1", "alu add uop=[0,1) iter=(2,1) dst=(0,0) src=(2047,1)",
        "alu add uop=[0,1) iter=(3,1) dst=(0,0) src=(1024,0)", "finish"},
       "p: error: instruction 2 (alu add uop=[0,1) iter=(3,1) dst=(0,0) src=(1024,0)): alu reaches acc[2048], which "
       "has 2048 elements: micro-op 0 has src 0, and the loops add 2 x 1024 + 0 x 0"},
      {"MicroOpsBeyondBuffer",
       {"alu add use_imm imm=1 uop=[0,8193) iter=(1,1) dst=(0,0) src=(0,0)", "finish"},
       "p: error: instruction 0 (alu add use_imm imm=1 uop=[0,8193) iter=(1,1) dst=(0,0) src=(0,0)): alu runs "
       "micro-ops [0, 8193) of 8192"},
      {"MacBeyondInputs",
       {"load uop sram=0 dram=0 y=1 x=1 stride=1", "mac uop=[0,1) iter=(3,1) dst=(0,0) src=(1024,0) wgt=(0,0)",
        "finish"},
       "p: error: instruction 1 (mac uop=[0,1) iter=(3,1) dst=(0,0) src=(1024,0) wgt=(0,0)): mac reaches inp[2048], "
       "which has 2048 elements: micro-op 0 has src 0, and the loops add 2 x 1024 + 0 x 0"},
      {"DepthwiseBeyondWeights",
       {"load uop sram=0 dram=0 y=1 x=1 stride=1",
        "mac depthwise uop=[0,1) iter=(18,1) dst=(0,0) src=(0,0) wgt=(1023,0)", "finish"},
       "p: error: instruction 1 (mac depthwise uop=[0,1) iter=(18,1) dst=(0,0) src=(0,0) wgt=(1023,0)): mac reaches "
       "vector 17391 of wgt, which has 16384 vectors: micro-op 0 has wgt 0, and the loops add 17 x 1023 + 0 x 0"},
      {"AluExtendedBeyondAccumulators",
       {"load uop sram=0 dram=0 y=1 x=1 stride=1", "alu_extended abs uop=[0,1) iter=(3,1) dst=(1024,0) src=(0,0)",
        "finish"},
       "p: error: instruction 1 (alu_extended abs uop=[0,1) iter=(3,1) dst=(1024,0) src=(0,0)): alu_extended reaches "
       "acc[2048], which has 2048 elements: micro-op 0 has dst 0, and the loops add 2 x 1024 + 0 x 0"},
      {"RequantizeBeyondParameters",
       {"requantize iter=(2,2) dst=0+(0,0) src=0+(0,0) prm=63+1", "finish"},
       "p: error: instruction 0 (requantize iter=(2,2) dst=0+(0,0) src=0+(0,0) prm=63+1): requantize reaches prm[64], "
       "which has 64 elements: prm is 63, and the loops add 1 x 1 + 1 x 0"},
      {"RequantizeBeyondAccumulators",
       {"requantize iter=(2,2) dst=2047+(0,1) src=0+(0,0) prm=0+0", "finish"},
       "p: error: instruction 0 (requantize iter=(2,2) dst=2047+(0,1) src=0+(0,0) prm=0+0): requantize reaches "
       "acc[2048], which has 2048 elements: dst is 2047, and the loops add 1 x 0 + 1 x 1"},
      {"ParametersBeyondBuffer",
       {"load prm sram=63 dram=0 y=1 x=2 stride=2", "finish"},
       "p: error: instruction 0 (load prm sram=63 dram=0x0 y=1 x=2 stride=2): load writes prm[63..64], which has 64 "
       "elements"},
      // Memory.
      {"ReadBeyondMemory",
       {"load acc sram=0 dram=1023 y=1 x=2 stride=2", "finish"},
       "p: error: instruction 0 (load acc sram=0 dram=0x3ff y=1 x=2 stride=2): load reads DRAM [0xffc0, 0x10040), "
       "beyond the program's 0x10000 bytes"},
      {"WriteBeyondMemory",
       {"store out sram=0 dram=4095 y=1 x=2 stride=2", "finish"},
       "p: error: instruction 0 (store out sram=0 dram=0xfff y=1 x=2 stride=2): store writes DRAM [0xfff0, 0x10010), "
       "beyond the program's 0x10000 bytes"},
      // Encodings.
      {"UnknownState",
       {"finish", "finish"},
       "p: error: instruction 0 (not an instruction): config with unknown state 127",
       set_bits(0, 0, 7 | 0x7f00)},
      {"UnknownMemory",
       {"load uop sram=0 dram=0 y=1 x=1 stride=1", "finish"},
       "p: error: instruction 0 (not an instruction): load with mem_type 7",
       set_bits(0, 0, 7 << 7)},
      {"UnknownAluOperation",
       {"alu add use_imm imm=1 uop=[0,1) iter=(1,1) dst=(0,0) src=(0,0)", "finish"},
       "p: error: instruction 0 (not an instruction): alu with unknown opcode 7",
       set_bits(0, 1, uint64_t{7} << 44)},
      {"UnusedBits",
       {"load inp sram=0 dram=0 y=1 x=1 stride=1", "finish"},
       "p: error: instruction 1 (not an instruction): finish with unused bit 64 set",
       set_bits(1, 1, 1)},
      {"MissingNeighbour",
       {"load inp sram=0 dram=0 y=1 x=1 stride=1", "finish"},
       "p: error: instruction 0 (load inp sram=0 dram=0x0 y=1 x=1 stride=1 pop_prev): pop_prev: the load engine has no "
       "previous engine",
       set_bits(0, 0, 1 << 3)},
      // Tokens.
      {"TokenThatNeverComes",
       {"store out sram=0 dram=0 y=1 x=1 stride=1 pop_prev", "finish"},
       "p: error: deadlock: no engine can go on\n    fetch has issued every instruction\n    load has nothing to do\n  "
       "  compute waits for load and store to finish at instruction 1: finish\n    store waits for a token from "
       "compute "
       "at instruction 0: store out sram=0 dram=0x0 y=1 x=1 stride=1 pop_prev\n  hint: an earlier instruction of "
       "compute must have push_next"},
      {"TokenLeft",
       {"load inp sram=0 dram=0 y=1 x=1 stride=1 push_next", "finish"},
       "p: error: instruction 1 (finish): tokens are left over: 1 from load to compute"},
      {"TokenOfFinish",
       {"finish push_prev push_next"},
       "p: error: instruction 0 (finish push_prev push_next): tokens are left over: 1 from compute to load, 1 from "
       "compute to store"},
      // Order.
      {"FinishTwice", {"finish", "finish"}, "p: error: instruction 0 (finish): finish is not the last instruction"},
      {"NoFinish",
       {"load acc sram=0 dram=0 y=1 x=1 stride=1", "load inp sram=0 dram=0 y=1 x=1 stride=1"},
       "p: error: instruction 1 (load inp sram=0 dram=0x0 y=1 x=1 stride=1): the program does not end with finish"},
      // The smallest index of several errors, though the other one shows first; errors before deadlocks.
      {"SmallestIndex",
       {"load acc sram=0 dram=0 y=1 x=64 stride=64 push_next", "store out sram=2047 dram=0 y=2 x=1 stride=1 pop_prev",
        "load inp sram=2040 dram=0 y=1 x=9 stride=9", "finish"},
       "p: error: instruction 1 (store out sram=2047 dram=0x0 y=2 x=1 stride=1 pop_prev): store reads out[2047..2048], "
       "which has 2048 elements"},
      {"ErrorBeforeDeadlock",
       {"store out sram=0 dram=0 y=1 x=1 stride=1 pop_prev", "load inp sram=2040 dram=0 y=1 x=9 stride=9", "finish"},
       "p: error: instruction 1 (load inp sram=2040 dram=0x0 y=1 x=9 stride=9): load writes inp[2040..2048], which has "
       "2048 elements"},
  };
  return programs;
}

isa::Program assembled(const BadProgram& bad) {
  std::string text = "program \"p\"\ndram 65536\ncode at 0x8000 {\n";
  for (const char* line : bad.lines) text += std::string("  ") + line + "\n";
  isa::Program program = isa::assemble(text + "}\n", "p.asm").value();
  if (bad.damage) bad.damage(program);
  return program;
}

std::string error_of(Simulator& simulator, const isa::Program& program) {
  const Result<RunResult> result = simulator.run(program, {}, {20'000});
  return result.ok() ? "no error" : render(result.error());
}

class BadPrograms : public ::testing::TestWithParam<size_t> {};

TEST_P(BadPrograms, AreRefusedInTheSameWords) {
  static const std::unique_ptr<Simulator> rtl = make_rtl_simulator(isa::HwConfig{}).value();
  const BadProgram& bad = bad_programs()[GetParam()];
  const isa::Program program = assembled(bad);
  EXPECT_EQ(error_of(*rtl, program), bad.error);
  EXPECT_EQ(error_of(*make_functional_simulator(isa::HwConfig{}), program), bad.error);
  EXPECT_EQ(error_of(*make_functional_simulator(isa::HwConfig{}, {uint64_t{3}}), program), bad.error);
}

INSTANTIATE_TEST_SUITE_P(Rtl, BadPrograms, ::testing::Range(size_t{0}, bad_programs().size()),
                         [](const auto& test) { return std::string(bad_programs()[test.param].name); });

}  // namespace
}  // namespace tandem::sim
