// multi_buffer: a local buffer gets several places, so that one iteration may fill it while another one still reads.
#include <fmt/format.h>

#include <algorithm>

#include "compiler/schedule/tree.h"

namespace tandem::schedule {

Result<void> multi_buffer(Schedule& schedule, const std::string& buffer, int64_t copies) {
  TANDEM_ASSIGN(const Path path, find_alloc(schedule, "multi_buffer", buffer));
  const loop::Alloc& node = *as_alloc(path.back());
  if (copies < 1) return refuse("multi_buffer", fmt::format("'{}' cannot have {} copies", buffer, copies), {"1", "2"});
  if (copies > 1 && std::none_of(path.begin(), path.end(), [](const Stmt& stmt) { return as_for(stmt) != nullptr; })) {
    return refuse("multi_buffer", fmt::format("'{}' is allocated once, outside of all loops", buffer), {},
                  "compute_at or stage it in the loop whose iterations are to overlap");
  }
  loop::Buffer changed = *node.buffer;
  changed.copies = copies;
  const BufferRef several = std::make_shared<const loop::Buffer>(std::move(changed));
  const Stmt body = redirect(node.body, node.buffer, [&](const loop::Operand& at) {
    return loop::Operand{several, at.indices};
  });
  commit(schedule, replace(schedule.kernel.body, path.back(), located(loop::alloc(several, body), path.back()->where)),
         {"multi_buffer", {{"buffer", buffer}, {"copies", copies}}});
  return {};
}

}  // namespace tandem::schedule
