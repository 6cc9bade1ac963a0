// The scheduled kernel of a convolution for the accelerator, as its plan says.
#pragma once

#include "compiler/loop/ir.h"
#include "compiler/ops/conv2d_plan.h"

namespace tandem::ops {

class AccelWriter;

/// Parameters as in `define`, packed: x [n, c, h, w, batch, block_in], weight [o, c, kernel_h, kernel_w, block_out,
/// block_in], bias [o, batch, block_out] (copied for each image of a batch), y [n, o, out_h, out_w, batch, block_out].
/// What has no intrinsic is `accel.error()`.
loop::Kernel schedule_conv2d(const Conv2d& op, const Conv2dPlan& plan, AccelWriter& accel);

}  // namespace tandem::ops
