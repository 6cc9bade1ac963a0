// The matcher: a bijection of loops, then one walk over both trees. Every bijection is tried, so a match is found where
// there is one; what is reported otherwise is the condition that failed last on the most promising one.
//
// A pattern is a nest around one store, or around several statements, each such a nest again; a statement has to be of
// the same form, statement by statement.
#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "compiler/loop/affine.h"
#include "tensorize/intrinsic.h"

namespace tandem::tensorize {
namespace {

using loop::Expr;
using loop::Stmt;

/// Loops around one store or around several nests, without its unit loops.
struct Nest {
  std::vector<const loop::For*> loops;
  loop::Stmt inner;
  const loop::Store* store = nullptr;
  std::vector<Nest> parts;  // where there is no store
};

std::optional<Nest> nest_of(Stmt stmt) {
  Nest nest;
  std::map<loop::VarRef, Expr> units;
  while (const auto* loop = std::get_if<loop::For>(&stmt->node)) {
    if (loop->extent == 1) {
      units[loop->var] = loop::integer(0);
    } else {
      nest.loops.push_back(loop);
    }
    stmt = loop->body;
  }
  nest.inner = loop::simplify(loop::substitute(stmt, units));
  nest.store = std::get_if<loop::Store>(&nest.inner->node);
  if (nest.store) return nest;
  const auto* list = std::get_if<loop::Block>(&nest.inner->node);
  if (!list) return std::nullopt;
  for (const Stmt& statement : list->statements) {
    auto part = nest_of(statement);
    if (!part) return std::nullopt;
    nest.parts.push_back(std::move(*part));
  }
  return nest;
}

/// A nest of the pattern and the nest of the statement in its place, outer ones first.
using Pairs = std::vector<std::pair<const Nest*, const Nest*>>;

/// False, with the two that differ last, where the forms differ.
bool pair_up(const Nest& pattern, const Nest& nest, Pairs& pairs) {
  pairs.emplace_back(&pattern, &nest);
  if (pattern.loops.size() != nest.loops.size() || pattern.parts.size() != nest.parts.size()) return false;
  for (size_t i = 0; i < pattern.parts.size(); ++i) {
    if (!pair_up(pattern.parts[i], nest.parts[i], pairs)) return false;
  }
  return true;
}

class Unification {
 public:
  /// `orders` says for each pair which loop of the statement stands for which of the pattern.
  Unification(const IntrinsicDeclaration& declaration, const Pairs& pairs,
              const std::vector<std::vector<size_t>>& orders)
      : declaration_(declaration), pairs_(pairs) {
    for (size_t pair = 0; pair < pairs.size(); ++pair) {
      const auto& [pattern, nest] = pairs[pair];
      for (size_t i = 0; i < pattern->loops.size(); ++i) {
        images_.emplace_back(pattern->loops[i], nest->loops[orders[pair][i]]);
        vars_[pattern->loops[i]->var] = images_.back().second->var;
        inner_.push_back(images_.back().second->var);
      }
    }
  }

  bool run() {
    // Extents first: where they differ, what the indices say is beside the point.
    for (const auto& [loop, image] : images_) {
      if (image->extent != loop->extent) {
        return fail(
            fmt::format("loop '{}' has {} iterations, '{}' of the pattern has {}", image->var->name, image->extent,
                        loop->var->name, loop->extent),
            fmt::format("split '{}' by {}, or pad it to a multiple of that first", image->var->name, loop->extent));
      }
      ++progress;
    }
    for (const auto& [pattern, nest] : pairs_) {
      if (!pattern->store) continue;
      if (!access(pattern->store->buffer, pattern->store->indices, nest->store->buffer, nest->store->indices) ||
          !same(pattern->store->value, nest->store->value)) {
        return false;
      }
    }
    return true;
  }

  Stmt result(const Stmt& meaning) const {
    std::vector<loop::Operand> operands;
    for (const loop::Param& param : declaration_.pattern.params) operands.push_back(state_.operands.at(param.buffer));
    std::vector<Expr> scalars;
    for (const loop::VarRef& scalar : declaration_.pattern.scalars) scalars.push_back(state_.scalars.at(scalar));
    return loop::intrinsic(declaration_.name, std::move(operands), std::move(scalars), meaning);
  }

  int progress = 0;  // conditions that held
  Mismatch mismatch;

 private:
  struct State {
    std::map<loop::BufferRef, loop::Operand> operands;
    std::map<loop::VarRef, Expr> scalars;
  };

  bool fail(std::string condition, std::string fix) {
    mismatch = {std::move(condition), std::move(fix)};
    return false;
  }

  /// The pattern's index with the nest's variables.
  std::optional<loop::Affine> translated(const Expr& index) const {
    const auto affine = loop::as_affine(index);
    if (!affine) return std::nullopt;
    loop::Affine result{affine->constant, {}};
    for (const auto& [var, coefficient] : affine->coefficients) result.coefficients[vars_.at(var)] = coefficient;
    return result;
  }

  bool access(const loop::BufferRef& pattern, const std::vector<Expr>& pattern_indices, const loop::BufferRef& buffer,
              const std::vector<Expr>& indices) {
    if (buffer->type != pattern->type) {
      return fail(fmt::format("'{}' is {}, '{}' of the pattern is {}", buffer->name, name(buffer->type), pattern->name,
                              name(pattern->type)),
                  "stage it with a conversion");
    }
    ++progress;
    // Axes of one element before the others say nothing: an operand is what follows its first value.
    const size_t units = leading_units(pattern->shape);
    const Shape wanted_shape(pattern->shape.begin() + static_cast<long>(units), pattern->shape.end());
    const size_t rank = wanted_shape.size();
    const size_t leading = indices.size() - std::min(rank, indices.size());
    // The first of the operand's axes may be longer than the operand, which then lies anywhere along it.
    const Shape element(buffer->shape.begin() + static_cast<long>(leading), buffer->shape.end());
    bool fits = element.size() == rank;
    for (size_t axis = 1; fits && axis < rank; ++axis) fits = element[axis] == wanted_shape[axis];
    if (!fits || (rank > 0 && element[0] < wanted_shape[0])) {
      return fail(fmt::format("the last axes of '{}' are {}, one element of '{}' is {}", buffer->name,
                              to_string(element), pattern->name, to_string(wanted_shape)),
                  fmt::format("pack '{}' so that its last axes are {}", buffer->name, to_string(wanted_shape)));
    }
    ++progress;
    if (pattern->scope != "any" && buffer->scope != pattern->scope) {
      return fail(fmt::format("'{}' lives in '{}', '{}' of the pattern in '{}'", buffer->name, buffer->scope,
                              pattern->name, pattern->scope),
                  fmt::format("stage '{}' in '{}'", buffer->name, pattern->scope));
    }
    ++progress;
    loop::Operand operand{buffer, indices};
    for (size_t axis = 0; axis < rank; ++axis) {
      const auto wanted = translated(pattern_indices[units + axis]);
      const Expr index = loop::simplify(indices[leading + axis], {});
      const auto begin = wanted ? beginning(index, *wanted) : std::nullopt;
      if (!begin || (axis > 0 && !(begin->constant == 0 && begin->coefficients.empty()))) {
        return fail(
            fmt::format("axis {} of '{}' is indexed by {}, where the pattern needs {}", leading + axis, buffer->name,
                        to_text(index), wanted ? to_text(to_expr(*wanted)) : to_text(pattern_indices[units + axis])),
            fmt::format("pack or reorder '{}' so that the loops of the intrinsic run over its last axes",
                        buffer->name));
      }
      operand.indices[leading + axis] = to_expr(*begin);
      ++progress;
    }
    for (size_t axis = 0; axis < leading; ++axis) {
      for (const loop::VarRef& var : inner_) {
        if (!mentions(indices[axis], var)) continue;
        return fail(fmt::format("axis {} of '{}' is indexed by {}, which moves with the intrinsic's own loop '{}'",
                                axis, buffer->name, to_text(indices[axis]), var->name),
                    fmt::format("pack '{}' so that only its last axes use '{}'", buffer->name, var->name));
      }
    }
    return aligned(pattern, operand) && bind(pattern, std::move(operand));
  }

  static size_t leading_units(const Shape& shape) {
    size_t units = 0;
    while (units < shape.size() && shape[units] == 1) ++units;
    return units;
  }

  /// What is left of `index` without `wanted`, where that does not move with the intrinsic's loops.
  std::optional<loop::Affine> beginning(const Expr& index, const loop::Affine& wanted) const {
    auto left = loop::as_affine(index);
    if (!left) return std::nullopt;
    left->constant -= wanted.constant;
    for (const auto& [var, coefficient] : wanted.coefficients) {
      if ((left->coefficients[var] -= coefficient) == 0) left->coefficients.erase(var);
    }
    for (const loop::VarRef& var : inner_) {
      if (left->coefficients.count(var)) return std::nullopt;
    }
    return left;
  }

  /// Whether the operand begins at a multiple of what the intrinsic asks for, counted from the start of its buffer.
  bool aligned(const loop::BufferRef& pattern, const loop::Operand& operand) {
    size_t param = 0;
    while (declaration_.pattern.params[param].buffer != pattern) ++param;
    const int64_t multiple = declaration_.alignment[param];
    int64_t stride = 1;
    for (size_t axis = operand.indices.size(); axis-- > 0;) {
      const auto index = loop::as_affine(operand.indices[axis]);
      bool holds = stride % multiple == 0 || (index && index->constant * stride % multiple == 0);
      if (index && stride % multiple != 0) {
        for (const auto& [var, coefficient] : index->coefficients)
          holds = holds && coefficient * stride % multiple == 0;
      }
      if (!holds) {
        return fail(
            fmt::format("the operand '{}' begins at {} of axis {} of '{}' {}, which is no multiple of {} values",
                        pattern->name, to_text(operand.indices[axis]), axis, operand.buffer->name,
                        to_string(operand.buffer->shape), multiple),
            fmt::format("split its loop by a multiple, or pad and pack '{}' so that each operand is whole",
                        operand.buffer->name));
      }
      stride *= operand.buffer->shape[axis];
    }
    ++progress;
    return true;
  }

  static bool mentions(const Expr& expr, const loop::VarRef& var) {
    return !equal(loop::substitute(expr, {{var, loop::integer(0)}}), expr);
  }

  bool bind(const loop::BufferRef& pattern, const loop::Operand& operand) {
    const auto [place, fresh] = state_.operands.emplace(pattern, operand);
    if (fresh) return true;
    const loop::Operand& bound = place->second;
    bool same_place = bound.buffer == operand.buffer;
    for (size_t i = 0; same_place && i < bound.indices.size(); ++i)
      same_place = equal(bound.indices[i], operand.indices[i]);
    if (same_place) return true;
    return fail(fmt::format("'{}' of the pattern would be two places: in '{}' and in '{}'", pattern->name,
                            bound.buffer->name, operand.buffer->name),
                "the statement must update its target in place");
  }

  bool same(const Expr& pattern, const Expr& value) {
    if (const auto* scalar = std::get_if<loop::VarUse>(&pattern->node); scalar && !vars_.count(scalar->var)) {
      return same_scalar(scalar->var, value);
    }
    if (pattern->type == loop::Type::kI64 && loop::as_affine(pattern)) {
      return equal(to_expr(*translated(pattern)), loop::simplify(value, {})) ||
             fail(fmt::format("the value {} is not {}", to_text(value), to_text(pattern)), "rewrite the statement");
    }
    if (pattern->type != value->type || pattern->node.index() != value->node.index()) return differs(pattern, value);
    if (const auto* node = std::get_if<loop::Load>(&pattern->node)) {
      const auto& other = std::get<loop::Load>(value->node);
      return access(node->buffer, node->indices, other.buffer, other.indices);
    }
    ++progress;
    if (const auto* node = std::get_if<loop::Binary>(&pattern->node)) {
      const auto& other = std::get<loop::Binary>(value->node);
      if (node->op != other.op) return differs(pattern, value);
      return same_operands(*node, other);
    }
    if (const auto* node = std::get_if<loop::Cast>(&pattern->node)) {
      return same(node->value, std::get<loop::Cast>(value->node).value);
    }
    if (const auto* node = std::get_if<loop::Select>(&pattern->node)) {
      const auto& other = std::get<loop::Select>(value->node);
      return same(node->condition, other.condition) && same(node->a, other.a) && same(node->b, other.b);
    }
    if (const auto* node = std::get_if<loop::Call>(&pattern->node)) {
      const auto& other = std::get<loop::Call>(value->node);
      if (node->builtin != other.builtin) return differs(pattern, value);
      for (size_t i = 0; i < node->arguments.size(); ++i) {
        if (!same(node->arguments[i], other.arguments[i])) return false;
      }
      return true;
    }
    return equal(pattern, value) || differs(pattern, value);
  }

  /// In the order given, or the other one where that is the same.
  bool same_operands(const loop::Binary& pattern, const loop::Binary& value) {
    const State before = state_;
    if (same(pattern.a, value.a) && same(pattern.b, value.b)) return true;
    using loop::BinaryOp;
    const bool commutes = pattern.op == BinaryOp::kAdd || pattern.op == BinaryOp::kMul ||
                          pattern.op == BinaryOp::kMin || pattern.op == BinaryOp::kMax || pattern.op == BinaryOp::kEq ||
                          pattern.op == BinaryOp::kNe || pattern.op == BinaryOp::kAnd || pattern.op == BinaryOp::kOr;
    if (!commutes) return false;
    const Mismatch first = mismatch;
    state_ = before;
    if (same(pattern.a, value.b) && same(pattern.b, value.a)) return true;
    mismatch = first;
    return false;
  }

  bool same_scalar(const loop::VarRef& scalar, const Expr& value) {
    if (!std::holds_alternative<loop::IntLiteral>(value->node) || value->type != scalar->type) {
      return fail(
          fmt::format("'{}' must be a constant of type {}, it is {}", scalar->name, name(scalar->type), to_text(value)),
          "use the form of the intrinsic that takes a second buffer");
    }
    ++progress;
    const auto position = std::find(declaration_.pattern.scalars.begin(), declaration_.pattern.scalars.end(), scalar);
    const auto range =
        declaration_.scalar_ranges.find(static_cast<size_t>(position - declaration_.pattern.scalars.begin()));
    const int64_t constant = std::get<loop::IntLiteral>(value->node).value;
    if (range != declaration_.scalar_ranges.end() &&
        (constant < range->second.first || constant > range->second.second)) {
      return fail(fmt::format("'{}' would be {}, its field holds {} to {}", scalar->name, constant, range->second.first,
                              range->second.second),
                  "stage the constant in a buffer, and use the form of the intrinsic that takes a second one");
    }
    ++progress;
    const auto [place, fresh] = state_.scalars.emplace(scalar, value);
    return fresh || equal(place->second, value) ||
           fail(fmt::format("'{}' would be both {} and {}", scalar->name, to_text(place->second), to_text(value)), "");
  }

  bool differs(const Expr& pattern, const Expr& value) {
    return fail(fmt::format("the value {} has not the form {}", to_text(value), to_text(pattern)),
                "choose another intrinsic");
  }

  const IntrinsicDeclaration& declaration_;
  const Pairs& pairs_;
  std::vector<std::pair<const loop::For*, const loop::For*>> images_;  // loops of the pattern and of the statement
  std::map<loop::VarRef, loop::VarRef> vars_;
  std::vector<loop::VarRef> inner_;
  State state_;
};

Diagnostic no_match(const IntrinsicDeclaration& declaration, const Stmt& stmt, Mismatch mismatch, Mismatch* why) {
  if (why) *why = mismatch;
  return Diagnostic{
      stmt->where, fmt::format("this is no '{}': {}", declaration.name, mismatch.condition), {}, mismatch.fix};
}

std::string names_of(const Nest& nest) {
  std::string text;
  for (const loop::For* loop : nest.loops) text += (text.empty() ? "" : ", ") + loop->var->name;
  return "[" + text + "]";
}

}  // namespace

Result<loop::Stmt> match(const IntrinsicDeclaration& declaration, const loop::Stmt& stmt, Mismatch* why) {
  if (!declaration.lacks.empty()) {
    const bool accel = declaration.target == "accel";
    return no_match(
        declaration, stmt,
        {fmt::format(accel ? "it needs {} of at least 1, the hardware has 0" : "this CPU has no {}", declaration.lacks),
         accel ? fmt::format("another intrinsic, or a hardware configuration with {}", declaration.lacks)
               : "an intrinsic that needs less"},
        why);
  }
  const auto pattern = nest_of(declaration.pattern.body);
  TANDEM_CHECK(pattern, "the pattern of '" + declaration.name + "' is no nest of loops and stores");
  const auto nest = nest_of(stmt);
  Pairs pairs;
  if (!nest || pattern->parts.empty() != nest->parts.empty()) {
    return no_match(declaration, stmt,
                    pattern->parts.empty()
                        ? Mismatch{"it is no perfect nest of loops around one store", "split the nest with fission"}
                        : Mismatch{fmt::format("it is no nest of loops around {} statements", pattern->parts.size()),
                                   "where a sum begins with 0, begin_sum makes such a nest"},
                    why);
  }
  if (!pair_up(*pattern, *nest, pairs)) {
    const auto& [wanted, found] = pairs.back();
    if (wanted->loops.size() == found->loops.size()) {
      return no_match(declaration, stmt,
                      {fmt::format("{} statements are in the loops {}, the pattern has {}", found->parts.size(),
                                   names_of(*found), wanted->parts.size()),
                       "split the nest with fission"},
                      why);
    }
    return no_match(
        declaration, stmt,
        {fmt::format("{} loops {} have more than one iteration, the pattern has {} {}", found->loops.size(),
                     names_of(*found), wanted->loops.size(), names_of(*wanted)),
         "split and reorder so that exactly the intrinsic's loops are innermost, then name the outermost of them"},
        why);
  }
  std::vector<std::vector<size_t>> orders;
  for (const auto& [wanted, found] : pairs) {
    orders.emplace_back(wanted->loops.size());
    std::iota(orders.back().begin(), orders.back().end(), size_t{0});
  }
  Mismatch best;
  int best_progress = -1;
  do {
    Unification attempt(declaration, pairs, orders);
    if (attempt.run()) return attempt.result(stmt);
    if (attempt.progress > best_progress) {
      best_progress = attempt.progress;
      best = attempt.mismatch;
    }
  } while (std::any_of(orders.begin(), orders.end(),
                       [](std::vector<size_t>& order) { return std::next_permutation(order.begin(), order.end()); }));
  return no_match(declaration, stmt, best, why);
}

}  // namespace tandem::tensorize
