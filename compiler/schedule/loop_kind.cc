#include "compiler/schedule/loop_kind.h"

#include <fmt/format.h>

#include "compiler/schedule/dependence.h"

namespace tandem::schedule {

Result<void> set_kind(Schedule& schedule, const std::string& loop, loop::ForKind kind, Step step) {
  TANDEM_ASSIGN(const Path path, find_loop(schedule, step.primitive, loop));
  const loop::For& node = *as_for(path.back());
  if (is_concurrent(kind)) {
    for (const Dependence& dependence : carried_dependences({&node}, Reductions::kDepend)) {
      if (!exists(dependence, {&node}, path)) continue;
      return refuse(step.primitive, path.back(),
                    fmt::format("the iterations of '{}' depend on each other: {}", loop, describe(dependence, {&node})),
                    {}, is_reduction(dependence) ? "rfactor it, or choose a loop that indexes the sum" : "");
    }
  }
  const Stmt changed = located(loop::for_loop(node.var, node.extent, node.body, kind), path.back()->where);
  commit(schedule, replace(schedule.kernel.body, path.back(), changed), std::move(step));
  return {};
}

}  // namespace tandem::schedule
