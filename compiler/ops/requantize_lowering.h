// Requantisation by shift as a list of ALU operations with 16-bit immediates, equal to the definition to the bit.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compiler/ops/operator.h"

namespace tandem::ops {

/// value = op(value, immediate), in int32.
struct AluStep {
  enum class Op { kAdd, kMin, kMax, kShr };  // kShr by a negative amount shifts left
  Op op = Op::kAdd;
  int64_t immediate = 0;
};

/// The half that rounding adds, 2^(shift-1); 0 where nothing is rounded.
int64_t rounding_half(const Requantize& requantize);

/// Whether the half may be added ahead of time to a value of magnitude at most `bound`: it stays within int32 and
/// within an immediate.
bool half_can_be_folded(const Requantize& requantize, int64_t bound);

/// The steps for a value from which nothing is known (or, with `half_is_added`, that already holds value +
/// rounding_half). The result lies in [low, high], so that its low 8 bits are the narrowed value.
std::vector<AluStep> lower_requantize(const Requantize& requantize, bool half_is_added);

/// As `schedule::rewrite` takes it, e.g. "shift_right 4".
std::string operation_text(const AluStep& step);
/// The intrinsic of the accelerator that carries it out, e.g. "alu_shr_imm".
std::string intrinsic_of(const AluStep& step);

}  // namespace tandem::ops
