// pipeline: the buffers that each iteration of a loop fills anew get several places, so that filling those of the next
// iterations may overlap with the use of this one's.
#include <fmt/format.h>

#include <algorithm>

#include "compiler/schedule/tree.h"

namespace tandem::schedule {

Result<void> pipeline(Schedule& schedule, const std::string& loop, int64_t stages) {
  TANDEM_ASSIGN(const Path path, find_loop(schedule, "pipeline", loop));
  if (stages < 2) {
    return refuse("pipeline", path.back(), fmt::format("{} stages do not overlap", stages), {"2", "3"});
  }
  std::vector<std::string> buffers;
  walk(as_for(path.back())->body, [&](const Path& below) {
    const bool again =
        std::any_of(below.begin(), below.end(), [](const Stmt& stmt) { return as_for(stmt) != nullptr; });
    if (as_alloc(below.back()) && !again) buffers.push_back(as_alloc(below.back())->buffer->name);
  });
  if (buffers.empty()) {
    return refuse("pipeline", path.back(), fmt::format("no buffer is filled anew in each iteration of '{}'", loop), {},
                  "stage or compute_at what it reads first");
  }
  return composed(schedule, {"pipeline", {{"loop", loop}, {"stages", stages}}}, [&](Schedule& changed) -> Result<void> {
    for (const std::string& buffer : buffers) TANDEM_TRY(multi_buffer(changed, buffer, stages));
    return {};
  });
}

}  // namespace tandem::schedule
