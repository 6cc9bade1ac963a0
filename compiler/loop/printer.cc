// The text form of kernels; parser.h states the grammar.
#include <fmt/format.h>

#include "compiler/loop/builtin.h"
#include "compiler/loop/ir.h"
#include "compiler/loop/names.h"

namespace tandem::loop {
namespace {

struct Operator {
  const char* text;
  int precedence;  // higher binds tighter
};
Operator describe(BinaryOp op) {
  switch (op) {
    case BinaryOp::kOr:
      return {"||", 1};
    case BinaryOp::kAnd:
      return {"&&", 2};
    case BinaryOp::kLt:
      return {"<", 3};
    case BinaryOp::kLe:
      return {"<=", 3};
    case BinaryOp::kGt:
      return {">", 3};
    case BinaryOp::kGe:
      return {">=", 3};
    case BinaryOp::kEq:
      return {"==", 3};
    case BinaryOp::kNe:
      return {"!=", 3};
    case BinaryOp::kAdd:
      return {"+", 4};
    case BinaryOp::kSub:
      return {"-", 4};
    case BinaryOp::kMul:
      return {"*", 5};
    case BinaryOp::kDiv:
      return {"/", 5};
    case BinaryOp::kMod:
      return {"%", 5};
    case BinaryOp::kMin:
      return {"min", 0};
    case BinaryOp::kMax:
      return {"max", 0};
  }
  return {"?", 0};
}

bool is_literal(const Expr& expr) {
  return std::holds_alternative<IntLiteral>(expr->node) || std::holds_alternative<FloatLiteral>(expr->node);
}

/// `typed`: the place gives a literal its type, so that it needs none of its own.
std::string literal_text(const Expr& expr, bool typed) {
  if (const auto* node = std::get_if<FloatLiteral>(&expr->node)) {
    std::string text = fmt::format("{}", static_cast<float>(node->value));
    if (text.find_first_of(".e") == std::string::npos) text += ".0";
    return typed ? text : fmt::format("f32({})", text);
  }
  const int64_t value = std::get<IntLiteral>(expr->node).value;
  if (expr->type == Type::kBool) return value ? "true" : "false";
  return typed || expr->type == Type::kI64 ? fmt::format("{}", value) : fmt::format("{}({})", name(expr->type), value);
}

std::string text_of(const Expr& expr, bool typed, int precedence = 0);

std::string list_of(const std::vector<Expr>& list, bool typed) {
  std::string text;
  for (const Expr& item : list) text += (text.empty() ? "" : ", ") + text_of(item, typed);
  return text;
}

std::string binary_text(const Binary& node, int precedence) {
  const Operator op = describe(node.op);
  // A literal takes the type of its partner, unless that is a literal too.
  const bool typed = !(is_literal(node.a) && is_literal(node.b));
  if (op.precedence == 0) return fmt::format("{}({}, {})", op.text, text_of(node.a, typed), text_of(node.b, typed));
  const bool chain = op.precedence != 3;  // comparisons do not associate
  std::string text = text_of(node.a, typed, chain ? op.precedence : op.precedence + 1);
  text += fmt::format(" {} {}", op.text, text_of(node.b, typed, op.precedence + 1));
  return op.precedence < precedence ? "(" + text + ")" : text;
}

std::string text_of(const Expr& expr, bool typed, int precedence) {
  if (is_literal(expr)) return literal_text(expr, typed);
  if (const auto* node = std::get_if<VarUse>(&expr->node)) return node->var->name;
  if (const auto* node = std::get_if<Load>(&expr->node)) {
    return fmt::format("{}[{}]", node->buffer->name, list_of(node->indices, true));
  }
  if (const auto* node = std::get_if<Binary>(&expr->node)) return binary_text(*node, precedence);
  if (const auto* node = std::get_if<Cast>(&expr->node)) {
    return fmt::format("{}({})", name(expr->type), text_of(node->value, false));
  }
  if (const auto* node = std::get_if<Select>(&expr->node)) {
    const bool sides = !(is_literal(node->a) && is_literal(node->b));
    return fmt::format("select({}, {}, {})", text_of(node->condition, true), text_of(node->a, sides),
                       text_of(node->b, sides));
  }
  const auto& node = std::get<Call>(expr->node);
  return fmt::format("{}({})", node.builtin, list_of(node.arguments, true));
}

std::string shape_text(const Shape& shape) { return to_string(shape); }

std::string buffer_text(const Buffer& buffer) {
  std::string text = fmt::format("{}: {}{}", buffer.name, name(buffer.type), shape_text(buffer.shape));
  if (buffer.scope != "dram") text += " in " + buffer.scope;
  if (buffer.copies != 1) text += fmt::format(" times {}", buffer.copies);
  return text;
}

std::string layout_text(const Layout& layout) {
  if (layout.axes.empty()) return "";
  std::string axes;
  for (const PackedAxis& axis : layout.axes) {
    if (!axes.empty()) axes += ", ";
    axes += axis.source_axis < 0 ? "*" : std::to_string(axis.source_axis);
    if (axis.source_axis >= 0 && axis.divisor != 1) axes += " / " + std::to_string(axis.divisor);
  }
  return fmt::format(" packs {} as [{}]", shape_text(layout.logical_shape), axes);
}

void print(const Stmt& stmt, int depth, std::string& out) {
  const std::string indent(static_cast<size_t>(2 * depth), ' ');
  const auto nested = [&](const std::string& head, const Stmt& body) {
    out += indent + head + " {\n";
    print(body, depth + 1, out);
    out += indent + "}\n";
  };
  if (const auto* loop = std::get_if<For>(&stmt->node)) {
    nested(fmt::format("{} {} in 0..{}", keyword(loop->kind), loop->var->name, loop->extent), loop->body);
  } else if (const auto* write = std::get_if<Store>(&stmt->node)) {
    out += fmt::format("{}{}[{}] = {};\n", indent, write->buffer->name, list_of(write->indices, true),
                       text_of(write->value, true));
  } else if (const auto* node = std::get_if<Alloc>(&stmt->node)) {
    nested("alloc " + buffer_text(*node->buffer), node->body);
  } else if (const auto* branch = std::get_if<If>(&stmt->node)) {
    nested("if (" + text_of(branch->condition, true) + ")", branch->body);
  } else if (const auto* list = std::get_if<Block>(&stmt->node)) {
    for (const Stmt& statement : list->statements) print(statement, depth, out);
  } else {
    const auto& call = std::get<Intrinsic>(stmt->node);
    std::string arguments;
    for (const Operand& operand : call.operands) {
      arguments +=
          fmt::format("{}{}[{}]", arguments.empty() ? "" : ", ", operand.buffer->name, list_of(operand.indices, true));
    }
    if (!call.scalars.empty()) arguments += "; " + list_of(call.scalars, false);
    nested(fmt::format("@{}({})", call.name, arguments), call.meaning);
  }
}

}  // namespace

std::string to_text(const Expr& expr) { return text_of(expr, false); }

std::string to_text(const Stmt& stmt) {
  std::string text;
  print(stmt, 0, text);
  return text;
}

std::string to_text(const Kernel& original) {
  const Kernel kernel = unique_names(original);
  std::string params;
  for (const Param& param : kernel.params) {
    if (!params.empty()) params += ", ";
    params += (param.is_output ? "out " : "") + buffer_text(*param.buffer) + layout_text(param.layout);
  }
  for (const VarRef& scalar : kernel.scalars) {
    params += fmt::format("{}{}: {}", params.empty() ? "" : ", ", scalar->name, name(scalar->type));
  }
  std::string text = fmt::format("kernel {}({}) {{\n", kernel.name, params);
  print(kernel.body, 1, text);
  return text + "}\n";
}

}  // namespace tandem::loop
