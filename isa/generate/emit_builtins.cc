// C++: the scalar built-ins and ALU operations as constexpr functions.
#include <fmt/format.h>

#include "isa/generate/emit.h"

namespace tandem::isa::generate {
namespace {

std::string scalar_type(ScalarType type) {
  switch (type) {
    case ScalarType::kI1:
      return "bool";
    case ScalarType::kI8:
      return "int8_t";
    case ScalarType::kI32:
      return "int32_t";
    case ScalarType::kI64:
      return "int64_t";
  }
  return "";
}

/// One statement per operation, so that nothing is undefined: arithmetic through unsigned types, shift amounts masked.
std::string scalar_body(const std::vector<ScalarArgument>& arguments, const ScalarExpression& body) {
  std::map<const ScalarNode*, std::string> names;
  const auto value = [&](const ScalarExpression& expression) -> std::string {
    if (expression->op == ScalarOp::kArgument) return arguments.at(static_cast<size_t>(expression->value)).name;
    if (expression->op == ScalarOp::kConstant) {
      return fmt::format("{}{{{}}}", scalar_type(expression->type), expression->value);
    }
    return names.at(expression.get());
  };
  std::string text;
  for (const ScalarNode* node : operations(body)) {
    const std::string type = scalar_type(node->type);
    const std::string unsigned_type = node->type == ScalarType::kI64 ? "uint64_t" : "uint32_t";
    const std::string a = value(node->operands[0]);
    const std::string b = node->operands.size() > 1 ? value(node->operands[1]) : "";
    const auto wrapped = [&](const std::string& op) {
      return fmt::format("static_cast<{0}>(static_cast<{1}>({2}) {3} static_cast<{1}>({4}))", type, unsigned_type, a,
                         op, b);
    };
    std::string result;
    switch (node->op) {
      case ScalarOp::kAdd:
        result = wrapped("+");
        break;
      case ScalarOp::kSubtract:
        result = wrapped("-");
        break;
      case ScalarOp::kMultiply:
        result = wrapped("*");
        break;
      case ScalarOp::kNegate:
        result = fmt::format("static_cast<{}>(0u - static_cast<{}>({}))", type, unsigned_type, a);
        break;
      case ScalarOp::kShiftLeft:
        result = fmt::format("static_cast<{}>(static_cast<{}>({}) << ({} & {}))", type, unsigned_type, a, b,
                             bits(node->type) - 1);
        break;
      case ScalarOp::kShiftRight:
        result = fmt::format("static_cast<{}>({} >> ({} & {}))", type, a, b, bits(node->type) - 1);
        break;
      case ScalarOp::kLess:
        result = fmt::format("{} < {}", a, b);
        break;
      case ScalarOp::kLessEqual:
        result = fmt::format("{} <= {}", a, b);
        break;
      case ScalarOp::kEqual:
        result = fmt::format("{} == {}", a, b);
        break;
      case ScalarOp::kAnd:
        result = fmt::format("{} & {}", a, b);
        break;
      case ScalarOp::kOr:
        result = fmt::format("{} | {}", a, b);
        break;
      case ScalarOp::kNot:
        result = fmt::format("!{}", a);
        break;
      case ScalarOp::kSelect:
        result = fmt::format("{} ? {} : {}", a, b, value(node->operands[2]));
        break;
      case ScalarOp::kConvert:
        result = fmt::format("static_cast<{}>({})", type, a);
        break;
      case ScalarOp::kConstant:
      case ScalarOp::kArgument:
      case ScalarOp::kCeilLog2:
        TANDEM_CHECK(false, "not an operation of a built-in");
    }
    const std::string name = fmt::format("t{}", names.size());
    text += fmt::format("  const {} {} = {};\n", type, name, result);
    names[node] = name;
  }
  return text + fmt::format("  return {};\n", value(body));
}

}  // namespace

std::string emit_builtins_header(const Table& table) {
  std::string text = kBanner;
  text +=
      "// The scalar built-ins and the ALU operations as constexpr functions, defined for every operand.\n#pragma "
      "once\n\n"
      "#include <cstdint>\n#include <utility>\n\n#include \"isa/instruction_set.h\"\n\nnamespace tandem::isa::builtin "
      "{\n";
  for (const Builtin& builtin : table.builtins) {
    std::string arguments;
    for (const ScalarArgument& argument : builtin.function.arguments) {
      arguments += fmt::format("{}{} {}", arguments.empty() ? "" : ", ", scalar_type(argument.type), argument.name);
    }
    text += fmt::format("\n/// {}: {}.\nconstexpr {} {}({}) {{\n{}}}\n", builtin.text, builtin.doc,
                        scalar_type(builtin.function.result), builtin.name, arguments,
                        scalar_body(builtin.function.arguments, builtin.function.body));
  }
  text += "\n}  // namespace tandem::isa::builtin\n\nnamespace tandem::isa {\n";
  text +=
      "\n/// One lane of an ALU operation, for loops that know the operation: alu<AluOp::kAdd>(a, b, 0).\ntemplate "
      "<AluOp op>\n"
      "constexpr int32_t alu(int32_t a, int32_t b, int32_t c);\n";
  std::string cases;
  for (const AluOperation& operation : table.alu_operations) {
    const std::string code = "AluOp::k" + upper_camel(operation.name);
    text += fmt::format(
        "\n/// {}: {}.\ntemplate <>\nconstexpr int32_t alu<{}>([[maybe_unused]] int32_t a, [[maybe_unused]] int32_t b, "
        "[[maybe_unused]] int32_t c) {{\n{}}}\n",
        operation.text, operation.doc, code, scalar_body(alu_operands(true), operation.value));
    cases += fmt::format(
        "    case {0}: return function([](int32_t a, int32_t b, int32_t c) {{ return alu<{0}>(a, b, c); }});\n", code);
  }
  text += fmt::format(
      "\n/// Calls `function` with the operation's lane function as a constant of its own type, so that it can be "
      "inlined in a loop.\n"
      "template <typename Function>\nconstexpr auto with_alu(AluOp op, Function&& function) {{\n  switch (op) {{\n{}  "
      "}}\n"
      "  return function([](int32_t, int32_t, int32_t) {{ return int32_t{{0}}; }});\n}}\n",
      cases);
  text +=
      "\n/// One lane of an ALU operation. `c` is the state alu_immediate; only extended operations have it.\n"
      "constexpr int32_t alu(AluOp op, int32_t a, int32_t b, int32_t c = 0) {\n"
      "  return with_alu(op, [&](auto lane) { return lane(a, b, c); });\n}\n";
  return text + "\n}  // namespace tandem::isa\n";
}

}  // namespace tandem::isa::generate
