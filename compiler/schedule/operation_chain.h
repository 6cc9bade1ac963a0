// Chains of operations with constants, innermost first: what `rewrite` compares and `absorb` moves. Private to
// compiler/schedule.
#pragma once

#include <string>
#include <vector>

#include "compiler/schedule/tree.h"

namespace tandem::schedule {

/// value -> op(value, constant), or a conversion to `type`.
struct Operation {
  std::string name;  // "add", "mul", "min", "max", "shift_right", "rounding_shift_right" or "convert"
  int64_t constant = 0;
  loop::Type type = loop::Type::kI32;  // of the result
};

/// "add 8", "i8()".
std::string text_of(const Operation& operation);
/// The operation that a text such as "add 8" names, on values of `type`.
Result<Operation> parse_operation(const std::string& text, loop::Type type);
/// The operations of `expr`; returns what they start from.
Expr take_chain(const Expr& expr, std::vector<Operation>& operations);
Expr build(const std::vector<Operation>& operations, Expr value);

}  // namespace tandem::schedule
