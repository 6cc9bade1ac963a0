// Which iterations of a nest touch the same element: direction vectors of affine accesses (Allen, Kennedy: "Optimizing
// Compilers for Modern Architectures", 2001, section 3). Fast and conservative: a dependence that cannot be excluded is
// reported. Before it is a reason to refuse, `exists` asks ISL, which is exact, about divisions and conditions too.
// Private to compiler/schedule.
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

/// A store that adds to (multiplies, takes the minimum or maximum with) its own element may run in any order, in
/// integers; but not at the same time.
enum class Reductions { kAnyOrder, kDepend };

/// Dependences between different iterations of `loops`, a chain of directly nested loops. Buffers allocated inside are
/// private to an iteration.
std::vector<Dependence> carried_dependences(const std::vector<const loop::For*>& loops, Reductions reductions);

/// A store `t[i] = op(t[i], e)` with an integer op that is associative and commutative, and e not reading t.
bool is_reduction(const Stmt& stmt);
/// Whether it is the update of one and the same store, which may run in any order.
bool is_reduction(const Dependence& dependence);

/// Whether there are two iterations of `loops` in that direction whose accesses touch one element. `path` leads from
/// the kernel's body to the innermost of the loops: what is around it bounds its variables, too.
bool exists(const Dependence& dependence, const std::vector<const loop::For*>& loops, const Path& path);

/// Refuses where iterations of a concurrent loop among `path` depend on each other in the new body of the kernel.
Result<void> check_concurrent(const std::string& primitive, const Path& path, const Stmt& body);

/// "an iteration writes 't' that another one (i later, j same) reads".
std::string describe(const Dependence& dependence, const std::vector<const loop::For*>& loops);

}  // namespace tandem::schedule
