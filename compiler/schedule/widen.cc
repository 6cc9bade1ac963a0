// widen: a local buffer holds its values in a wider type.
#include <fmt/format.h>

#include <algorithm>

#include "compiler/schedule/tree.h"

namespace tandem::schedule {
namespace {

/// The expression computed in `type`; null where narrow and wide arithmetic could differ.
Expr widened(const Expr& expr, loop::Type type) {
  if (std::holds_alternative<loop::IntLiteral>(expr->node) || std::holds_alternative<loop::Load>(expr->node))
    return loop::cast(type, expr);
  if (const auto* node = std::get_if<loop::Binary>(&expr->node)) {
    if (node->op != loop::BinaryOp::kMin && node->op != loop::BinaryOp::kMax) return nullptr;
    const Expr a = widened(node->a, type), b = widened(node->b, type);
    return a && b ? loop::binary(node->op, a, b) : nullptr;
  }
  if (const auto* node = std::get_if<loop::Select>(&expr->node)) {
    const Expr a = widened(node->a, type), b = widened(node->b, type);
    return a && b ? loop::select(node->condition, a, b) : nullptr;
  }
  return nullptr;
}

/// Stores and loads of `from` become those of the wider `to`.
class Widening : public loop::Rewriter {
 public:
  Widening(const BufferRef& from, const BufferRef& to) : from_(from), to_(to) {}

 protected:
  Expr on_expr(const Expr& expr) override {
    if (const auto* node = std::get_if<loop::Load>(&expr->node); node && node->buffer == from_) {
      return loop::cast(from_->type, loop::load(to_, node->indices));
    }
    // i32(i8(t)) is t: every value of t fits in i8.
    const auto* outer = std::get_if<loop::Cast>(&expr->node);
    const auto* narrow = outer ? std::get_if<loop::Cast>(&outer->value->node) : nullptr;
    const auto* load = narrow ? std::get_if<loop::Load>(&narrow->value->node) : nullptr;
    return load && load->buffer == to_ ? loop::cast(expr->type, narrow->value) : expr;
  }
  Stmt on_stmt(const Stmt& stmt) override {
    if (const auto* node = as_alloc(stmt); node && node->buffer == from_)
      return located(loop::alloc(to_, node->body), stmt->where);
    return stmt;
  }

 private:
  BufferRef from_, to_;
};

/// Stores to `from` of values computed in the wider type.
class WideStores : public loop::Rewriter {
 public:
  WideStores(const BufferRef& from, const BufferRef& to) : from_(from), to_(to) {}

 protected:
  Stmt on_stmt(const Stmt& stmt) override {
    const auto* node = std::get_if<loop::Store>(&stmt->node);
    if (!node || node->buffer != from_) return stmt;
    return located(loop::store(to_, node->indices, widened(node->value, to_->type)), stmt->where);
  }

 private:
  BufferRef from_, to_;
};

}  // namespace

Result<void> widen(Schedule& schedule, const std::string& buffer, const std::string& type) {
  TANDEM_ASSIGN(const Path path, find_alloc(schedule, "widen", buffer));
  const BufferRef from = as_alloc(path.back())->buffer;
  const std::vector<loop::Type> types = {loop::Type::kI8, loop::Type::kI32, loop::Type::kI64};
  const auto wanted =
      std::find_if(types.begin(), types.end(), [&](loop::Type candidate) { return type == name(candidate); });
  if (wanted == types.end() || *wanted <= from->type) {
    return refuse("widen",
                  fmt::format("{} is no integer type wider than the {} of '{}'", type, name(from->type), buffer));
  }
  for (const Access& access : accesses_of(path.back())) {
    if (access.buffer == from && in_intrinsic(access)) {
      return refuse("widen", access.path.back(), fmt::format("'{}' is an operand here", buffer), {},
                    "widen before tensorize");
    }
    if (access.buffer != from || !access.is_store) continue;
    const auto& store = std::get<loop::Store>(access.path.back()->node);
    if (widened(store.value, *wanted)) continue;
    return refuse("widen", access.path.back(), fmt::format("{} may wrap in {}", to_text(store.value), name(from->type)),
                  {"copies, constants, min, max and select"});
  }
  const BufferRef to =
      std::make_shared<const loop::Buffer>(loop::Buffer{from->name, *wanted, from->shape, from->scope, from->copies});
  const Stmt stores = WideStores(from, to).rewrite(schedule.kernel.body);
  commit(schedule, Widening(from, to).rewrite(stores), {"widen", {{"buffer", buffer}, {"type", type}}});
  return {};
}

}  // namespace tandem::schedule
