// Building, folding, comparing and walking expressions.
#include <cmath>

#include "compiler/loop/builtin.h"
#include "compiler/loop/ir.h"
#include "compiler/loop/scalar_arithmetic.h"
#include "support/check.h"

namespace tandem::loop {
namespace {

template <typename Node>
Expr make(Type type, Node node) {
  return std::make_shared<const ExprNode>(ExprNode{type, std::move(node)});
}

const int64_t* literal(const Expr& expr) {
  const auto* node = std::get_if<IntLiteral>(&expr->node);
  return node ? &node->value : nullptr;
}

bool is_commutative(BinaryOp op) { return op == BinaryOp::kAdd || op == BinaryOp::kMul; }

/// x + 0, x * 1 and their like; null where nothing folds. Floats are left alone: x + 0.0 is not x for -0.0.
Expr fold_neutral(BinaryOp op, const Expr& a, const Expr& b) {
  const int64_t* right = literal(b);
  if (a->type == Type::kBool) {
    const int64_t* left = literal(a);
    if (op == BinaryOp::kAnd && left) return *left ? b : a;
    if (op == BinaryOp::kAnd && right) return *right ? a : b;
    if (op == BinaryOp::kOr && left) return *left ? a : b;
    if (op == BinaryOp::kOr && right) return *right ? b : a;
    return nullptr;
  }
  if (!right || a->type == Type::kF32) return nullptr;
  if ((op == BinaryOp::kAdd || op == BinaryOp::kSub) && *right == 0) return a;
  if ((op == BinaryOp::kMul || op == BinaryOp::kDiv) && *right == 1) return a;
  if (op == BinaryOp::kMul && *right == 0) return b;
  if (op == BinaryOp::kMod && *right == 1) return integer(0, a->type);
  // (x + c) + d: constants gather at the end of a sum.
  const auto* inner = std::get_if<Binary>(&a->node);
  if (inner && a->type == Type::kI64 && (op == BinaryOp::kAdd || op == BinaryOp::kSub)) {
    const int64_t* constant = literal(inner->b);
    if (constant && inner->op == BinaryOp::kAdd) {
      return binary(BinaryOp::kAdd, inner->a, integer(op == BinaryOp::kAdd ? *constant + *right : *constant - *right));
    }
  }
  return nullptr;
}

bool is_condition(BinaryOp op) { return op >= BinaryOp::kLt; }

}  // namespace

const char* name(Type type) {
  switch (type) {
    case Type::kBool:
      return "bool";
    case Type::kI8:
      return "i8";
    case Type::kI32:
      return "i32";
    case Type::kI64:
      return "i64";
    case Type::kF32:
      return "f32";
  }
  return "?";
}

Expr integer(int64_t value, Type type) {
  TANDEM_CHECK(type != Type::kF32, "an integer literal of type f32");
  return make(type, IntLiteral{wrap(type, value)});
}

Expr floating(double value) { return make(Type::kF32, FloatLiteral{static_cast<float>(value)}); }

Expr use(const VarRef& var) { return make(var->type, VarUse{var}); }

Expr load(const BufferRef& buffer, std::vector<Expr> indices) {
  TANDEM_CHECK(indices.size() == buffer->shape.size(), "load of '" + buffer->name + "' with a wrong number of indices");
  for (const Expr& index : indices) {
    TANDEM_CHECK(index->type == Type::kI64, "an index of '" + buffer->name + "' is no i64");
  }
  return make(buffer->type, Load{buffer, std::move(indices)});
}

Expr binary(BinaryOp op, Expr a, Expr b) {
  TANDEM_CHECK(a->type == b->type, std::string("operands of types ") + name(a->type) + " and " + name(b->type));
  const Type type = is_condition(op) ? Type::kBool : a->type;
  const int64_t* x = literal(a);
  const int64_t* y = literal(b);
  if (x && y && !((op == BinaryOp::kDiv || op == BinaryOp::kMod) && *y == 0)) {
    return integer(evaluate(op, a->type, *x, *y), type);
  }
  if (x && a->type != Type::kBool && is_commutative(op)) std::swap(a, b);
  if (Expr folded = fold_neutral(op, a, b)) return folded;
  return make(type, Binary{op, std::move(a), std::move(b)});
}

Expr cast(Type type, Expr value) {
  if (value->type == type) return value;
  if (const int64_t* constant = literal(value)) {
    return type == Type::kF32 ? floating(static_cast<double>(*constant)) : integer(*constant, type);
  }
  TANDEM_CHECK(value->type != Type::kF32, "a cast from f32");
  return make(type, Cast{std::move(value)});
}

Expr select(Expr condition, Expr a, Expr b) {
  TANDEM_CHECK(condition->type == Type::kBool, "a select without a condition");
  TANDEM_CHECK(a->type == b->type, "the sides of a select differ in type");
  if (const int64_t* known = literal(condition)) return *known ? a : b;
  const Type type = a->type;
  return make(type, Select{std::move(condition), std::move(a), std::move(b)});
}

Expr call(const std::string& builtin, Type type, std::vector<Expr> arguments) {
  const std::pair<const char*, BinaryOp> operators[] = {{"add", BinaryOp::kAdd},
                                                        {"sub", BinaryOp::kSub},
                                                        {"mul", BinaryOp::kMul},
                                                        {"min", BinaryOp::kMin},
                                                        {"max", BinaryOp::kMax}};
  for (const auto& [text, op] : operators) {
    if (builtin == text && arguments.size() == 2) return binary(op, arguments[0], arguments[1]);
  }
  const isa::Builtin* info = isa::find_builtin(builtin);
  TANDEM_CHECK(info, "no built-in '" + builtin + "'");
  const isa::ScalarFunction& function = info->function;
  TANDEM_CHECK(type_of(function.result) == type && function.arguments.size() == arguments.size(),
               "a wrong call of '" + builtin + "'");
  for (size_t i = 0; i < arguments.size(); ++i) {
    TANDEM_CHECK(arguments[i]->type == type_of(function.arguments[i].type),
                 "an argument of a wrong type for '" + builtin + "'");
  }
  return make(type, Call{builtin, std::move(arguments)});
}

Expr operator+(const Expr& a, const Expr& b) { return binary(BinaryOp::kAdd, a, b); }
Expr operator-(const Expr& a, const Expr& b) { return binary(BinaryOp::kSub, a, b); }
Expr operator*(const Expr& a, const Expr& b) { return binary(BinaryOp::kMul, a, b); }
Expr operator+(const Expr& a, int64_t b) { return a + integer(b, a->type); }
Expr operator-(const Expr& a, int64_t b) { return a - integer(b, a->type); }
Expr operator*(const Expr& a, int64_t b) { return a * integer(b, a->type); }

Expr Rewriter::rewrite(const Expr& expr) {
  struct Children {
    Rewriter& self;
    const Expr& expr;
    Expr operator()(const IntLiteral&) const { return expr; }
    Expr operator()(const FloatLiteral&) const { return expr; }
    Expr operator()(const VarUse&) const { return expr; }
    Expr operator()(const Load& node) const {
      std::vector<Expr> indices = node.indices;
      return all(indices) ? load(node.buffer, std::move(indices)) : expr;
    }
    Expr operator()(const Binary& node) const {
      Expr a = self.rewrite(node.a), b = self.rewrite(node.b);
      return a == node.a && b == node.b ? expr : binary(node.op, std::move(a), std::move(b));
    }
    Expr operator()(const Cast& node) const {
      Expr value = self.rewrite(node.value);
      return value == node.value ? expr : cast(expr->type, std::move(value));
    }
    Expr operator()(const Select& node) const {
      Expr condition = self.rewrite(node.condition), a = self.rewrite(node.a), b = self.rewrite(node.b);
      if (condition == node.condition && a == node.a && b == node.b) return expr;
      return select(std::move(condition), std::move(a), std::move(b));
    }
    Expr operator()(const Call& node) const {
      std::vector<Expr> arguments = node.arguments;
      return all(arguments) ? call(node.builtin, expr->type, std::move(arguments)) : expr;
    }
    bool all(std::vector<Expr>& list) const {
      bool changed = false;
      for (Expr& item : list) {
        Expr rewritten = self.rewrite(item);
        changed |= rewritten != item;
        item = std::move(rewritten);
      }
      return changed;
    }
  };
  return on_expr(std::visit(Children{*this, expr}, expr->node));
}

}  // namespace tandem::loop
