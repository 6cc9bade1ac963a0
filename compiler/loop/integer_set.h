// Questions about the integer points of conditions, answered exactly by ISL. Slow beside intervals (affine.h): ask
// where intervals cannot decide.
#pragma once

#include <vector>

#include "compiler/loop/affine.h"
#include "compiler/loop/ir.h"

namespace tandem::loop {

/// Whether all `conditions` (of type bool) can hold at once, for values of their variables within `ranges`; a variable
/// without a range is any integer. "No" is proven. Exact for sums, products with constants, division and modulo by
/// positive constants, min, max, select, comparisons, && and ||. Anything else (a loaded value, a product of variables)
/// may have any value, and where the answer takes too many steps it is "yes".
bool can_hold(const std::vector<Expr>& conditions, const Ranges& ranges);

/// Whether `indices` take every value of the box [0, shape), when the variables of `ranges` take all their values for
/// which the conditions hold; variables without a range are fixed, but unknown. "Yes" is proven.
bool covers(const std::vector<Expr>& indices, const Shape& shape, const std::vector<Expr>& conditions,
            const Ranges& ranges);

}  // namespace tandem::loop
