// vectorize: the iterations of a loop are the lanes of vector operations.
#include "compiler/schedule/loop_kind.h"

namespace tandem::schedule {

Result<void> vectorize(Schedule& schedule, const std::string& loop) {
  return set_kind(schedule, loop, loop::ForKind::kVectorized, {"vectorize", {{"loop", loop}}});
}

}  // namespace tandem::schedule
