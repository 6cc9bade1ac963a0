#include "compiler/schedule/value_range.h"

#include <algorithm>
#include <cstdlib>
#include <limits>

namespace tandem::schedule {

using loop::Interval;
using loop::Type;

Interval range_of_type(Type type) {
  if (type == Type::kBool) return {0, 1};
  if (type == Type::kI8) return {-128, 127};
  if (type == Type::kI32) return {std::numeric_limits<int32_t>::min(), std::numeric_limits<int32_t>::max()};
  return {std::numeric_limits<int64_t>::min() / 2, std::numeric_limits<int64_t>::max() / 2};
}

bool lies_in(const Interval& part, const Interval& whole) { return part.low >= whole.low && part.high <= whole.high; }

namespace {

/// The loops whose iteration the element tells: those of an affine index whose coefficients, in rising order, each
/// exceed what all smaller ones reach.
std::set<VarRef> told_by(const std::vector<Expr>& indices, const loop::Ranges& ranges) {
  std::set<VarRef> told;
  for (const Expr& index : indices) {
    const auto affine = loop::as_affine(index);
    if (!affine) continue;
    std::vector<std::pair<int64_t, VarRef>> terms;
    for (const auto& [var, coefficient] : affine->coefficients) terms.emplace_back(std::abs(coefficient), var);
    std::sort(terms.begin(), terms.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    int64_t reach = 0;
    bool distinct = true;
    for (const auto& [coefficient, var] : terms) {
      const auto range = ranges.find(var);
      distinct = distinct && range != ranges.end() && coefficient > reach;
      if (!distinct) break;
      reach += coefficient * (range->second.high - range->second.low);
    }
    for (const auto& [coefficient, var] : terms) {
      if (distinct) told.insert(var);
    }
  }
  return told;
}

class ValueRange {
 public:
  explicit ValueRange(const Schedule& schedule) : schedule_(schedule) {}

  /// A range that holds whatever the inputs are, within what is assumed of them.
  Interval of(const Expr& expr) const {
    const Interval any = range_of_type(expr->type);
    const auto bounded = [&](const Interval& range) { return lies_in(range, any) ? range : any; };
    if (const auto* node = std::get_if<loop::IntLiteral>(&expr->node)) return {node->value, node->value};
    if (const auto* node = std::get_if<loop::Cast>(&expr->node)) return bounded(of(node->value));
    if (const auto* node = std::get_if<loop::Load>(&expr->node)) return of(*node->buffer);
    if (const auto* node = std::get_if<loop::Select>(&expr->node)) {
      const Interval a = of(node->a), b = of(node->b);
      return {std::min(a.low, b.low), std::max(a.high, b.high)};
    }
    const auto* node = std::get_if<loop::Binary>(&expr->node);
    if (!node || node->a->type == Type::kI64 || expr->type == Type::kBool) return any;
    const Interval a = of(node->a), b = of(node->b);
    if (node->op == loop::BinaryOp::kAdd) return bounded({a.low + b.low, a.high + b.high});
    if (node->op == loop::BinaryOp::kSub) return bounded({a.low - b.high, a.high - b.low});
    if (node->op != loop::BinaryOp::kMul) return any;
    const auto [low, high] = std::minmax({a.low * b.low, a.low * b.high, a.high * b.low, a.high * b.high});
    return bounded({low, high});
  }

 private:
  Interval of(const loop::Buffer& buffer) const {
    const Interval any = range_of_type(buffer.type);
    const auto assumed = schedule_.assumed.find(buffer.name);
    if (assumed != schedule_.assumed.end()) return {assumed->second.first, assumed->second.second};
    if (find_param(schedule_.kernel, buffer.name) >= 0) return any;
    // A local buffer starts as zeros; a store sets an element, or adds a term to it a known number of times.
    Interval set{0, 0}, added{0, 0};
    for (const Access& access : accesses_of(schedule_.kernel.body)) {
      if (access.buffer->name != buffer.name || !access.is_store) continue;
      const auto* store = std::get_if<loop::Store>(&access.path.back()->node);
      if (!store) return any;
      const Expr term = added_term(*store);
      const Interval value = of(term ? term : store->value, buffer);
      if (!term) {
        set = {std::min(set.low, value.low), std::max(set.high, value.high)};
        continue;
      }
      int64_t times = 1;
      const loop::Ranges around = ranges_of(access.path);
      const std::set<VarRef> telling = told_by(access.indices, around);
      for (const auto& [var, range] : around) {
        if (telling.count(var) == 0) times *= range.high - range.low + 1;
        if (times > (int64_t{1} << 31)) return any;
      }
      added.low += times * std::min<int64_t>(value.low, 0);
      added.high += times * std::max<int64_t>(value.high, 0);
    }
    const Interval sum{set.low + added.low, set.high + added.high};
    return lies_in(sum, any) ? sum : any;
  }

  /// The range of a value stored to `target`; anything where it reads the target itself.
  Interval of(const Expr& value, const loop::Buffer& target) const {
    const Stmt probe = loop::if_then(loop::binary(loop::BinaryOp::kEq, value, value), loop::block({}));
    for (const Access& access : accesses_of(probe)) {
      if (access.buffer->name == target.name) return range_of_type(target.type);
    }
    return of(value);
  }

  const Schedule& schedule_;
};

}  // namespace

Interval value_range(const Schedule& schedule, const Expr& expr) { return ValueRange(schedule).of(expr); }

}  // namespace tandem::schedule
