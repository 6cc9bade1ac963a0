// What an intrinsic's declaration says to emit, resolved once: an instruction with its constants set, and who its
// operands are.
#pragma once

#include "isa/instruction.h"
#include "support/result.h"
#include "tensorize/intrinsic.h"

namespace tandem::codegen {

struct Emission {
  isa::Instruction prototype;                  // a Gemm, Mac, Alu or Requantize
  int dst = -1, src = -1, wgt = -1, prm = -1;  // positions among the intrinsic's operands; -1: not used
  int imm = -1;                                // position among its scalars; -1: a constant
};

/// Errors name the declaration, the key and what is legal.
Result<Emission> resolve_emission(const tensorize::IntrinsicDeclaration& declaration);

}  // namespace tandem::codegen
