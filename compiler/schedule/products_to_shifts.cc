// products_to_shifts: products with powers of two become shifts.
#include <fmt/format.h>

#include "compiler/schedule/tree.h"

namespace tandem::schedule {
namespace {

/// value * 2^k -> shift_right(value, -k).
class Shifts : public loop::Rewriter {
 public:
  bool found = false;

 protected:
  Expr on_expr(const Expr& expr) override {
    const auto* node = std::get_if<loop::Binary>(&expr->node);
    if (!node || node->op != loop::BinaryOp::kMul || expr->type != loop::Type::kI32) return expr;
    const auto* factor = std::get_if<loop::IntLiteral>(&node->b->node);
    if (!factor || factor->value < 1 || (factor->value & (factor->value - 1)) != 0) return expr;
    int64_t shift = 0;
    while (int64_t{1} << shift < factor->value) ++shift;
    found = true;
    return shift == 0 ? node->a
                      : loop::call("shift_right", loop::Type::kI32, {node->a, loop::integer(-shift, loop::Type::kI32)});
  }
};

}  // namespace

Result<void> products_to_shifts(Schedule& schedule, const std::string& loop) {
  Stmt nest;
  TANDEM_ASSIGN(const Stmt stmt, find_only_store(schedule, "products_to_shifts", loop, nest));
  const auto& store = std::get<loop::Store>(stmt->node);
  Shifts rewriter;
  const Expr value = rewriter.rewrite(store.value);
  if (!rewriter.found) {
    return refuse("products_to_shifts", nest,
                  fmt::format("there is no i32 product with a power of two in {}", to_text(store.value)));
  }
  commit(schedule,
         replace(schedule.kernel.body, stmt, located(loop::store(store.buffer, store.indices, value), stmt->where)),
         {"products_to_shifts", {{"loop", loop}}});
  return {};
}

}  // namespace tandem::schedule
