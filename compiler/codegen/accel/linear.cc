#include "compiler/codegen/accel/linear.h"

#include <algorithm>

namespace tandem::codegen {
namespace {

using loop::BinaryOp;

int64_t floor_divide(int64_t a, int64_t b) { return a / b - ((a % b != 0 && (a < 0) != (b < 0)) ? 1 : 0); }

Linear combined(const Linear& a, const Linear& b, int64_t factor) {
  Linear result{a.constant + factor * b.constant, {}};
  result.coefficients.resize(std::max(a.coefficients.size(), b.coefficients.size()), 0);
  for (size_t i = 0; i < result.coefficients.size(); ++i)
    result.coefficients[i] = a.coefficient(i) + factor * b.coefficient(i);
  return result;
}

/// Binary operations of two constants.
std::optional<int64_t> fold(BinaryOp op, int64_t a, int64_t b) {
  switch (op) {
    case BinaryOp::kAdd:
      return a + b;
    case BinaryOp::kSub:
      return a - b;
    case BinaryOp::kMul:
      return a * b;
    case BinaryOp::kDiv:
      return b == 0 ? std::nullopt : std::make_optional(floor_divide(a, b));
    case BinaryOp::kMod:
      return b == 0 ? std::nullopt : std::make_optional(a - b * floor_divide(a, b));
    case BinaryOp::kMin:
      return std::min(a, b);
    case BinaryOp::kMax:
      return std::max(a, b);
    case BinaryOp::kLt:
      return a < b;
    case BinaryOp::kLe:
      return a <= b;
    case BinaryOp::kGt:
      return a > b;
    case BinaryOp::kGe:
      return a >= b;
    case BinaryOp::kEq:
      return a == b;
    case BinaryOp::kNe:
      return a != b;
    case BinaryOp::kAnd:
      return a != 0 && b != 0;
    case BinaryOp::kOr:
      return a != 0 || b != 0;
  }
  return std::nullopt;
}

/// Narrows `box` to form >= 0.
bool restrict_at_least_zero(const Linear& form, Box& box) {
  size_t loop = 0, used = 0;
  for (size_t i = 0; i < form.coefficients.size(); ++i) {
    if (form.coefficients[i] != 0) {
      loop = i;
      ++used;
    }
  }
  if (used > 1) return false;
  if (used == 0) {
    if (form.constant < 0) {
      if (box.high.empty()) {  // no loops: remember emptiness in a loop of its own
        box.low.push_back(0);
        box.high.push_back(0);
      } else {
        box.high[0] = box.low[0];
      }
    }
    return true;
  }
  const int64_t c = form.coefficients[loop];
  if (c > 0) {  // i >= ceil(-constant / c)
    box.low[loop] = std::max(box.low[loop], -floor_divide(form.constant, c));
  } else {  // i <= floor(constant / -c)
    box.high[loop] = std::min(box.high[loop], floor_divide(form.constant, -c) + 1);
  }
  return true;
}

}  // namespace

bool Linear::is_constant() const {
  return std::all_of(coefficients.begin(), coefficients.end(), [](int64_t c) { return c == 0; });
}

bool Box::empty() const {
  for (size_t i = 0; i < low.size(); ++i) {
    if (low[i] >= high[i]) return true;
  }
  return false;
}

bool Environment::add(const loop::Expr& expr, int64_t factor, Linear& sum) const {
  if (const auto* literal = std::get_if<loop::IntLiteral>(&expr->node)) {
    sum.constant += factor * literal->value;
    return true;
  }
  if (const auto* variable = std::get_if<loop::VarUse>(&expr->node)) {
    const auto found = entries_.find(variable->var.get());
    if (found == entries_.end()) return false;
    if (!found->second.is_loop) {
      sum.constant += factor * found->second.value;
      return true;
    }
    const auto loop = static_cast<size_t>(found->second.value);
    if (sum.coefficients.size() <= loop) sum.coefficients.resize(loop + 1, 0);
    sum.coefficients[loop] += factor;
    return true;
  }
  if (const auto* binary = std::get_if<loop::Binary>(&expr->node)) {
    if (binary->op == BinaryOp::kAdd) return add(binary->a, factor, sum) && add(binary->b, factor, sum);
    if (binary->op == BinaryOp::kSub) return add(binary->a, factor, sum) && add(binary->b, -factor, sum);
    if (binary->op == BinaryOp::kMul) {
      if (const auto* literal = std::get_if<loop::IntLiteral>(&binary->b->node))
        return add(binary->a, factor * literal->value, sum);
    }
  }
  const auto whole = linear_of_parts(expr);
  if (!whole) return false;
  sum = combined(sum, *whole, factor);
  return true;
}

std::optional<Linear> Environment::linear(const loop::Expr& expr) const {
  Linear sum;
  return add(expr, 1, sum) ? std::make_optional(std::move(sum)) : std::nullopt;
}

std::optional<Linear> Environment::linear_of_parts(const loop::Expr& expr) const {
  if (const auto* chosen = std::get_if<loop::Select>(&expr->node)) {
    const auto condition = linear(chosen->condition);
    if (!condition || !condition->is_constant()) return std::nullopt;
    return linear(condition->constant != 0 ? chosen->a : chosen->b);
  }
  if (const auto* converted = std::get_if<loop::Cast>(&expr->node)) {
    if (expr->type != loop::Type::kI64) return std::nullopt;
    return linear(converted->value);
  }
  const auto* binary = std::get_if<loop::Binary>(&expr->node);
  if (binary == nullptr) return std::nullopt;
  const auto a = linear(binary->a), b = linear(binary->b);
  if (!a || !b) return std::nullopt;
  if (a->is_constant() && b->is_constant()) {
    const auto value = fold(binary->op, a->constant, b->constant);
    return value ? std::make_optional(Linear{*value, {}}) : std::nullopt;
  }
  if (binary->op == BinaryOp::kMul && b->is_constant()) return combined(Linear{}, *a, b->constant);
  if (binary->op == BinaryOp::kMul && a->is_constant()) return combined(Linear{}, *b, a->constant);
  return std::nullopt;
}

bool restrict_box(const Environment& environment, const loop::Expr& condition, Box& box) {
  const auto* binary = std::get_if<loop::Binary>(&condition->node);
  if (binary != nullptr && binary->op == BinaryOp::kAnd) {
    return restrict_box(environment, binary->a, box) && restrict_box(environment, binary->b, box);
  }
  if (const auto constant = environment.linear(condition); constant && constant->is_constant()) {
    return restrict_at_least_zero(Linear{constant->constant != 0 ? 0 : -1, {}}, box);
  }
  if (binary == nullptr) return false;
  const auto a = environment.linear(binary->a), b = environment.linear(binary->b);
  if (!a || !b) return false;
  const Linear rising = combined(*a, *b, -1), falling = combined(*b, *a, -1);
  const Linear one{1, {}};
  switch (binary->op) {
    case BinaryOp::kGe:
      return restrict_at_least_zero(rising, box);
    case BinaryOp::kGt:
      return restrict_at_least_zero(combined(rising, one, -1), box);
    case BinaryOp::kLe:
      return restrict_at_least_zero(falling, box);
    case BinaryOp::kLt:
      return restrict_at_least_zero(combined(falling, one, -1), box);
    case BinaryOp::kEq:
      return restrict_at_least_zero(rising, box) && restrict_at_least_zero(falling, box);
    default:
      return false;
  }
}

namespace {

void flatten(const loop::Expr& condition, BinaryOp op, std::vector<loop::Expr>& terms) {
  const auto* node = std::get_if<loop::Binary>(&condition->node);
  if (node == nullptr || node->op != op) {
    terms.push_back(condition);
    return;
  }
  flatten(node->a, op, terms);
  flatten(node->b, op, terms);
}

/// Null where the negation is no single bound.
loop::Expr negated(const loop::Expr& condition) {
  const auto* node = std::get_if<loop::Binary>(&condition->node);
  if (node == nullptr) return nullptr;
  switch (node->op) {
    case BinaryOp::kLt:
      return loop::binary(BinaryOp::kGe, node->a, node->b);
    case BinaryOp::kLe:
      return loop::binary(BinaryOp::kGt, node->a, node->b);
    case BinaryOp::kGt:
      return loop::binary(BinaryOp::kLe, node->a, node->b);
    case BinaryOp::kGe:
      return loop::binary(BinaryOp::kLt, node->a, node->b);
    default:
      return nullptr;
  }
}

}  // namespace

std::optional<std::vector<Box>> boxes_of(const Environment& environment, const std::vector<loop::Expr>& conditions,
                                         const Box& all) {
  std::vector<Box> boxes = {all};
  for (const loop::Expr& condition : conditions) {
    std::vector<loop::Expr> terms;
    flatten(condition, BinaryOp::kOr, terms);
    std::vector<Box> narrowed;
    for (Box box : boxes) {
      // Where the first term holds; where it does not and the second one does; ...
      for (size_t i = 0; i < terms.size() && !box.empty(); ++i) {
        Box part = box;
        if (!restrict_box(environment, terms[i], part)) return std::nullopt;
        if (!part.empty()) narrowed.push_back(std::move(part));
        if (i + 1 == terms.size()) break;
        const loop::Expr otherwise = negated(terms[i]);
        if (!otherwise || !restrict_box(environment, otherwise, box)) return std::nullopt;
      }
    }
    boxes = std::move(narrowed);
  }
  boxes.erase(std::remove_if(boxes.begin(), boxes.end(), [](const Box& box) { return box.empty(); }), boxes.end());
  return boxes;
}

}  // namespace tandem::codegen
