#include "compiler/loop/affine.h"

#include <algorithm>
#include <cstdlib>

#include "compiler/loop/scalar_arithmetic.h"

namespace tandem::loop {
namespace {

void add_scaled(Affine& sum, const Affine& term, int64_t factor) {
  sum.constant += term.constant * factor;
  for (const auto& [var, coefficient] : term.coefficients) {
    int64_t& total = sum.coefficients[var];
    total += coefficient * factor;
    if (total == 0) sum.coefficients.erase(var);
  }
}

/// Adds `factor` times the expression; false where that is not affine, and the sum is of no use then.
bool add_to(Affine& sum, const Expr& expr, int64_t factor) {
  if (const auto* literal = std::get_if<IntLiteral>(&expr->node)) {
    sum.constant += literal->value * factor;
    return true;
  }
  if (const auto* var = std::get_if<VarUse>(&expr->node)) {
    if (factor == 0) return true;
    const auto found = sum.coefficients.emplace(var->var, 0).first;
    if ((found->second += factor) == 0) sum.coefficients.erase(found);
    return true;
  }
  const auto* node = std::get_if<Binary>(&expr->node);
  if (!node) return false;
  if (node->op == BinaryOp::kAdd) return add_to(sum, node->a, factor) && add_to(sum, node->b, factor);
  if (node->op == BinaryOp::kSub) return add_to(sum, node->a, factor) && add_to(sum, node->b, -factor);
  if (node->op != BinaryOp::kMul) return false;
  for (const auto& [constant, other] : {std::pair(&node->b, &node->a), std::pair(&node->a, &node->b)}) {
    if (const auto* literal = std::get_if<IntLiteral>(&(*constant)->node)) {
      return add_to(sum, *other, factor * literal->value);
    }
  }
  auto a = as_affine(node->a), b = as_affine(node->b);
  if (!a || !b) return false;
  if (!b->coefficients.empty()) std::swap(a, b);
  if (!b->coefficients.empty()) return false;
  add_scaled(sum, *a, b->constant * factor);
  return true;
}

Interval hull(std::initializer_list<int64_t> values) { return {std::min(values), std::max(values)}; }

std::optional<Interval> range_of_binary(BinaryOp op, const Interval& a, const Interval& b) {
  switch (op) {
    case BinaryOp::kAdd:
      return Interval{a.low + b.low, a.high + b.high};
    case BinaryOp::kSub:
      return Interval{a.low - b.high, a.high - b.low};
    case BinaryOp::kMul:
      return hull({a.low * b.low, a.low * b.high, a.high * b.low, a.high * b.high});
    case BinaryOp::kMin:
      return Interval{std::min(a.low, b.low), std::min(a.high, b.high)};
    case BinaryOp::kMax:
      return Interval{std::max(a.low, b.low), std::max(a.high, b.high)};
    case BinaryOp::kDiv:
      if (b.low != b.high || b.low <= 0) return std::nullopt;
      return Interval{floor_div(a.low, b.low), floor_div(a.high, b.low)};
    case BinaryOp::kMod:
      if (b.low != b.high || b.low <= 0) return std::nullopt;
      if (floor_div(a.low, b.low) == floor_div(a.high, b.low)) {
        return Interval{floor_mod(a.low, b.low), floor_mod(a.high, b.low)};
      }
      return Interval{0, b.low - 1};
    default:
      return std::nullopt;
  }
}

/// The truth of `op` for all values of the intervals, where it is the same for all.
std::optional<bool> decide(BinaryOp op, const Interval& a, const Interval& b) {
  switch (op) {
    case BinaryOp::kLt:
      if (a.high < b.low) return true;
      if (a.low >= b.high) return false;
      return std::nullopt;
    case BinaryOp::kLe:
      if (a.high <= b.low) return true;
      if (a.low > b.high) return false;
      return std::nullopt;
    case BinaryOp::kGt:
      return decide(BinaryOp::kLt, b, a);
    case BinaryOp::kGe:
      return decide(BinaryOp::kLe, b, a);
    case BinaryOp::kEq:
      if (a.low == a.high && a == b) return true;
      if (a.high < b.low || b.high < a.low) return false;
      return std::nullopt;
    case BinaryOp::kNe:
      if (const auto same = decide(BinaryOp::kEq, a, b)) return !*same;
      return std::nullopt;
    default:
      return std::nullopt;
  }
}

class Simplifier : public Rewriter {
 public:
  explicit Simplifier(Ranges ranges) : ranges_(std::move(ranges)) {}

  Stmt run(const Stmt& stmt) {
    if (const auto* loop = std::get_if<For>(&stmt->node)) {
      if (loop->extent == 0) return nullptr;
      ranges_[loop->var] = {0, loop->extent - 1};
      Stmt body = run(loop->body);
      ranges_.erase(loop->var);
      if (!body) return nullptr;
      return body == loop->body ? stmt : located(for_loop(loop->var, loop->extent, body, loop->kind), stmt->where);
    }
    if (const auto* node = std::get_if<Alloc>(&stmt->node)) {
      Stmt body = run(node->body);
      if (!body) return nullptr;
      return body == node->body ? stmt : located(alloc(node->buffer, body), stmt->where);
    }
    if (const auto* node = std::get_if<If>(&stmt->node)) {
      Expr condition = rewrite(node->condition);
      const auto* known = std::get_if<IntLiteral>(&condition->node);
      if (known && !known->value) return nullptr;
      Stmt body = run(node->body);
      if (!body || known) return body;
      return condition == node->condition && body == node->body ? stmt : located(if_then(condition, body), stmt->where);
    }
    if (const auto* node = std::get_if<Block>(&stmt->node)) {
      std::vector<Stmt> statements;
      bool same = true;
      for (const Stmt& statement : node->statements) {
        Stmt rewritten = run(statement);
        same &= rewritten == statement;
        if (rewritten) statements.push_back(rewritten);
      }
      if (same) return stmt;
      return statements.empty() ? nullptr : block(std::move(statements));
    }
    if (const auto* node = std::get_if<Intrinsic>(&stmt->node)) {
      std::vector<Operand> operands = node->operands;
      bool same = true;
      for (Operand& operand : operands) {
        for (Expr& index : operand.indices) {
          Expr rewritten = rewrite(index);
          same &= rewritten == index;
          index = std::move(rewritten);
        }
      }
      Stmt meaning = run(node->meaning);
      if (!meaning) meaning = block({});
      if (same && meaning == node->meaning) return stmt;
      return located(intrinsic(node->name, std::move(operands), node->scalars, meaning), stmt->where);
    }
    return rewrite(stmt);
  }

 protected:
  Expr on_expr(const Expr& expr) override {
    const auto* node = std::get_if<Binary>(&expr->node);
    if (!node || node->a->type != Type::kI64) return expr;
    if (expr->type == Type::kBool) return on_condition(expr, *node);
    if (node->op == BinaryOp::kDiv || node->op == BinaryOp::kMod) return on_division(expr, *node);
    const auto affine = as_affine(expr);
    if (!affine) return expr;
    Expr ordered = to_expr(*affine);
    return equal(ordered, expr) ? expr : ordered;
  }

 private:
  Expr on_condition(const Expr& expr, const Binary& node) {
    const auto a = range_of(node.a, ranges_), b = range_of(node.b, ranges_);
    if (!a || !b) return expr;
    const auto known = decide(node.op, *a, *b);
    return known ? integer(*known, Type::kBool) : expr;
  }

  /// Splits the dividend into multiples of the divisor and a rest; where the rest lies in [0, divisor) it decides
  /// alone.
  Expr on_division(const Expr& expr, const Binary& node) {
    const auto* divisor = std::get_if<IntLiteral>(&node.b->node);
    const auto affine = as_affine(node.a);
    if (!divisor || divisor->value <= 0 || !affine) return expr;
    const int64_t d = divisor->value;
    Affine quotient, rest;
    for (const auto& [var, coefficient] : affine->coefficients) {
      if (coefficient % d == 0) {
        quotient.coefficients[var] = coefficient / d;
      } else {
        rest.coefficients[var] = coefficient;
      }
    }
    quotient.constant = floor_div(affine->constant, d);
    rest.constant = floor_mod(affine->constant, d);
    const auto range = range_of(rest, ranges_);
    if (range && floor_div(range->low, d) == floor_div(range->high, d)) {
      const int64_t turns = floor_div(range->low, d);
      quotient.constant += turns;
      rest.constant -= turns * d;
      return to_expr(node.op == BinaryOp::kDiv ? quotient : rest);
    }
    Expr remaining = binary(node.op, to_expr(rest), node.b);
    if (node.op == BinaryOp::kMod) return equal(remaining, expr) ? expr : remaining;
    Expr sum = to_expr(quotient) + remaining;
    return equal(sum, expr) || (quotient.constant == 0 && quotient.coefficients.empty() && equal(remaining, expr))
               ? expr
               : (quotient.constant == 0 && quotient.coefficients.empty() ? remaining : sum);
  }

  Ranges ranges_;
};

}  // namespace

std::optional<Affine> as_affine(const Expr& expr) {
  Affine result;
  if (expr->type != Type::kI64 || !add_to(result, expr, 1)) return std::nullopt;
  return result;
}

Expr to_expr(const Affine& affine) {
  std::vector<std::pair<VarRef, int64_t>> terms(affine.coefficients.begin(), affine.coefficients.end());
  // Names, not addresses: the same text in every run. The strides of an index fall from left to right.
  std::sort(terms.begin(), terms.end(), [](const auto& a, const auto& b) {
    const int64_t x = std::abs(a.second), y = std::abs(b.second);
    return x != y ? x > y : a.first->name < b.first->name;
  });
  // A negative term never comes first where a positive one exists.
  std::stable_partition(terms.begin(), terms.end(), [](const auto& term) { return term.second > 0; });
  const bool negative = !terms.empty() && terms.front().second < 0;
  Expr sum = negative ? integer(affine.constant) : nullptr;
  for (const auto& [var, coefficient] : terms) {
    if (sum && coefficient < 0) {
      sum = sum - use(var) * -coefficient;
    } else {
      Expr term = use(var) * coefficient;
      sum = sum ? sum + term : term;
    }
  }
  if (!sum) return integer(affine.constant);
  if (negative) return sum;
  return affine.constant < 0 ? sum - (-affine.constant) : sum + affine.constant;
}

std::optional<Interval> range_of(const Affine& affine, const Ranges& ranges) {
  Interval result{affine.constant, affine.constant};
  for (const auto& [var, coefficient] : affine.coefficients) {
    const auto found = ranges.find(var);
    if (found == ranges.end()) return std::nullopt;
    const int64_t low = coefficient * found->second.low, high = coefficient * found->second.high;
    result.low += std::min(low, high);
    result.high += std::max(low, high);
  }
  return result;
}

std::optional<Interval> range_of(const Expr& expr, const Ranges& ranges) {
  if (expr->type != Type::kI64) return std::nullopt;
  if (const auto affine = as_affine(expr)) return range_of(*affine, ranges);
  if (const auto* node = std::get_if<Binary>(&expr->node)) {
    const auto a = range_of(node->a, ranges), b = range_of(node->b, ranges);
    if (!a || !b) return std::nullopt;
    return range_of_binary(node->op, *a, *b);
  }
  if (const auto* node = std::get_if<Select>(&expr->node)) {
    const auto a = range_of(node->a, ranges), b = range_of(node->b, ranges);
    if (!a || !b) return std::nullopt;
    return Interval{std::min(a->low, b->low), std::max(a->high, b->high)};
  }
  return std::nullopt;
}

Expr simplify(const Expr& expr, const Ranges& ranges) { return Simplifier(ranges).rewrite(expr); }

Stmt simplify(const Stmt& stmt, const Ranges& outer) {
  Stmt result = Simplifier(outer).run(stmt);
  return result ? result : block({});
}

}  // namespace tandem::loop
