// Typed scalar expressions: the language of isa.yaml's built-ins, ALU operations and widths, as immutable trees that
// can be parsed, evaluated and emitted. Every operation is total: nothing is undefined for any operand.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "support/result.h"

namespace tandem::isa {

enum class ScalarType { kI1, kI8, kI32, kI64 };
/// 1, 8, 32, 64.
int bits(ScalarType type);
/// "i1", "i8", "i32", "i64".
const char* name(ScalarType type);
/// The value that `type` holds after keeping the low bits of `value` and sign-extending (i1: 0 or 1).
int64_t wrap(ScalarType type, int64_t value);

/// What a node computes. Arithmetic wraps at the node's type; shifts use their amount modulo the bits of the left
/// operand, and kShiftRight is arithmetic; comparisons are signed and give i1; kConvert keeps the low bits or
/// sign-extends; kCeilLog2 is the least k with 2^k >= operand (0 for operands below 2), for widths only.
enum class ScalarOp {
  kConstant,
  kArgument,
  kAdd,
  kSubtract,
  kMultiply,
  kNegate,
  kShiftLeft,
  kShiftRight,
  kLess,
  kLessEqual,
  kEqual,
  kAnd,
  kOr,
  kNot,
  kSelect,
  kConvert,
  kCeilLog2,
};

struct ScalarNode;
using ScalarExpression = std::shared_ptr<const ScalarNode>;

struct ScalarNode {
  ScalarOp op = ScalarOp::kConstant;
  ScalarType type = ScalarType::kI32;
  int64_t value = 0;                       // of a constant; the index of an argument
  std::vector<ScalarExpression> operands;  // kSelect: condition, then, else
};

struct ScalarArgument {
  std::string name;
  ScalarType type = ScalarType::kI32;
};

struct ScalarFunction {
  std::vector<ScalarArgument> arguments;
  ScalarType result = ScalarType::kI32;
  ScalarExpression body;
};

Result<ScalarType> parse_scalar_type(const std::string& text, const SourceLocation& where);

/// Parses `text` over `arguments`; calls of `functions` are expanded in place (shared subtrees stay shared). `clog2(x)`
/// is accepted where `allow_clog2` is set. Errors quote the expression and the place in it.
Result<ScalarExpression> parse_scalar(const std::string& text, const SourceLocation& where,
                                      const std::vector<ScalarArgument>& arguments,
                                      const std::map<std::string, ScalarFunction>& functions, bool allow_clog2 = false);

/// The value for the arguments, which must lie in the ranges of their types.
int64_t evaluate(const ScalarExpression& expression, const std::vector<int64_t>& arguments);

}  // namespace tandem::isa
