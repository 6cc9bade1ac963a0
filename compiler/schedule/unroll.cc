// unroll: the body of a loop is emitted once for each iteration.
#include "compiler/schedule/loop_kind.h"

namespace tandem::schedule {

Result<void> unroll(Schedule& schedule, const std::string& loop) {
  return set_kind(schedule, loop, loop::ForKind::kUnrolled, {"unroll", {{"loop", loop}}});
}

}  // namespace tandem::schedule
