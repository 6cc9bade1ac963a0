// Which values an expression of a kernel may take, whatever the inputs are, within what `assume` says of them. Private
// to compiler/schedule.
#pragma once

#include "compiler/schedule/tree.h"

namespace tandem::schedule {

/// All values of a type (of i64: half of them, so that sums of two do not overflow).
loop::Interval range_of_type(loop::Type type);
bool lies_in(const loop::Interval& part, const loop::Interval& whole);

loop::Interval value_range(const Schedule& schedule, const Expr& expr);

}  // namespace tandem::schedule
