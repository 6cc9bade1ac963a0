// The order of steps that the schedule leaves open.
#include "compiler/codegen/accel/order.h"

#include <gtest/gtest.h>

namespace tandem::codegen {
namespace {

Step step(const isa::Instruction& instruction, std::vector<Access> accesses) {
  Step result;
  result.instruction = instruction;
  result.engine = isa::engine_of(instruction);
  result.accesses = std::move(accesses);
  return result;
}

/// L: load from `begin` on; M: MAC; R: REQUANTIZE; S: STORE, each with the number that names it.
Step load(int64_t begin, int64_t end) {
  isa::Load insn;
  insn.mem_type = isa::Memory::kInp;
  insn.x_size = static_cast<uint32_t>(begin);
  return step(insn, {{kSpaceInp, begin, end, true}});
}
Step mac(int64_t input, int64_t acc) {
  isa::Mac insn;
  insn.iter_out = static_cast<uint32_t>(input);
  return step(insn, {{kSpaceInp, input, input + 1, false}, {kSpaceAcc, acc, acc + 1, true}});
}
Step requantize(int64_t acc) {
  isa::Requantize insn;
  insn.src = static_cast<uint32_t>(acc);
  return step(insn, {{kSpaceAcc, acc, acc + 1, false}, {kSpaceOut, acc, acc + 1, true}});
}
Step store(int64_t out) {
  isa::Store insn;
  insn.mem_type = isa::Memory::kOut;
  insn.x_size = static_cast<uint32_t>(out);
  return step(insn, {{kSpaceOut, out, out + 1, false}});
}

std::string names(const std::vector<Step>& steps) {
  std::string text;
  for (const Step& s : steps) {
    if (const auto* l = std::get_if<isa::Load>(&s.instruction)) text += "L" + std::to_string(l->x_size) + " ";
    if (const auto* m = std::get_if<isa::Mac>(&s.instruction)) text += "M" + std::to_string(m->iter_out) + " ";
    if (const auto* r = std::get_if<isa::Requantize>(&s.instruction)) text += "R" + std::to_string(r->src) + " ";
    if (const auto* t = std::get_if<isa::Store>(&s.instruction)) text += "S" + std::to_string(t->x_size) + " ";
  }
  return text;
}

TEST(Order, LoadsComeBeforeTheirFirstUseAndResultsAtOnce) {
  EXPECT_EQ(names(ordered_by_need({load(0, 1), load(1, 2), load(2, 3), mac(0, 0), mac(1, 1), mac(2, 0), requantize(0),
                                   requantize(1), store(0), store(1)})),
            "L0 M0 L1 M1 R1 S1 L2 M2 R0 S0 ");
}

TEST(Order, KeepsEveryDependence) {
  // A load into a place that is still read, and a sum begun again before it was requantised.
  EXPECT_EQ(names(ordered_by_need({load(0, 2), mac(0, 0), mac(1, 0), load(1, 2), requantize(0), mac(1, 0), store(0),
                                   requantize(0), store(0)})),
            "L0 M0 M1 R0 S0 L1 M1 R0 S0 ");
}

TEST(Order, LoadsThatNothingNeedsComeLast) {
  EXPECT_EQ(names(ordered_by_need({load(3, 4), load(0, 1), mac(0, 0)})), "L0 M0 L3 ");
}

}  // namespace
}  // namespace tandem::codegen
