// From an operator to a scheduled kernel for the accelerator: knobs declared as data, a default choice, and the
// schedule as a trace.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "compiler/loop/ir.h"
#include "compiler/ops/operator.h"
#include "isa/hw_config.h"
#include "support/result.h"

namespace tandem::ops {

/// One tunable choice, e.g. {"tile_h", {1, 2, 4, 7, 14}}.
struct Knob {
  std::string name;
  std::vector<int64_t> choices;
};
/// A value for every knob, by name.
using KnobValues = std::map<std::string, int64_t>;

/// The knobs of an operator on one hardware configuration. A combination may still be infeasible: `infeasible` says
/// why.
std::vector<Knob> knobs(const Operator& op, const isa::HwConfig& hardware);
/// Empty where the choice fits the buffers and fields of the hardware; else the constraint it breaks, with sizes.
/// Closed form, fast.
std::string infeasible(const Operator& op, const isa::HwConfig& hardware, const KnobValues& values);
/// The feasible choices of least cycles by a closed-form cost estimate, at most `count`, best first; an error where the
/// operator cannot be placed on this hardware at all.
Result<std::vector<KnobValues>> ranked_knobs(const Operator& op, const isa::HwConfig& hardware, size_t count);
/// The best of them.
Result<KnobValues> default_knobs(const Operator& op, const isa::HwConfig& hardware);
/// Lower bound on cycles: the design's Roofline (GEMM micro-ops after padding to blocks or steps of the depthwise MAC,
/// read beats, write beats). An operator as `lower` leaves it: what the host expanded is its input's traffic.
int64_t roofline_cycles(const Operator& op, const isa::HwConfig& hardware);

/// A scheduled kernel (loops, scopes, Intrinsic statements, copies between "dram" and scratchpads) and the trace that
/// made it.
struct ScheduledKernel {
  loop::Kernel kernel;  // params carry the layouts that the host must pack to
  std::string trace;    // schedule::to_json: the rewrites from `define(op)` to the kernel
};
Result<ScheduledKernel> schedule_for_accel(const Operator& op, const isa::HwConfig& hardware, const KnobValues& values);

/// The scheduled kernel that a saved trace makes of `define(op)`. Errors: no trace, or a step that is illegal here.
Result<ScheduledKernel> replay(const Operator& op, const isa::HwConfig& hardware, const std::string& trace);

/// Features of a candidate for a cost model: closed forms of the operator, the knobs and the hardware; no lowering.
/// Fixed length and order.
std::vector<float> features(const Operator& op, const isa::HwConfig& hardware, const KnobValues& values);
std::vector<std::string> feature_names();

}  // namespace tandem::ops
