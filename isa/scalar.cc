#include "isa/scalar.h"

#include <fmt/format.h>

#include <cctype>

namespace tandem::isa {
namespace {

ScalarExpression make(ScalarOp op, ScalarType type, std::vector<ScalarExpression> operands, int64_t value = 0) {
  return std::make_shared<const ScalarNode>(ScalarNode{op, type, value, std::move(operands)});
}

ScalarExpression constant(ScalarType type, int64_t value) {
  return make(ScalarOp::kConstant, type, {}, wrap(type, value));
}

/// `expression` with its arguments replaced: the expansion of a call.
ScalarExpression substitute(const ScalarExpression& expression, const std::vector<ScalarExpression>& arguments,
                            std::map<const ScalarNode*, ScalarExpression>& done) {
  if (expression->op == ScalarOp::kArgument) return arguments[static_cast<size_t>(expression->value)];
  if (expression->operands.empty()) return expression;
  const auto found = done.find(expression.get());
  if (found != done.end()) return found->second;
  ScalarNode copy = *expression;
  for (ScalarExpression& operand : copy.operands) operand = substitute(operand, arguments, done);
  return done[expression.get()] = std::make_shared<const ScalarNode>(std::move(copy));
}

int64_t ceil_log2(int64_t value) {
  int64_t result = 0;
  while (result < 62 && (int64_t{1} << result) < value) ++result;
  return result;
}

struct Parser {
  const std::string& text;
  const SourceLocation& where;
  const std::vector<ScalarArgument>& arguments;
  const std::map<std::string, ScalarFunction>& functions;
  bool allow_clog2;
  size_t at = 0;

  using Parsed = Result<ScalarExpression>;

  Diagnostic error(const std::string& what, const std::string& hint = "") const {
    return Diagnostic{where, fmt::format("{} at character {} of the expression '{}'", what, at + 1, text), {}, hint};
  }
  void skip() {
    while (at < text.size() && std::isspace(static_cast<unsigned char>(text[at]))) ++at;
  }
  bool take(const char* token) {
    skip();
    if (text.compare(at, std::char_traits<char>::length(token), token) != 0) return false;
    at += std::char_traits<char>::length(token);
    return true;
  }
  /// A one-character operator that is not the start of a longer one.
  bool take_single(char token) {
    skip();
    if (at >= text.size() || text[at] != token) return false;
    ++at;
    return true;
  }

  /// Gives both operands one type: a literal takes its partner's.
  Result<void> unify(ScalarExpression& a, ScalarExpression& b) {
    if (a->type == b->type) return {};
    if (a->op == ScalarOp::kConstant) {
      a = constant(b->type, a->value);
    } else if (b->op == ScalarOp::kConstant) {
      b = constant(a->type, b->value);
    } else {
      return error(fmt::format("operands of types {} and {}", name(a->type), name(b->type)),
                   "convert one with i8(), i32() or i64()");
    }
    return {};
  }

  Parsed binary(ScalarOp op, ScalarExpression a, ScalarExpression b) {
    const bool shift = op == ScalarOp::kShiftLeft || op == ScalarOp::kShiftRight;
    if (!shift) TANDEM_TRY(unify(a, b));
    const bool compares = op == ScalarOp::kLess || op == ScalarOp::kLessEqual || op == ScalarOp::kEqual;
    const bool logical = op == ScalarOp::kAnd || op == ScalarOp::kOr;
    if (logical != (a->type == ScalarType::kI1)) {
      return error(logical ? "&& and || need comparisons" : "arithmetic on a comparison");
    }
    const ScalarType type = compares ? ScalarType::kI1 : a->type;
    return make(op, type, {std::move(a), std::move(b)});
  }

  Parsed select() {
    TANDEM_ASSIGN(ScalarExpression condition, logical_or());
    if (!take("?")) return condition;
    if (condition->type != ScalarType::kI1) return error("the condition of ?: is not a comparison");
    TANDEM_ASSIGN(ScalarExpression then, select());
    if (!take(":")) return error("expected ':'");
    TANDEM_ASSIGN(ScalarExpression otherwise, select());
    TANDEM_TRY(unify(then, otherwise));
    const ScalarType type = then->type;
    return make(ScalarOp::kSelect, type, {std::move(condition), std::move(then), std::move(otherwise)});
  }
  Parsed logical_or() {
    TANDEM_ASSIGN(ScalarExpression a, logical_and());
    while (take("||")) {
      TANDEM_ASSIGN(ScalarExpression b, logical_and());
      TANDEM_ASSIGN(a, binary(ScalarOp::kOr, a, std::move(b)));
    }
    return a;
  }
  Parsed logical_and() {
    TANDEM_ASSIGN(ScalarExpression a, comparison());
    while (take("&&")) {
      TANDEM_ASSIGN(ScalarExpression b, comparison());
      TANDEM_ASSIGN(a, binary(ScalarOp::kAnd, a, std::move(b)));
    }
    return a;
  }
  Parsed comparison() {
    TANDEM_ASSIGN(ScalarExpression a, shift());
    const std::vector<std::string> tokens = {"==", "!=", "<=", ">=", "<", ">"};
    for (const std::string& token : tokens) {
      if (!take(token.c_str())) continue;
      TANDEM_ASSIGN(ScalarExpression b, shift());
      if (token[0] == '>') std::swap(a, b);
      const ScalarOp op = token == "==" || token == "!=" ? ScalarOp::kEqual
                          : token.size() == 2            ? ScalarOp::kLessEqual
                                                         : ScalarOp::kLess;
      TANDEM_ASSIGN(ScalarExpression result, binary(op, std::move(a), std::move(b)));
      return token == "!=" ? make(ScalarOp::kNot, ScalarType::kI1, {result}) : result;
    }
    return a;
  }
  Parsed shift() {
    TANDEM_ASSIGN(ScalarExpression a, sum());
    while (true) {
      const bool left = take("<<");
      if (!left && !take(">>")) return a;
      TANDEM_ASSIGN(ScalarExpression b, sum());
      TANDEM_ASSIGN(a, binary(left ? ScalarOp::kShiftLeft : ScalarOp::kShiftRight, a, std::move(b)));
    }
  }
  Parsed sum() {
    TANDEM_ASSIGN(ScalarExpression a, product());
    while (true) {
      const bool add = take_single('+');
      if (!add && !take_single('-')) return a;
      TANDEM_ASSIGN(ScalarExpression b, product());
      TANDEM_ASSIGN(a, binary(add ? ScalarOp::kAdd : ScalarOp::kSubtract, a, std::move(b)));
    }
  }
  Parsed product() {
    TANDEM_ASSIGN(ScalarExpression a, unary());
    while (take_single('*')) {
      TANDEM_ASSIGN(ScalarExpression b, unary());
      TANDEM_ASSIGN(a, binary(ScalarOp::kMultiply, a, std::move(b)));
    }
    return a;
  }
  Parsed unary() {
    if (take_single('-')) {
      TANDEM_ASSIGN(ScalarExpression a, unary());
      if (a->op == ScalarOp::kConstant) return constant(a->type, -a->value);
      const ScalarType type = a->type;
      return make(ScalarOp::kNegate, type, {std::move(a)});
    }
    if (take_single('!')) {
      TANDEM_ASSIGN(ScalarExpression a, unary());
      if (a->type != ScalarType::kI1) return error("! needs a comparison");
      return make(ScalarOp::kNot, ScalarType::kI1, {std::move(a)});
    }
    return primary();
  }
  Parsed primary() {
    if (take("(")) {
      TANDEM_ASSIGN(ScalarExpression inner, select());
      if (!take(")")) return error("expected ')'");
      return inner;
    }
    skip();
    const size_t start = at;
    while (at < text.size() && (std::isalnum(static_cast<unsigned char>(text[at])) || text[at] == '_')) ++at;
    const std::string word = text.substr(start, at - start);
    if (word.empty()) return error("expected a number, a name or '('");
    if (std::isdigit(static_cast<unsigned char>(word[0]))) return number(word, start);
    if (take("(")) return call(word, start);
    for (size_t i = 0; i < arguments.size(); ++i) {
      if (arguments[i].name == word) return make(ScalarOp::kArgument, arguments[i].type, {}, static_cast<int64_t>(i));
    }
    at = start;
    std::vector<std::string> names;
    for (const ScalarArgument& argument : arguments) names.push_back(argument.name);
    Diagnostic unknown = unknown_name(where, "name", word, names);
    unknown.what += fmt::format(" in the expression '{}'", text);
    return unknown;
  }
  Parsed number(const std::string& word, size_t start) {
    int64_t value = 0;
    for (const char digit : word) {
      if (!std::isdigit(static_cast<unsigned char>(digit)) || value > (int64_t{1} << 40)) {
        at = start;
        return error(fmt::format("'{}' is not a decimal number", word));
      }
      value = value * 10 + (digit - '0');
    }
    return constant(value > INT32_MAX ? ScalarType::kI64 : ScalarType::kI32, value);
  }
  Parsed call(const std::string& word, size_t start) {
    std::vector<ScalarExpression> given;
    do {
      TANDEM_ASSIGN(ScalarExpression argument, select());
      given.push_back(std::move(argument));
    } while (take(","));
    if (!take(")")) return error("expected ',' or ')'");
    const auto wants = [&](size_t count) -> Result<void> {
      if (given.size() == count) return {};
      at = start;
      return error(fmt::format("{} takes {} arguments, not {}", word, count, given.size()));
    };
    if (word == "i8" || word == "i32" || word == "i64") {
      TANDEM_TRY(wants(1));
      TANDEM_ASSIGN(const ScalarType type, parse_scalar_type(word, where));
      if (given[0]->op == ScalarOp::kConstant) return constant(type, given[0]->value);
      return make(ScalarOp::kConvert, type, {given[0]});
    }
    if (allow_clog2 && word == "clog2") {
      TANDEM_TRY(wants(1));
      const ScalarType type = given[0]->type;
      return make(ScalarOp::kCeilLog2, type, {given[0]});
    }
    const auto found = functions.find(word);
    if (found == functions.end()) {
      std::vector<std::string> names;
      for (const auto& entry : functions) names.push_back(entry.first);
      Diagnostic unknown = unknown_name(where, "function", word, names);
      unknown.what += fmt::format(" in the expression '{}'", text);
      return unknown;
    }
    const ScalarFunction& function = found->second;
    TANDEM_TRY(wants(function.arguments.size()));
    for (size_t i = 0; i < given.size(); ++i) {
      const ScalarType type = function.arguments[i].type;
      if (given[i]->op == ScalarOp::kConstant) given[i] = constant(type, given[i]->value);
      if (given[i]->type != type) {
        at = start;
        return error(fmt::format("argument '{}' of {} is {}, not {}", function.arguments[i].name, word, name(type),
                                 name(given[i]->type)));
      }
    }
    std::map<const ScalarNode*, ScalarExpression> done;
    return substitute(function.body, given, done);
  }
};

}  // namespace

int bits(ScalarType type) {
  switch (type) {
    case ScalarType::kI1:
      return 1;
    case ScalarType::kI8:
      return 8;
    case ScalarType::kI32:
      return 32;
    case ScalarType::kI64:
      return 64;
  }
  return 0;
}

const char* name(ScalarType type) {
  switch (type) {
    case ScalarType::kI1:
      return "i1";
    case ScalarType::kI8:
      return "i8";
    case ScalarType::kI32:
      return "i32";
    case ScalarType::kI64:
      return "i64";
  }
  return "";
}

int64_t wrap(ScalarType type, int64_t value) {
  switch (type) {
    case ScalarType::kI1:
      return value & 1;
    case ScalarType::kI8:
      return static_cast<int8_t>(value);
    case ScalarType::kI32:
      return static_cast<int32_t>(value);
    case ScalarType::kI64:
      return value;
  }
  return value;
}

Result<ScalarType> parse_scalar_type(const std::string& text, const SourceLocation& where) {
  for (const ScalarType type : {ScalarType::kI1, ScalarType::kI8, ScalarType::kI32, ScalarType::kI64}) {
    if (text == name(type)) return type;
  }
  return unknown_name(where, "scalar type", text, {"i1", "i8", "i32", "i64"});
}

Result<ScalarExpression> parse_scalar(const std::string& text, const SourceLocation& where,
                                      const std::vector<ScalarArgument>& arguments,
                                      const std::map<std::string, ScalarFunction>& functions, bool allow_clog2) {
  Parser parser{text, where, arguments, functions, allow_clog2};
  TANDEM_ASSIGN(ScalarExpression result, parser.select());
  parser.skip();
  if (parser.at != text.size()) return parser.error("unexpected text");
  return result;
}

int64_t evaluate(const ScalarExpression& expression, const std::vector<int64_t>& arguments) {
  const ScalarNode& node = *expression;
  if (node.op == ScalarOp::kConstant) return node.value;
  if (node.op == ScalarOp::kArgument) return arguments.at(static_cast<size_t>(node.value));
  const auto operand = [&](size_t i) { return evaluate(node.operands[i], arguments); };
  const int64_t a = operand(0);
  if (node.op == ScalarOp::kSelect) return operand(a != 0 ? 1 : 2);
  const int64_t b = node.operands.size() > 1 ? operand(1) : 0;
  const auto ua = static_cast<uint64_t>(a);
  const auto ub = static_cast<uint64_t>(b);
  const auto amount = ub & static_cast<uint64_t>(bits(node.type) - 1);
  const auto result = [&](uint64_t value) { return wrap(node.type, static_cast<int64_t>(value)); };
  switch (node.op) {
    case ScalarOp::kAdd:
      return result(ua + ub);
    case ScalarOp::kSubtract:
      return result(ua - ub);
    case ScalarOp::kMultiply:
      return result(ua * ub);
    case ScalarOp::kNegate:
      return result(-ua);
    case ScalarOp::kShiftLeft:
      return result(ua << amount);
    case ScalarOp::kShiftRight:
      return a >> amount;
    case ScalarOp::kLess:
      return a < b;
    case ScalarOp::kLessEqual:
      return a <= b;
    case ScalarOp::kEqual:
      return a == b;
    case ScalarOp::kAnd:
      return a & b;
    case ScalarOp::kOr:
      return a | b;
    case ScalarOp::kNot:
      return a ^ 1;
    case ScalarOp::kConvert:
      return wrap(node.type, a);
    case ScalarOp::kCeilLog2:
      return ceil_log2(a);
    case ScalarOp::kConstant:
    case ScalarOp::kArgument:
    case ScalarOp::kSelect:
      break;
  }
  return 0;
}

}  // namespace tandem::isa
