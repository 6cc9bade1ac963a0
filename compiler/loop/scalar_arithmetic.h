// Integer arithmetic of the loop IR on single values: what folding, the interpreter and the analyses share.
#pragma once

#include <algorithm>
#include <cstdint>

#include "compiler/loop/ir.h"

namespace tandem::loop {

/// The value that `type` holds: low bits, sign-extended.
inline int64_t wrap(Type type, int64_t value) {
  switch (type) {
    case Type::kBool:
      return value != 0;
    case Type::kI8:
      return static_cast<int8_t>(value);
    case Type::kI32:
      return static_cast<int32_t>(value);
    default:
      return value;
  }
}

/// Rounds towards minus infinity; b is not zero.
inline int64_t floor_div(int64_t a, int64_t b) {
  if (b == -1) return static_cast<int64_t>(0 - static_cast<uint64_t>(a));
  const int64_t quotient = a / b;
  return a % b != 0 && (a < 0) != (b < 0) ? quotient - 1 : quotient;
}
/// Has the sign of b: a = floor_div(a, b) * b + floor_mod(a, b).
inline int64_t floor_mod(int64_t a, int64_t b) {
  if (b == -1) return 0;
  const int64_t remainder = a % b;
  return remainder != 0 && (remainder < 0) != (b < 0) ? remainder + b : remainder;
}

/// `op` on integers of `type`; a divisor must not be zero.
inline int64_t evaluate(BinaryOp op, Type type, int64_t a, int64_t b) {
  const auto x = static_cast<uint64_t>(a), y = static_cast<uint64_t>(b);
  switch (op) {
    case BinaryOp::kAdd:
      return wrap(type, static_cast<int64_t>(x + y));
    case BinaryOp::kSub:
      return wrap(type, static_cast<int64_t>(x - y));
    case BinaryOp::kMul:
      return wrap(type, static_cast<int64_t>(x * y));
    case BinaryOp::kDiv:
      return wrap(type, floor_div(a, b));
    case BinaryOp::kMod:
      return wrap(type, floor_mod(a, b));
    case BinaryOp::kMin:
      return std::min(a, b);
    case BinaryOp::kMax:
      return std::max(a, b);
    case BinaryOp::kLt:
      return a < b;
    case BinaryOp::kLe:
      return a <= b;
    case BinaryOp::kGt:
      return a > b;
    case BinaryOp::kGe:
      return a >= b;
    case BinaryOp::kEq:
      return a == b;
    case BinaryOp::kNe:
      return a != b;
    case BinaryOp::kAnd:
      return a != 0 && b != 0;
    case BinaryOp::kOr:
      return a != 0 || b != 0;
  }
  return 0;
}

}  // namespace tandem::loop
