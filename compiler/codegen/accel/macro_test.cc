#include "compiler/codegen/accel/macro.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <tuple>

#include "support/rng.h"

namespace tandem::codegen {
namespace {

using StepIndices = std::tuple<int64_t, int64_t, int64_t>;  // dst, src, wgt

std::vector<StepIndices> reference(const MacroNest& nest) {
  std::vector<StepIndices> steps = {{nest.base.dst, nest.base.src, nest.base.wgt}};
  for (size_t d = 0; d < nest.extents.size(); ++d) {
    std::vector<StepIndices> next;
    for (const auto& [dst, src, wgt] : steps) {
      for (int64_t i = 0; i < nest.extents[d]; ++i) {
        next.emplace_back(dst + i * nest.strides[d].dst, src + i * nest.strides[d].src, wgt + i * nest.strides[d].wgt);
      }
    }
    steps = std::move(next);
  }
  return steps;
}

template <typename Macro>
void carry_out(const Macro& macro, int64_t wgt_out, int64_t wgt_in, const std::vector<isa::Uop>& uops,
               std::vector<StepIndices>& steps) {
  for (int64_t o = 0; o < macro.iter_out; ++o) {
    for (int64_t i = 0; i < macro.iter_in; ++i) {
      for (const isa::Uop& u : uops) {
        steps.emplace_back(u.dst + o * macro.dst_out + i * macro.dst_in, u.src + o * macro.src_out + i * macro.src_in,
                           u.wgt + o * wgt_out + i * wgt_in);
      }
    }
  }
}

std::vector<StepIndices> carried_out(const std::vector<Step>& instructions) {
  std::vector<StepIndices> steps;
  for (const Step& step : instructions) {
    if (const auto* gemm = std::get_if<isa::Gemm>(&step.instruction))
      carry_out(*gemm, gemm->wgt_out, gemm->wgt_in, step.uops, steps);
    if (const auto* alu = std::get_if<isa::Alu>(&step.instruction)) carry_out(*alu, 0, 0, step.uops, steps);
  }
  return steps;
}

TEST(Macro, InstructionsTakeTheStepsOfTheNest) {
  const isa::HwConfig hardware;
  const isa::FieldLimits limits = isa::limits(hardware);
  for (uint64_t seed = 0; seed < 1000; ++seed) {
    SCOPED_TRACE(seed);
    Rng rng(seed);
    MacroNest nest;
    const bool is_gemm = rng.chance(0.5);
    isa::Alu alu;
    alu.opcode = rng.chance(0.5) ? isa::AluOp::kShr : isa::AluOp::kAdd;
    nest.instruction = is_gemm ? isa::Instruction(isa::Gemm{}) : isa::Instruction(alu);
    nest.base = {rng.uniform(0, 9), rng.uniform(0, 9), is_gemm ? rng.uniform(0, 9) : 0};
    const int64_t dims = rng.uniform(0, 4);
    for (int64_t d = 0; d < dims; ++d) {
      nest.extents.push_back(rng.uniform(1, 6));
      nest.strides.push_back({rng.uniform(0, 7), rng.uniform(0, 7), is_gemm ? rng.uniform(0, 7) : 0});
    }
    const int64_t max_uops = rng.uniform(1, 12);
    const std::vector<Step> instructions = macro_instructions(nest, limits, max_uops);
    for (const Step& step : instructions) EXPECT_LE(static_cast<int64_t>(step.uops.size()), max_uops);
    std::vector<StepIndices> expected = reference(nest), found = carried_out(instructions);
    if (reorderable(nest)) {  // else the order counts as well
      std::sort(expected.begin(), expected.end());
      std::sort(found.begin(), found.end());
    }
    ASSERT_EQ(found, expected);
  }
}

TEST(Macro, TheLongestLoopsAreTheHardwares) {
  // A 3x3 convolution: o < 2, h < 14, w < 14, c < 4, r < 3, s < 3.
  MacroNest nest;
  nest.instruction = isa::Gemm{};
  nest.extents = {2, 14, 14, 4, 3, 3};
  nest.strides = {{196, 0, 36}, {14, 16, 0}, {1, 1, 0}, {0, 256, 9}, {0, 16, 3}, {0, 1, 1}};
  const std::vector<Step> instructions = macro_instructions(nest, isa::limits(isa::HwConfig{}), 8192);
  ASSERT_EQ(instructions.size(), 1u);
  EXPECT_EQ(instructions[0].uops.size(), 2u * 4 * 9);
  EXPECT_EQ(std::get<isa::Gemm>(instructions[0].instruction).iter_in, 14u);
}

TEST(Macro, AnOperationOnNeighboursKeepsItsOrder) {
  MacroNest nest;  // acc[i + 1] += acc[i]
  isa::Alu add;
  add.opcode = isa::AluOp::kAdd;
  nest.instruction = add;
  nest.base = {1, 0, 0};
  nest.extents = {5};
  nest.strides = {{1, 1, 0}};
  EXPECT_FALSE(reorderable(nest));
  EXPECT_EQ(carried_out(macro_instructions(nest, isa::limits(isa::HwConfig{}), 2)), reference(nest));
}

}  // namespace
}  // namespace tandem::codegen
