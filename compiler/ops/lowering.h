// What an operator becomes on one accelerator before it is scheduled: layers with few channels get their windows as
// channels, groups become blocks of lanes, pads that the hardware cannot write are the host's. Each keeps the result.
#pragma once

#include <optional>
#include <string>

#include "compiler/ops/operator.h"
#include "isa/hw_config.h"

namespace tandem::ops {

struct Lowered {
  Operator op;                      // what is scheduled
  std::optional<Im2col> expansion;  // the host's work on the input before it; its output is what `op` reads
  std::string reason;               // of what was done; empty where `op` is the operator itself
};

/// `op` must pass `check`. A convolution of fewer channels than block_in is folded where that lowers its roofline by a
/// tenth, rows and columns of the kernel that become channels being chosen by the roofline of what results.
Lowered lower(const Operator& op, const isa::HwConfig& hardware);

/// The weight of `lowered.op` from that of `op`: folded, and with zeros between groups that were merged.
Tensor lower_weight(const Operator& op, const Lowered& lowered, const Tensor& weight);

}  // namespace tandem::ops
