#include "compiler/schedule/dependence.h"

#include <fmt/format.h>

#include <algorithm>

#include "compiler/loop/integer_set.h"

namespace tandem::schedule {
namespace {

/// One axis: 0 = constant + sum of the terms, each anywhere in its interval, + sum over loops of factor * distance.
struct Equation {
  loop::Interval rest;
  std::vector<int64_t> factors;
};

/// The equations of the axes that are affine; an axis that says nothing is left out.
std::vector<Equation> equations(const Access& a, const Access& b, const std::vector<const loop::For*>& loops) {
  const loop::Ranges ranges_a = ranges_of(a.path), ranges_b = ranges_of(b.path);
  std::vector<Equation> result;
  for (size_t axis = 0; axis < a.indices.size(); ++axis) {
    const auto x = loop::as_affine(a.indices[axis]), y = loop::as_affine(b.indices[axis]);
    if (!x || !y) continue;
    // y(I + D, v) - x(I, u) = 0, with I the iteration of a, D the distance, u and v loops of their own.
    Equation equation{{y->constant - x->constant, y->constant - x->constant}, {}};
    bool usable = true;
    const auto add = [&](int64_t factor, int64_t low, int64_t high) {
      equation.rest.low += std::min(factor * low, factor * high);
      equation.rest.high += std::max(factor * low, factor * high);
    };
    const auto factor_of = [](const loop::Affine& affine, const VarRef& var) {
      const auto found = affine.coefficients.find(var);
      return found == affine.coefficients.end() ? int64_t{0} : found->second;
    };
    std::set<VarRef> shared;
    for (const loop::For* loop : loops) {
      shared.insert(loop->var);
      equation.factors.push_back(factor_of(*y, loop->var));
      add(factor_of(*y, loop->var) - factor_of(*x, loop->var), 0, loop->extent - 1);
    }
    const auto own = [&](const loop::Affine& affine, const loop::Ranges& ranges, int64_t sign,
                         const loop::Affine& other) {
      for (const auto& [var, coefficient] : affine.coefficients) {
        if (shared.count(var)) continue;
        const auto found = ranges.find(var);
        if (found != ranges.end()) {
          add(sign * coefficient, found->second.low, found->second.high);
        } else {
          usable = usable && factor_of(other, var) == coefficient;  // a loop around: the same value for both
        }
      }
    };
    own(*y, ranges_b, 1, *x);
    own(*x, ranges_a, -1, *y);
    if (usable) result.push_back(std::move(equation));
  }
  return result;
}

bool possible(const Equation& equation, const Direction& direction, const std::vector<const loop::For*>& loops) {
  loop::Interval sum = equation.rest;
  for (size_t i = 0; i < loops.size(); ++i) {
    const int64_t far = loops[i]->extent - 1, factor = equation.factors[i];
    loop::Interval distance{-far, far};
    if (i < direction.size())
      distance = direction[i] == 0  ? loop::Interval{0, 0}
                 : direction[i] > 0 ? loop::Interval{1, far}
                                    : loop::Interval{-far, -1};
    sum.low += std::min(factor * distance.low, factor * distance.high);
    sum.high += std::max(factor * distance.low, factor * distance.high);
  }
  return sum.low <= 0 && sum.high >= 0;
}

void enumerate(const std::vector<Equation>& equations, const std::vector<const loop::For*>& loops, Direction& prefix,
               std::vector<Direction>& out) {
  for (const Equation& equation : equations) {
    if (!possible(equation, prefix, loops)) return;
  }
  if (prefix.size() == loops.size()) {
    out.push_back(prefix);
    return;
  }
  const bool moves = loops[prefix.size()]->extent > 1;
  for (const int sign : {1, 0, -1}) {
    if (sign != 0 && !moves) continue;
    prefix.push_back(sign);
    enumerate(equations, loops, prefix, out);
    prefix.pop_back();
  }
}

bool is_same_place(const std::vector<Expr>& a, const std::vector<Expr>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Expr& x, const Expr& y) { return equal(x, y); });
}

bool reads(const Expr& expr, const BufferRef& buffer) {
  // A store's accesses are those of its value; a dummy target would be another access, so ask for loads only.
  const Stmt probe = loop::if_then(loop::binary(loop::BinaryOp::kEq, expr, expr), loop::block({}));
  for (const Access& access : accesses_of(probe)) {
    if (access.buffer == buffer) return true;
  }
  return false;
}

int sign_of(const Direction& direction) {
  const auto first = std::find_if(direction.begin(), direction.end(), [](int sign) { return sign != 0; });
  return first == direction.end() ? 0 : *first;
}

}  // namespace

bool is_reduction(const Stmt& stmt) {
  const auto* store = std::get_if<loop::Store>(&stmt->node);
  if (!store || store->buffer->type == loop::Type::kF32) return false;
  const auto* value = std::get_if<loop::Binary>(&store->value->node);
  if (!value) return false;
  using loop::BinaryOp;
  if (value->op != BinaryOp::kAdd && value->op != BinaryOp::kMul && value->op != BinaryOp::kMin &&
      value->op != BinaryOp::kMax) {
    return false;
  }
  const auto is_own = [&](const Expr& expr) {
    const auto* load = std::get_if<loop::Load>(&expr->node);
    return load && load->buffer == store->buffer && is_same_place(load->indices, store->indices);
  };
  return (is_own(value->a) && !reads(value->b, store->buffer)) || (is_own(value->b) && !reads(value->a, store->buffer));
}

std::vector<Direction> directions(const Access& a, const Access& b, const std::vector<const loop::For*>& loops) {
  std::vector<Direction> result;
  Direction prefix;
  enumerate(equations(a, b, loops), loops, prefix, result);
  return result;
}

std::vector<Dependence> carried_dependences(const std::vector<const loop::For*>& loops, Reductions reductions) {
  const Stmt& body = loops.back()->body;
  const std::set<BufferRef> own = allocated_in(body);
  const std::vector<Access> accesses = accesses_of(body);
  std::vector<Dependence> result;
  for (const Access& a : accesses) {
    for (const Access& b : accesses) {
      if (a.buffer != b.buffer || !(a.is_store || b.is_store) || own.count(a.buffer)) continue;
      if (reductions == Reductions::kAnyOrder && a.path.back() == b.path.back() && is_reduction(a.path.back()))
        continue;
      for (Direction& direction : directions(a, b, loops)) {
        if (sign_of(direction) > 0) result.push_back({a, b, std::move(direction)});
      }
    }
  }
  return result;
}

bool is_reduction(const Dependence& dependence) {
  return dependence.from.path.back() == dependence.to.path.back() && is_reduction(dependence.from.path.back());
}

bool exists(const Dependence& dependence, const std::vector<const loop::For*>& loops, const Path& path) {
  const Access &from = dependence.from, &to = dependence.to;
  // The second iteration has variables of its own, but for the loops around the nest.
  loop::Ranges ranges = ranges_of(path);
  std::map<VarRef, Expr> second;
  const auto rename = [&](const loop::For& node) {
    const VarRef var = new_var(node.var->name);
    second[node.var] = loop::use(var);
    ranges[var] = {0, node.extent - 1};
  };
  for (const loop::For* node : loops) rename(*node);
  for (const auto& [var, range] : ranges_of(from.path)) ranges[var] = range;
  for (const Stmt& stmt : to.path) {
    if (const auto* node = as_for(stmt)) rename(*node);
  }
  std::vector<Expr> conditions;
  const auto second_of = [&](const Expr& expr) { return loop::substitute(expr, second); };
  for (const Expr& guard : guards_of(path)) {
    conditions.push_back(guard);
    conditions.push_back(second_of(guard));
  }
  for (const Expr& guard : guards_of(from.path)) conditions.push_back(guard);
  for (const Expr& guard : guards_of(to.path)) conditions.push_back(second_of(guard));
  for (size_t axis = 0; axis < from.indices.size(); ++axis) {
    conditions.push_back(loop::binary(loop::BinaryOp::kEq, from.indices[axis], second_of(to.indices[axis])));
  }
  for (size_t i = 0; i < loops.size(); ++i) {
    const int sign = dependence.direction[i];
    const loop::BinaryOp op = sign > 0 ? loop::BinaryOp::kGt : sign < 0 ? loop::BinaryOp::kLt : loop::BinaryOp::kEq;
    const Expr var = loop::use(loops[i]->var);
    conditions.push_back(loop::binary(op, second_of(var), var));
  }
  return can_hold(conditions, ranges);
}

Result<void> check_concurrent(const std::string& primitive, const Path& path, const Stmt& body) {
  for (const Stmt& stmt : path) {
    if (!as_for(stmt) || !is_concurrent(as_for(stmt)->kind)) continue;
    Path found;
    walk(body, [&](const Path& below) {
      if (as_for(below.back()) && as_for(below.back())->var == as_for(stmt)->var) found = below;
    });
    if (found.empty()) continue;
    const std::vector<const loop::For*> loops = {as_for(found.back())};
    for (const Dependence& dependence : carried_dependences(loops, Reductions::kDepend)) {
      if (!exists(dependence, loops, found)) continue;
      return refuse(primitive, stmt,
                    fmt::format("iterations of '{}' would depend on each other: {}", as_for(stmt)->var->name,
                                describe(dependence, loops)),
                    {},
                    fmt::format("'{}' is {}: do it before that", as_for(stmt)->var->name, keyword(as_for(stmt)->kind)));
    }
  }
  return {};
}

std::string describe(const Dependence& dependence, const std::vector<const loop::For*>& loops) {
  std::string signs;
  for (size_t i = 0; i < loops.size(); ++i) {
    const int sign = dependence.direction[i];
    signs += fmt::format("{}{} {}", i ? ", " : "", loops[i]->var->name,
                         sign > 0   ? "later"
                         : sign < 0 ? "earlier"
                                    : "same");
  }
  return fmt::format("an iteration {} '{}' that another one ({}) {}", dependence.from.is_store ? "writes" : "reads",
                     dependence.from.buffer->name, signs, dependence.to.is_store ? "writes" : "reads");
}

}  // namespace tandem::schedule
