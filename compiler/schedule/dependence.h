// Which iterations of a nest touch the same element: direction vectors of affine accesses (Allen, Kennedy: "Optimizing
// Compilers for Modern Architectures", 2001, section 3). Conservative: a dependence that cannot be excluded is
// reported. Private to compiler/schedule.
#pragma once

#include <vector>

#include "compiler/schedule/tree.h"

namespace tandem::schedule {

/// By loop, outermost first: +1 where the second access comes in a later iteration, 0 the same, -1 an earlier one.
using Direction = std::vector<int>;

/// All directions from `a` in iteration I to `b` in iteration I' of `loops` in which both may touch one element.
std::vector<Direction> directions(const Access& a, const Access& b, const std::vector<const loop::For*>& loops);

struct Dependence {
  Access from, to;  // of one buffer, one of them a store; `from` runs in an earlier iteration
  Direction direction;
};

/// Dependences between different iterations of `loops`, a chain of directly nested loops. Buffers allocated inside are
/// private to an iteration. A store that adds to (multiplies, takes the minimum or maximum with) its own element may
/// run in any order, in integers.
std::vector<Dependence> carried_dependences(const std::vector<const loop::For*>& loops);

/// "an iteration writes 't' that another one (i later, j same) reads".
std::string describe(const Dependence& dependence, const std::vector<const loop::For*>& loops);

}  // namespace tandem::schedule
