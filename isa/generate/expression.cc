// What the emitters share: nested text of widths and the order of a tree's operations.
#include <fmt/format.h>

#include <functional>
#include <set>

#include "isa/generate/emit.h"

namespace tandem::isa::generate {

std::string nested(const ScalarExpression& expression, const std::vector<std::string>& names,
                   const std::string& clog2) {
  const ScalarNode& node = *expression;
  const auto operand = [&](size_t i) { return nested(node.operands[i], names, clog2); };
  switch (node.op) {
    case ScalarOp::kConstant:
      return fmt::format("{}", node.value);
    case ScalarOp::kArgument:
      return names.at(static_cast<size_t>(node.value));
    case ScalarOp::kAdd:
      return fmt::format("({} + {})", operand(0), operand(1));
    case ScalarOp::kSubtract:
      return fmt::format("({} - {})", operand(0), operand(1));
    case ScalarOp::kMultiply:
      return fmt::format("({} * {})", operand(0), operand(1));
    case ScalarOp::kLess:
      return fmt::format("({} < {})", operand(0), operand(1));
    case ScalarOp::kLessEqual:
      return fmt::format("({} <= {})", operand(0), operand(1));
    case ScalarOp::kEqual:
      return fmt::format("({} == {})", operand(0), operand(1));
    case ScalarOp::kSelect:
      return fmt::format("({} ? {} : {})", operand(0), operand(1), operand(2));
    case ScalarOp::kCeilLog2:
      return fmt::format("{}({})", clog2, operand(0));
    case ScalarOp::kNegate:
    case ScalarOp::kShiftLeft:
    case ScalarOp::kShiftRight:
    case ScalarOp::kAnd:
    case ScalarOp::kOr:
    case ScalarOp::kNot:
    case ScalarOp::kConvert:
      break;
  }
  TANDEM_CHECK(false, "a width uses an operation that only built-ins may use");
  return "";
}

std::vector<const ScalarNode*> operations(const ScalarExpression& root) {
  std::vector<const ScalarNode*> order;
  std::set<const ScalarNode*> seen;
  const std::function<void(const ScalarExpression&)> visit = [&](const ScalarExpression& expression) {
    if (expression->operands.empty() || !seen.insert(expression.get()).second) return;
    for (const ScalarExpression& operand : expression->operands) visit(operand);
    order.push_back(expression.get());
  };
  visit(root);
  return order;
}

}  // namespace tandem::isa::generate
