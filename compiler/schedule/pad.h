// pad: loops and the buffer axes that they index are extended together; what is computed in the pads is never observed.
// Here is what `pad` and the tail "pad" of `split` share. Private to compiler/schedule.
#pragma once

#include <string>
#include <vector>

#include "compiler/schedule/tree.h"

namespace tandem::schedule {

/// Extends the loops to a multiple; refusals name the primitive of `step`, which is recorded.
Result<void> pad_loops(Schedule& schedule, const std::vector<std::string>& loops, int64_t multiple, const Step& step);

}  // namespace tandem::schedule
