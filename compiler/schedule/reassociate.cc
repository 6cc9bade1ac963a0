// reassociate: a constant is added to another operand of a sum.
#include <fmt/format.h>

#include "compiler/schedule/tree.h"

namespace tandem::schedule {
namespace {

/// (a + b) + constant -> a + (b + constant).
class Reassociation : public loop::Rewriter {
 public:
  bool found = false;

 protected:
  Expr on_expr(const Expr& expr) override {
    const auto* outer = std::get_if<loop::Binary>(&expr->node);
    if (!outer || outer->op != loop::BinaryOp::kAdd || expr->type == loop::Type::kI64 || expr->type == loop::Type::kF32)
      return expr;
    const auto* inner = std::get_if<loop::Binary>(&outer->a->node);
    if (!inner || inner->op != loop::BinaryOp::kAdd || !std::holds_alternative<loop::IntLiteral>(outer->b->node)) {
      return expr;
    }
    found = true;
    return inner->a + (inner->b + outer->b);
  }
};

}  // namespace

Result<void> reassociate(Schedule& schedule, const std::string& loop) {
  Stmt nest;
  TANDEM_ASSIGN(const Stmt stmt, find_only_store(schedule, "reassociate", loop, nest));
  const auto& store = std::get<loop::Store>(stmt->node);
  Reassociation rewriter;
  const Expr value = rewriter.rewrite(store.value);
  if (!rewriter.found) {
    return refuse("reassociate", nest, fmt::format("there is no sum (a + b) + constant in {}", to_text(store.value)));
  }
  commit(schedule,
         replace(schedule.kernel.body, stmt, located(loop::store(store.buffer, store.indices, value), stmt->where)),
         {"reassociate", {{"loop", loop}}});
  return {};
}

}  // namespace tandem::schedule
