// What the knobs of a depthwise convolution or an average pool mean on hardware whose MAC can work depthwise: tiles,
// sizes, and the closed-form cost. No lowering.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compiler/ops/nest_builder.h"
#include "compiler/ops/operator.h"
#include "compiler/ops/template.h"
#include "isa/hw_config.h"

namespace tandem::ops {

/// Whether the depthwise MAC runs the operator as it is: one input channel for each output channel, requantised per
/// channel, the columns of the kernel whole steps of the unit's taps (`widen_for_depthwise`).
bool runs_depthwise(const Conv2d& op, const isa::HwConfig& hardware);
bool runs_depthwise(const AveragePool& op, const isa::HwConfig& hardware);
/// The same convolution with kernel columns of zero weights, so that every step of the unit takes neighbouring columns.
Conv2d widen_for_depthwise(Conv2d op, const isa::HwConfig& hardware);

/// Tiles count blocks of `batch` images and `block_out` channels, rows and columns of the output.
struct DepthwiseChoice {
  int64_t tile_n = 1, tile_c = 1, tile_h = 1, tile_w = 1;
  int64_t double_inp = 1, double_acc = 1;  // several copies, so that transfers overlap computing
};
std::vector<Knob> depthwise_knobs(const Operator& op, const isa::HwConfig& hardware);
DepthwiseChoice depthwise_choice(const KnobValues& values);
KnobValues knob_values(const DepthwiseChoice& choice);

/// The operators that the template takes, under one set of names.
struct DepthwiseShape {
  int64_t n, c, h, w, kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w, out_h, out_w;
  bool has_taps;  // each has a weight of its own
  bool has_pads;
  int pad_value;
  Rounding rounding;
};
DepthwiseShape depthwise_shape(const Operator& op);

struct DepthwisePlan {
  std::vector<TiledDim> dims;                               // o (channels), n, h, w
  int64_t inp_elements = 1, acc_elements = 1;               // of one copy
  int64_t wgt_rows = 1, wgt_columns = 1, wgt_elements = 1;  // taps are stored as so many, which make whole elements
  int64_t inp_copies = 1, wgt_copies = 1, acc_copies = 1, prm_copies = 1;
  size_t inp_depth = 0, wgt_depth = 0, prm_depth = 0;  // how many of dims' loops stand around the load

  const TiledDim& dim(size_t position) const { return dims[position]; }
};
DepthwisePlan plan_depthwise(const Operator& op, const isa::HwConfig& hardware, const DepthwiseChoice& choice);

/// As `infeasible`.
std::string infeasible_depthwise(const Operator& op, const isa::HwConfig& hardware, const DepthwiseChoice& choice);

/// Steps of the unit, beats and cycles.
struct DepthwiseEstimate {
  double steps = 0, inp_beats = 0, wgt_beats = 0, store_beats = 0, instructions = 0, total_cycles = 0;
};
DepthwiseEstimate estimate_depthwise(const Operator& op, const isa::HwConfig& hardware, const DepthwisePlan& plan);

}  // namespace tandem::ops
