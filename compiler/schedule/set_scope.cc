// set_scope: a local buffer lives in another memory.
#include "compiler/schedule/tree.h"

namespace tandem::schedule {

Result<void> set_scope(Schedule& schedule, const std::string& buffer, const std::string& scope) {
  TANDEM_TRY(check_scope("set_scope", scope));
  TANDEM_ASSIGN(const Path path, find_alloc(schedule, "set_scope", buffer));
  const loop::Alloc& node = *as_alloc(path.back());
  loop::Buffer changed = *node.buffer;
  changed.scope = scope;
  const BufferRef moved = std::make_shared<const loop::Buffer>(std::move(changed));
  const Stmt body = redirect(node.body, node.buffer, [&](const loop::Operand& at) {
    return loop::Operand{moved, at.indices};
  });
  commit(schedule, replace(schedule.kernel.body, path.back(), located(loop::alloc(moved, body), path.back()->where)),
         {"set_scope", {{"buffer", buffer}, {"scope", scope}}});
  return {};
}

}  // namespace tandem::schedule
