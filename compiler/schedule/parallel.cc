// parallel: the iterations of a loop may run at the same time, on threads.
#include "compiler/schedule/loop_kind.h"

namespace tandem::schedule {

Result<void> parallel(Schedule& schedule, const std::string& loop) {
  return set_kind(schedule, loop, loop::ForKind::kParallel, {"parallel", {{"loop", loop}}});
}

}  // namespace tandem::schedule
