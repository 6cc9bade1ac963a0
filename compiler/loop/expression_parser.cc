#include "compiler/loop/expression_parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <optional>

#include "compiler/loop/builtin.h"

namespace tandem::loop {
namespace {

struct InfixOperator {
  const char* symbol;
  BinaryOp op;
  int precedence;
};
constexpr InfixOperator kInfix[] = {{"||", BinaryOp::kOr, 1}, {"&&", BinaryOp::kAnd, 2}, {"<", BinaryOp::kLt, 3},
                                    {"<=", BinaryOp::kLe, 3}, {">", BinaryOp::kGt, 3},   {">=", BinaryOp::kGe, 3},
                                    {"==", BinaryOp::kEq, 3}, {"!=", BinaryOp::kNe, 3},  {"+", BinaryOp::kAdd, 4},
                                    {"-", BinaryOp::kSub, 4}, {"*", BinaryOp::kMul, 5},  {"/", BinaryOp::kDiv, 5},
                                    {"%", BinaryOp::kMod, 5}};

const std::map<std::string, Type>& types() {
  static const std::map<std::string, Type> table = {
      {"bool", Type::kBool}, {"i8", Type::kI8}, {"i32", Type::kI32}, {"i64", Type::kI64}, {"f32", Type::kF32}};
  return table;
}

bool fits(Type type, int64_t value) {
  switch (type) {
    case Type::kBool:
      return false;
    case Type::kI8:
      return value >= -128 && value <= 127;
    case Type::kI32:
      return value >= INT32_MIN && value <= INT32_MAX;
    default:
      return true;
  }
}

}  // namespace

bool ExpressionParser::accept(const std::string& symbol) {
  if (!next_is(symbol)) return false;
  take();
  return true;
}

Diagnostic ExpressionParser::unexpected(const std::string& wanted) const {
  const std::string found = peek().kind == TokenKind::kEnd ? "the end of the text" : "'" + peek().text + "'";
  return Diagnostic{peek().where, fmt::format("expected {}, found {}", wanted, found), {}, ""};
}

Result<void> ExpressionParser::expect(const std::string& symbol) {
  if (!accept(symbol)) return unexpected("'" + symbol + "'");
  return {};
}

Diagnostic ExpressionParser::unknown(const Token& token, const std::string& kind, bool variables, bool buffers) const {
  std::vector<std::string> names;
  if (variables) {
    for (const auto& [name, var] : vars_) names.push_back(name);
    for (const auto& [name, value] : constants_) names.push_back(name);
  }
  if (buffers) {
    for (const auto& [name, buffer] : buffers_) names.push_back(name);
  }
  return unknown_name(token.where, kind, token.text, std::move(names));
}

Result<Type> ExpressionParser::type() {
  if (peek().kind != TokenKind::kWord) return unexpected("a type");
  const Token word = take();
  const auto found = types().find(word.text);
  if (found == types().end()) return unknown_name(word.where, "type", word.text, {"bool", "i8", "i32", "i64", "f32"});
  return found->second;
}

Result<Expr> ExpressionParser::coerce(const Value& value, Type type) {
  if (value.expr->type == type) return value.expr;
  if (value.flexible) {
    if (const auto* node = std::get_if<IntLiteral>(&value.expr->node)) {
      if (fits(type, node->value)) return cast(type, value.expr);
      return Diagnostic{value.where, fmt::format("{} is no value of type {}", node->value, name(type)), {}, ""};
    }
  }
  const bool from_float = value.expr->type == Type::kF32 || type == Type::kBool;
  return Diagnostic{
      value.where,
      fmt::format("a value of type {} is needed here, this one is {}", name(type), name(value.expr->type)),
      {},
      from_float ? "" : fmt::format("cast it: {}(...)", name(type))};
}

Result<Expr> ExpressionParser::typed_expression(Type type) {
  TANDEM_ASSIGN(const Value value, conditional());
  return coerce(value, type);
}

Result<Expr> ExpressionParser::expression() {
  TANDEM_ASSIGN(const Value value, conditional());
  return value.expr;
}

Result<int64_t> ExpressionParser::constant(const std::string& what) {
  // Loop variables are no constants: an expression over them does not fold to a literal.
  TANDEM_ASSIGN(const Value value, parse(4));
  const auto* node = std::get_if<IntLiteral>(&value.expr->node);
  if (!node || value.expr->type != Type::kI64) {
    return Diagnostic{value.where, fmt::format("{} must be a constant integer", what), {}, ""};
  }
  return node->value;
}

Result<std::vector<Expr>> ExpressionParser::indices(const BufferRef& buffer) {
  const SourceLocation where = peek().where;
  TANDEM_TRY(expect("["));
  std::vector<Expr> list;
  while (!next_is("]")) {
    if (!list.empty()) TANDEM_TRY(expect(","));
    TANDEM_ASSIGN(Expr index, typed_expression(Type::kI64));
    list.push_back(std::move(index));
  }
  TANDEM_TRY(expect("]"));
  if (list.size() != buffer->shape.size()) {
    return Diagnostic{
        where,
        fmt::format("'{}' has {} axes, but {} indices are given", buffer->name, buffer->shape.size(), list.size()),
        {},
        fmt::format("its shape is {}", to_string(buffer->shape))};
  }
  return list;
}

Result<void> ExpressionParser::unify(const Token& place, const std::string& what, Value& a, Value& b) {
  if (a.expr->type == b.expr->type) return {};
  if (a.flexible && !b.flexible) {
    TANDEM_ASSIGN(a.expr, coerce(a, b.expr->type));
    return {};
  }
  if (b.flexible) {
    TANDEM_ASSIGN(b.expr, coerce(b, a.expr->type));
    return {};
  }
  return Diagnostic{place.where,
                    fmt::format("{} has operands of types {} and {}", what, name(a.expr->type), name(b.expr->type)),
                    {},
                    "cast one of them: there are no implicit conversions"};
}

Result<ExpressionParser::Value> ExpressionParser::combine(BinaryOp op, const Token& symbol, Value a, Value b) {
  TANDEM_TRY(unify(symbol, "'" + symbol.text + "'", a, b));
  const bool logical = op == BinaryOp::kAnd || op == BinaryOp::kOr;
  const bool condition = a.expr->type == Type::kBool;
  if (logical != condition) {
    return Diagnostic{symbol.where, fmt::format("'{}' is not defined for {}", symbol.text, name(a.expr->type)), {}, ""};
  }
  const bool flexible = a.flexible && b.flexible && op < BinaryOp::kLt;
  return Value{binary(op, a.expr, b.expr), flexible, a.where};
}

Result<ExpressionParser::Value> ExpressionParser::conditional() {
  TANDEM_ASSIGN(Value condition, parse(1));
  const Token symbol = peek();
  if (!accept("?")) return condition;
  TANDEM_ASSIGN(Expr chooses, coerce(condition, Type::kBool));
  TANDEM_ASSIGN(Value a, conditional());
  TANDEM_TRY(expect(":"));
  TANDEM_ASSIGN(Value b, conditional());
  TANDEM_TRY(unify(symbol, "'?'", a, b));
  return Value{select(std::move(chooses), a.expr, b.expr), false, condition.where};
}

Result<ExpressionParser::Value> ExpressionParser::parse(int precedence) {
  TANDEM_ASSIGN(Value left, unary());
  while (true) {
    const auto* found = std::find_if(std::begin(kInfix), std::end(kInfix),
                                     [&](const InfixOperator& infix) { return next_is(infix.symbol); });
    if (found == std::end(kInfix) || found->precedence < precedence) return left;
    const Token symbol = take();
    TANDEM_ASSIGN(Value right, parse(found->precedence + 1));
    TANDEM_ASSIGN(left, combine(found->op, symbol, std::move(left), std::move(right)));
  }
}

Result<ExpressionParser::Value> ExpressionParser::unary() {
  const Token first = peek();
  if (!accept("-")) return primary();
  TANDEM_ASSIGN(Value value, unary());
  if (const auto* node = std::get_if<IntLiteral>(&value.expr->node)) {
    return Value{integer(static_cast<int64_t>(0 - static_cast<uint64_t>(node->value)), value.expr->type),
                 value.flexible, first.where};
  }
  if (const auto* node = std::get_if<FloatLiteral>(&value.expr->node)) {
    return Value{floating(-node->value), value.flexible, first.where};
  }
  if (value.expr->type == Type::kBool || value.expr->type == Type::kF32) {
    return Diagnostic{first.where, fmt::format("'-' is not defined for {}", name(value.expr->type)), {}, ""};
  }
  return Value{binary(BinaryOp::kSub, integer(0, value.expr->type), value.expr), false, first.where};
}

Result<ExpressionParser::Value> ExpressionParser::primary() {
  const Token token = peek();
  if (accept("(")) {
    TANDEM_ASSIGN(Value value, conditional());
    TANDEM_TRY(expect(")"));
    return value;
  }
  if (token.kind == TokenKind::kInteger) {
    take();
    errno = 0;
    // Through unsigned, so that -9223372036854775808 can be written.
    const uint64_t value = std::strtoull(token.text.c_str(), nullptr, 10);
    if (errno != 0 || value > uint64_t{1} << 63)
      return Diagnostic{token.where, token.text + " does not fit in i64", {}, ""};
    return Value{integer(static_cast<int64_t>(value)), true, token.where};
  }
  if (token.kind == TokenKind::kFloat) {
    take();
    return Value{floating(std::strtod(token.text.c_str(), nullptr)), true, token.where};
  }
  if (token.kind != TokenKind::kWord) return unexpected("an expression");
  take();
  if (token.text == "true" || token.text == "false") {
    return Value{integer(token.text == "true", Type::kBool), false, token.where};
  }
  if (next_is("(")) return call_of(token);
  if (next_is("[")) {
    const auto found = buffers_.find(token.text);
    if (found == buffers_.end()) return unknown(token, "buffer", false, true);
    TANDEM_ASSIGN(std::vector<Expr> list, indices(found->second));
    return Value{load(found->second, std::move(list)), false, token.where};
  }
  if (const auto found = vars_.find(token.text); found != vars_.end())
    return Value{use(found->second), false, token.where};
  if (const auto found = constants_.find(token.text); found != constants_.end()) {
    return Value{integer(found->second), true, token.where};
  }
  if (buffers_.count(token.text)) {
    return Diagnostic{token.where, fmt::format("'{}' is a buffer and needs indices", token.text), {}, ""};
  }
  return unknown(token, "variable", true, false);
}

Result<std::vector<ExpressionParser::Value>> ExpressionParser::arguments(const Token& name, size_t count) {
  TANDEM_TRY(expect("("));
  std::vector<Value> list;
  while (!next_is(")")) {
    if (!list.empty()) TANDEM_TRY(expect(","));
    TANDEM_ASSIGN(Value value, conditional());
    list.push_back(std::move(value));
  }
  TANDEM_TRY(expect(")"));
  if (list.size() != count) {
    return Diagnostic{
        name.where, fmt::format("'{}' takes {} arguments, {} are given", name.text, count, list.size()), {}, ""};
  }
  return list;
}

Result<ExpressionParser::Value> ExpressionParser::call_of(const Token& token) {
  if (const auto found = types().find(token.text); found != types().end()) return cast_to(found->second, token);
  if (token.text == "min" || token.text == "max") {
    TANDEM_ASSIGN(std::vector<Value> list, arguments(token, 2));
    return combine(token.text == "min" ? BinaryOp::kMin : BinaryOp::kMax, token, list[0], list[1]);
  }
  if (token.text == "select") {
    TANDEM_ASSIGN(std::vector<Value> list, arguments(token, 3));
    TANDEM_ASSIGN(Expr condition, coerce(list[0], Type::kBool));
    TANDEM_TRY(unify(token, "'select'", list[1], list[2]));
    return Value{select(std::move(condition), list[1].expr, list[2].expr), false, token.where};
  }
  const isa::Builtin* builtin = isa::find_builtin(token.text);
  if (!builtin) {
    std::vector<std::string> names = {"min", "max", "select", "bool", "i8", "i32", "i64", "f32"};
    for (const isa::Builtin& known : isa::builtins()) {
      if (known.name != "min" && known.name != "max") names.push_back(known.name);
    }
    return unknown_name(token.where, "function", token.text, std::move(names));
  }
  const isa::ScalarFunction& function = builtin->function;
  TANDEM_ASSIGN(std::vector<Value> list, arguments(token, function.arguments.size()));
  std::vector<Expr> values;
  for (size_t i = 0; i < list.size(); ++i) {
    TANDEM_ASSIGN(Expr value, coerce(list[i], type_of(function.arguments[i].type)));
    values.push_back(std::move(value));
  }
  return Value{call(token.text, type_of(function.result), std::move(values)), false, token.where};
}

Result<ExpressionParser::Value> ExpressionParser::cast_to(Type type, const Token& place) {
  TANDEM_ASSIGN(std::vector<Value> list, arguments(place, 1));
  const Expr& value = list[0].expr;
  if (value->type == Type::kF32 && type != Type::kF32) {
    return Diagnostic{place.where, fmt::format("a cast from f32 to {} is not defined", name(type)), {}, ""};
  }
  if (list[0].flexible) {
    TANDEM_ASSIGN(Expr literal, coerce(list[0], type));
    return Value{std::move(literal), false, place.where};
  }
  return Value{cast(type, value), false, place.where};
}

}  // namespace tandem::loop
