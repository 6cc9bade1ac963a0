// The schedule of a depthwise convolution or an average pool on the depthwise MAC, as primitives.
#pragma once

#include "compiler/ops/depthwise_plan.h"
#include "compiler/schedule/schedule.h"

namespace tandem::ops {

Result<schedule::Schedule> schedule_depthwise(const Operator& op, const isa::HwConfig& hardware,
                                              const DepthwisePlan& plan, const tensorize::IntrinsicSet& intrinsics);

}  // namespace tandem::ops
