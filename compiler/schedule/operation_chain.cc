#include "compiler/schedule/operation_chain.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

namespace tandem::schedule {

using loop::Type;

namespace {

constexpr struct {
  const char* name;
  loop::BinaryOp op;
} kBinaries[] = {{"add", loop::BinaryOp::kAdd},
                 {"mul", loop::BinaryOp::kMul},
                 {"min", loop::BinaryOp::kMin},
                 {"max", loop::BinaryOp::kMax}};
constexpr const char* kShifts[] = {"shift_right", "rounding_shift_right"};

}  // namespace

std::string text_of(const Operation& operation) {
  if (operation.name == "convert") return fmt::format("{}()", name(operation.type));
  return fmt::format("{} {}", operation.name, operation.constant);
}

Result<Operation> parse_operation(const std::string& text, Type type) {
  std::vector<std::string> names;
  for (const auto& known : kBinaries) names.emplace_back(known.name);
  for (const char* known : kShifts) names.emplace_back(known);
  const size_t space = text.find(' ');
  const std::string name = text.substr(0, space);
  if (std::find(names.begin(), names.end(), name) == names.end()) {
    return unknown_name({}, "operation", name, std::move(names));
  }
  const std::string number = space == std::string::npos ? "" : text.substr(space + 1);
  char* end = nullptr;
  errno = 0;
  const int64_t constant = std::strtoll(number.c_str(), &end, 10);
  if (number.empty() || *end != '\0' || number[0] == ' ') {
    return refuse("rewrite", fmt::format("'{}' is no operation and a constant", text), {}, "write e.g. 'add 8'");
  }
  const auto& literal = std::get<loop::IntLiteral>(loop::integer(constant, type)->node);
  if (literal.value != constant || errno != 0) {
    return refuse("rewrite", fmt::format("the constant of '{}' is no value of type {}", text, loop::name(type)));
  }
  return Operation{name, constant, type};
}

Expr take_chain(const Expr& expr, std::vector<Operation>& operations) {
  Expr inner;
  Operation operation{"convert", 0, expr->type};
  if (const auto* cast = std::get_if<loop::Cast>(&expr->node)) {
    inner = cast->value;
  } else if (const auto* node = std::get_if<loop::Binary>(&expr->node)) {
    const auto* constant = std::get_if<loop::IntLiteral>(&node->b->node);
    for (const auto& known : kBinaries) {
      if (!constant || node->op != known.op) continue;
      operation.name = known.name;
      operation.constant = constant->value;
      inner = node->a;
    }
  } else if (const auto* call = std::get_if<loop::Call>(&expr->node); call && call->arguments.size() == 2) {
    const auto* constant = std::get_if<loop::IntLiteral>(&call->arguments[1]->node);
    for (const char* known : kShifts) {
      if (!constant || call->builtin != known) continue;
      operation.name = known;
      operation.constant = constant->value;
      inner = call->arguments[0];
    }
  }
  if (!inner || inner->type == Type::kF32) return expr;
  const Expr start = take_chain(inner, operations);
  operations.push_back(operation);
  return start;
}

Expr build(const std::vector<Operation>& operations, Expr value) {
  for (const Operation& operation : operations) {
    const Expr constant = loop::integer(operation.constant, value->type);
    const auto* binary = std::find_if(std::begin(kBinaries), std::end(kBinaries),
                                      [&](const auto& known) { return operation.name == known.name; });
    if (operation.name == "convert") {
      value = loop::cast(operation.type, value);
    } else if (binary != std::end(kBinaries)) {
      value = loop::binary(binary->op, value, constant);
    } else {
      value = loop::call(operation.name, operation.type, {value, constant});
    }
  }
  return value;
}

}  // namespace tandem::schedule
