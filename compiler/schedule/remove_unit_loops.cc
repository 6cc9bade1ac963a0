// remove_unit_loops: loops of one iteration disappear.
#include "compiler/schedule/tree.h"

namespace tandem::schedule {
namespace {

class UnitLoops : public loop::Rewriter {
 protected:
  Stmt on_stmt(const Stmt& stmt) override {
    const auto* node = as_for(stmt);
    if (!node || node->extent != 1) return stmt;
    return loop::substitute(node->body, {{node->var, loop::integer(0)}});
  }
};

}  // namespace

Result<void> remove_unit_loops(Schedule& schedule) {
  commit(schedule, UnitLoops().rewrite(schedule.kernel.body), {"remove_unit_loops", {}});
  return {};
}

}  // namespace tandem::schedule
