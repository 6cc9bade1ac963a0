// Macro-instructions: a nest of GEMM, MAC or ALU steps folded into instructions of two hardware loops and a list of
// micro-ops; one of REQUANTIZE into instructions of two loops.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "compiler/codegen/accel/step.h"
#include "isa/instruction.h"

namespace tandem::codegen {

/// dst, src and wgt (prm, in a REQUANTIZE) of a step, or what a loop adds to them. A field that the instruction does
/// not use is 0.
struct Indices {
  int64_t dst = 0, src = 0, wgt = 0;
};

/// For i[0] < extents[0], ... (outermost first): one step at base + sum of i[d] * strides[d].
struct MacroNest {
  /// A Gemm, Mac, Alu, AluExtended or Requantize with everything set but loops and micro-ops.
  isa::Instruction instruction;
  std::map<isa::State, int32_t> states{};  // what states of compute must be
  Indices base;
  std::vector<int64_t> extents;
  std::vector<Indices> strides;
};

/// Whether the steps may be carried out in any order with the same result.
bool reorderable(const MacroNest& nest);

/// The instructions that carry out the nest, with their micro-ops, at most `max_uops` each. Of the loops (neighbouring
/// ones fused where they count alike) the two whose removal leaves the fewest micro-ops become the hardware's, within
/// the limits of the fields; where order matters, these are the outermost ones. A REQUANTIZE has its longest loop that
/// keeps the parameters inside, one that changes them (else the next longest) outside, and is repeated for the others.
std::vector<Step> macro_instructions(const MacroNest& nest, const isa::FieldLimits& limits, int64_t max_uops);

}  // namespace tandem::codegen
