// A convolution on the accelerator as a schedule: from its definition, by the checked primitives, to tiles in the
// scratchpads and intrinsics.
#pragma once

#include "compiler/ops/conv2d_plan.h"
#include "compiler/ops/operator.h"
#include "compiler/schedule/schedule.h"
#include "isa/hw_config.h"
#include "support/result.h"
#include "tensorize/intrinsic.h"

namespace tandem::ops {

Result<schedule::Schedule> schedule_conv2d(const Conv2d& op, const isa::HwConfig& hardware, const Conv2dPlan& plan,
                                           const tensorize::IntrinsicSet& intrinsics);

}  // namespace tandem::ops
