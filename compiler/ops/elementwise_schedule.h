// Max pooling, residual addition and clipping on the accelerator as schedules: from their definitions, by the checked
// primitives, to tiles in the accumulators and ALU intrinsics.
#pragma once

#include "compiler/ops/elementwise_plan.h"
#include "compiler/ops/operator.h"
#include "compiler/schedule/schedule.h"
#include "isa/hw_config.h"
#include "support/result.h"
#include "tensorize/intrinsic.h"

namespace tandem::ops {

Result<schedule::Schedule> schedule_elementwise(const Operator& op, const isa::HwConfig& hardware,
                                                const ElementwisePlan& plan, const tensorize::IntrinsicSet& intrinsics);

}  // namespace tandem::ops
