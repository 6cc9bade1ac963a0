#include "sim/api/hang.h"

#include <gtest/gtest.h>

#include "isa/instruction.h"

namespace tandem::sim {
namespace {

using isa::Engine;

isa::Program program_of(const std::vector<isa::Instruction>& instructions) {
  isa::Program program;
  program.name = "p";
  program.hardware.token_queue_depth = 4;
  program.hardware.command_queue_depth = 8;
  for (const isa::Instruction& instruction : instructions)
    program.code.push_back(isa::encode(program.hardware, instruction));
  return program;
}

TEST(Hang, NamesWhatEachEngineWaitsFor) {
  isa::Store store;
  store.pop_prev = true;
  const isa::Program program = program_of({isa::Load{}, isa::Finish{}, store});
  EXPECT_EQ(
      render(hang(program, {{{}, Wait::kQueueRoom, 2},
                            {Engine::kLoad, Wait::kNextRoom, 0},
                            {Engine::kCompute, Wait::kNextToken, 1},
                            {Engine::kStore, Wait::kPrevToken, 2}})),
      "p: error: deadlock: no engine can go on\n"
      "    fetch waits for room in the command queue of store (8 instructions) at instruction 2: store out sram=0 "
      "dram=0x0 y=0 "
      "x=0 stride=0 pop_prev\n"
      "    load waits for room in the token queue to compute (4 tokens) at instruction 0: load uop sram=0 dram=0x0 y=0 "
      "x=0 "
      "stride=0\n"
      "    compute waits for a token from store at instruction 1: finish\n"
      "    store waits for a token from compute at instruction 2: store out sram=0 dram=0x0 y=0 x=0 stride=0 pop_prev\n"
      "  hint: an earlier instruction of store must have push_prev");
  EXPECT_EQ(
      render(hang(program,
                  {{}, {Engine::kLoad}, {Engine::kCompute, Wait::kMemory, 1}, {Engine::kStore, Wait::kPrevRoom, 2}})),
      "p: error: deadlock: no engine can go on\n"
      "    fetch has issued every instruction\n"
      "    load has nothing to do\n"
      "    compute waits for the memory at instruction 1: finish\n"
      "    store waits for room in the token queue to compute (4 tokens) at instruction 2: store out sram=0 dram=0x0 "
      "y=0 x=0 "
      "stride=0 pop_prev");
}

TEST(Hang, FaultsQuoteTheInstruction) {
  isa::Program program = program_of({isa::Finish{}});
  EXPECT_EQ(render(fault(program, 0, "it is too early")), "p: error: instruction 0 (finish): it is too early");
  program.code[0].words[0] = 4 | 1 << 7;
  EXPECT_EQ(render(fault(program, 0, "alu with reserved 1, which must be zero")),
            "p: error: instruction 0 (not an instruction): alu with reserved 1, which must be zero");
  EXPECT_EQ(render(fault(isa::Program{}, -1, "the program does not end with finish")),
            "error: the program does not end with finish");
}

TEST(Hang, TokensThatAreLeft) {
  EXPECT_EQ(render(tokens_left(program_of({isa::Finish{}}), 0,
                               {{Engine::kLoad, Engine::kCompute, 2}, {Engine::kStore, Engine::kCompute, 1}})),
            "p: error: instruction 0 (finish): tokens are left over: 2 from load to compute, 1 from store to compute");
}

}  // namespace
}  // namespace tandem::sim
