// Analysis of index expressions: value ranges and simplification under the ranges of the loops around them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "compiler/loop/ir.h"

namespace tandem::loop {

/// Both ends included.
struct Interval {
  int64_t low = 0;
  int64_t high = 0;
};
inline bool operator==(const Interval& a, const Interval& b) { return a.low == b.low && a.high == b.high; }

/// The values that variables take: a loop's variable lies in [0, extent - 1].
using Ranges = std::map<VarRef, Interval>;

/// The smallest interval that this analysis can prove for an i64 expression; empty where a variable has no known range
/// or a value is loaded.
std::optional<Interval> range_of(const Expr& expr, const Ranges& ranges);
std::optional<Interval> range_of(const Affine& affine, const Ranges& ranges);

/// An equal expression: affine parts in the order of `to_expr`, divisions and comparisons resolved where the ranges
/// allow it, e.g. (i * 4 + j) / 4 to i for j in 0..4.
Expr simplify(const Expr& expr, const Ranges& ranges);
/// Simplifies every expression under the ranges of the loops around it, beginning with `outer`; removes what never
/// runs.
Stmt simplify(const Stmt& stmt, const Ranges& outer = {});

}  // namespace tandem::loop
