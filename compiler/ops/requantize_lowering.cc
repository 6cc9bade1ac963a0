#include "compiler/ops/requantize_lowering.h"

#include <algorithm>
#include <limits>

namespace tandem::ops {
namespace {

using Op = AluStep::Op;

bool fits_immediate(int64_t value) {
  return value >= std::numeric_limits<int16_t>::min() && value <= std::numeric_limits<int16_t>::max();
}

}  // namespace

int64_t rounding_half(const Requantize& r) { return r.shift > 0 && r.shift <= 32 ? int64_t{1} << (r.shift - 1) : 0; }

bool half_can_be_folded(const Requantize& r, int64_t bound) {
  const int64_t half = rounding_half(r);
  return half > 0 && fits_immediate(half) && bound + half <= std::numeric_limits<int32_t>::max();
}

std::vector<AluStep> lower_requantize(const Requantize& r, bool half_is_added) {
  const AluStep at_least_low = {Op::kMax, r.low}, at_most_high = {Op::kMin, r.high};
  if (r.shift == 0) return {at_least_low, at_most_high};
  if (r.shift < 0) {
    // Beyond [-128, 127] the result saturates, as it does for any value but zero from 2^8 on.
    return {{Op::kMax, -128}, {Op::kMin, 127}, {Op::kShr, std::max(r.shift, -8)}, at_least_low, at_most_high};
  }
  if (half_is_added) return {{Op::kShr, r.shift}, at_least_low, at_most_high};
  // (a + half) >> shift >= low holds from a = low * 2^shift - half on, and <= high up to a = high * 2^shift + half - 1:
  // clamped there first, adding the half cannot wrap.
  if (r.shift <= 15) {
    const int64_t half = rounding_half(r), one = int64_t{1} << r.shift;
    const int64_t least = r.low * one - half, most = r.high * one + half - 1;
    if (fits_immediate(least) && fits_immediate(most)) {
      return {{Op::kMax, least}, {Op::kMin, most}, {Op::kAdd, half}, {Op::kShr, r.shift}};
    }
  }
  // floor((a + 2^(s-1)) / 2^s) = floor((floor(a / 2^(s-1)) + 1) / 2), clamped before the 1 is added. From 32 on a shift
  // leaves the sign only.
  return {{Op::kShr, std::min(r.shift, 33) - 1},
          {Op::kMax, 2 * r.low - 1},
          {Op::kMin, 2 * r.high},
          {Op::kAdd, 1},
          {Op::kShr, 1}};
}

namespace {

struct OperationNames {
  const char* operation;
  const char* intrinsic;
};
OperationNames names_of(Op op) {
  switch (op) {
    case Op::kAdd:
      return {"add", "alu_add_imm"};
    case Op::kMin:
      return {"min", "alu_min_imm"};
    case Op::kMax:
      return {"max", "alu_max_imm"};
    case Op::kShr:
      break;
  }
  return {"shift_right", "alu_shr_imm"};
}

}  // namespace

std::string operation_text(const AluStep& step) {
  return names_of(step.op).operation + (" " + std::to_string(step.immediate));
}

std::string intrinsic_of(const AluStep& step) { return names_of(step.op).intrinsic; }

}  // namespace tandem::ops
