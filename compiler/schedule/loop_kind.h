// Giving a loop a kind: what parallel, vectorize, unroll and bind share. Private to compiler/schedule.
#pragma once

#include <string>

#include "compiler/schedule/tree.h"

namespace tandem::schedule {

/// Refuses where iterations that may then run at the same time depend on each other.
Result<void> set_kind(Schedule& schedule, const std::string& loop, loop::ForKind kind, Step step);

}  // namespace tandem::schedule
