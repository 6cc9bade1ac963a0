#include "compiler/loop/integer_set.h"

#include <isl/aff.h>
#include <isl/cpp.h>
#include <isl/options.h>
#include <isl/set.h>
#include <isl/val.h>

#include <optional>

namespace tandem::loop {
namespace {

/// Steps of ISL after which a question counts as undecided: the same on every machine, some 50 ms.
constexpr unsigned long kMostSteps = 300000;

class Context {
 public:
  Context() : ctx_(isl_ctx_alloc()) {
    isl_options_set_on_error(ctx_, ISL_ON_ERROR_CONTINUE);
    isl_ctx_set_max_operations(ctx_, kMostSteps);
  }
  ~Context() { isl_ctx_free(ctx_); }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  isl::ctx get() const { return isl::ctx(ctx_); }

 private:
  isl_ctx* ctx_;
};

/// A set that holds at least what a condition allows; exactly that where `exact`.
struct Allowed {
  isl::set points;
  bool exact = true;
};

/// Translates expressions over numbered variables to ISL.
class Translation {
 public:
  Translation(isl::ctx ctx, std::vector<VarRef> vars)
      : ctx_(ctx),
        vars_(std::move(vars)),
        space_(isl::manage(isl_space_set_alloc(ctx.get(), 0, static_cast<unsigned>(vars_.size())))),
        everything_(isl::set::universe(space_)) {}

  const isl::set& everything() const { return everything_; }

  isl::pw_aff constant(int64_t value) const {
    return isl::manage(isl_pw_aff_val_on_domain(everything_.copy(), isl_val_int_from_si(isl::ctx(ctx_).get(), value)));
  }

  std::optional<isl::pw_aff> value(const Expr& expr) const {
    if (const auto* node = std::get_if<IntLiteral>(&expr->node)) return constant(node->value);
    if (const auto* node = std::get_if<VarUse>(&expr->node)) return variable(node->var);
    if (const auto* node = std::get_if<Select>(&expr->node)) {
      const Allowed condition = points(node->condition);
      const auto a = value(node->a), b = value(node->b);
      if (!condition.exact || !a || !b) return std::nullopt;
      return a->intersect_domain(condition.points)
          .union_add(b->intersect_domain(everything_.subtract(condition.points)));
    }
    const auto* node = std::get_if<Binary>(&expr->node);
    if (!node || expr->type != Type::kI64) return std::nullopt;
    const auto a = value(node->a), b = value(node->b);
    if (!a || !b) return std::nullopt;
    switch (node->op) {
      case BinaryOp::kAdd:
        return a->add(*b);
      case BinaryOp::kSub:
        return a->sub(*b);
      case BinaryOp::kMul:
        if (!is_literal(node->a) && !is_literal(node->b)) return std::nullopt;
        return a->mul(*b);
      case BinaryOp::kDiv:
        if (!is_positive(node->b)) return std::nullopt;
        return a->div(*b).floor();
      case BinaryOp::kMod:
        if (!is_positive(node->b)) return std::nullopt;
        return a->mod(isl::val(ctx_, static_cast<long>(std::get<IntLiteral>(node->b->node).value)));
      case BinaryOp::kMin:
        return a->min(*b);
      case BinaryOp::kMax:
        return a->max(*b);
      default:
        return std::nullopt;
    }
  }

  Allowed points(const Expr& condition) const {
    if (const auto* node = std::get_if<IntLiteral>(&condition->node)) {
      return {node->value != 0 ? everything_ : isl::set::empty(space_), true};
    }
    const auto* node = std::get_if<Binary>(&condition->node);
    if (!node) return {everything_, false};
    if (node->op == BinaryOp::kAnd || node->op == BinaryOp::kOr) {
      const Allowed a = points(node->a), b = points(node->b);
      return {node->op == BinaryOp::kAnd ? a.points.intersect(b.points) : a.points.unite(b.points), a.exact && b.exact};
    }
    if (node->a->type != Type::kI64) return {everything_, false};
    const auto a = value(node->a), b = value(node->b);
    if (!a || !b) return {everything_, false};
    switch (node->op) {
      case BinaryOp::kLt:
        return {a->lt_set(*b)};
      case BinaryOp::kLe:
        return {a->le_set(*b)};
      case BinaryOp::kGt:
        return {a->gt_set(*b)};
      case BinaryOp::kGe:
        return {a->ge_set(*b)};
      case BinaryOp::kEq:
        return {a->eq_set(*b)};
      case BinaryOp::kNe:
        return {a->ne_set(*b)};
      default:
        return {everything_, false};
    }
  }

  /// All conditions, and the ranges that are known.
  Allowed points(const std::vector<Expr>& conditions, const Ranges& ranges) const {
    Allowed all{everything_};
    for (const VarRef& var : vars_) {
      const auto found = ranges.find(var);
      if (found == ranges.end()) continue;
      all.points = all.points.intersect(variable(var)->ge_set(constant(found->second.low)));
      all.points = all.points.intersect(variable(var)->le_set(constant(found->second.high)));
    }
    for (const Expr& condition : conditions) {
      const Allowed one = points(condition);
      all.points = all.points.intersect(one.points);
      all.exact = all.exact && one.exact;
    }
    return all;
  }

 private:
  static bool is_literal(const Expr& expr) { return std::holds_alternative<IntLiteral>(expr->node); }
  static bool is_positive(const Expr& expr) { return is_literal(expr) && std::get<IntLiteral>(expr->node).value > 0; }

  std::optional<isl::pw_aff> variable(const VarRef& var) const {
    for (size_t i = 0; i < vars_.size(); ++i) {
      if (vars_[i] != var) continue;
      isl_local_space* space = isl_local_space_from_space(space_.copy());
      return isl::manage(isl_pw_aff_from_aff(isl_aff_var_on_domain(space, isl_dim_set, static_cast<unsigned>(i))));
    }
    return std::nullopt;
  }

  isl::ctx ctx_;
  std::vector<VarRef> vars_;
  isl::space space_;
  isl::set everything_;
};

/// The variables of an expression, each once, in the order of their first use: the answer must not depend on addresses.
class Variables : public Rewriter {
 public:
  std::vector<VarRef> list;
  void add(const VarRef& var) {
    for (const VarRef& known : list) {
      if (known == var) return;
    }
    list.push_back(var);
  }

 protected:
  Expr on_expr(const Expr& expr) override {
    if (const auto* node = std::get_if<VarUse>(&expr->node)) add(node->var);
    return expr;
  }
};

}  // namespace

bool can_hold(const std::vector<Expr>& conditions, const Ranges& ranges) {
  for (const auto& [var, range] : ranges) {
    if (range.low > range.high) return false;
  }
  Variables variables;
  for (const Expr& condition : conditions) variables.rewrite(condition);
  const Context context;
  try {
    return !Translation(context.get(), variables.list).points(conditions, ranges).points.is_empty();
  } catch (const isl::exception&) {
    return true;  // too many steps
  }
}

bool covers(const std::vector<Expr>& indices, const Shape& shape, const std::vector<Expr>& conditions,
            const Ranges& ranges) {
  // For all unknowns and all elements of the box there are values of the ranged variables: the box, less the projection
  // of what is reached, is empty. First dimensions: unknowns and the element; last: the ranged variables.
  Variables variables;
  for (const Expr& index : indices) variables.rewrite(index);
  for (const Expr& condition : conditions) variables.rewrite(condition);
  std::vector<VarRef> vars, ranged;
  for (const VarRef& var : variables.list) (ranges.count(var) != 0 ? ranged : vars).push_back(var);
  std::vector<Expr> reached = conditions, box;
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    vars.push_back(std::make_shared<const Var>(Var{"element", Type::kI64}));
    const Expr element = use(vars.back());
    reached.push_back(binary(BinaryOp::kEq, element, indices[axis]));
    box.push_back(binary(BinaryOp::kGe, element, integer(0)));
    box.push_back(binary(BinaryOp::kLt, element, integer(shape[axis])));
  }
  const auto kept = static_cast<unsigned>(vars.size());
  vars.insert(vars.end(), ranged.begin(), ranged.end());
  const Context context;
  try {
    const Translation translation(context.get(), vars);
    const Allowed wanted = translation.points(box, {}), found = translation.points(reached, ranges);
    if (!found.exact) return false;
    const auto drop = [&](const isl::set& set) {
      return isl::manage(isl_set_project_out(set.copy(), isl_dim_set, kept, static_cast<unsigned>(ranged.size())));
    };
    return drop(wanted.points).is_subset(drop(found.points));
  } catch (const isl::exception&) {
    return false;
  }
}

}  // namespace tandem::loop
