// What the knobs of a convolution mean on one hardware configuration: tiles, loads and their places, sizes, and the
// closed-form cost. No lowering.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compiler/ops/nest_builder.h"
#include "compiler/ops/operator.h"
#include "compiler/ops/requantize_lowering.h"
#include "compiler/ops/template.h"
#include "isa/hw_config.h"

namespace tandem::ops {

/// The values of the knobs, which carry these names. Tiles count blocks of `batch` images, `block_in` and `block_out`
/// channels, rows and columns of the output.
struct Conv2dChoice {
  int64_t tile_n = 1, tile_o = 1, tile_h = 1, tile_w = 1, tile_c = 1;
  int64_t space_outer = 0;  // 0: output channels are the outer loop, 1: images and space are
  int64_t resident = 0;  // the operand that changes with the outer loop only is loaded for all input channels at once
  int64_t double_inp = 1, double_wgt = 1, double_acc = 1;  // several copies, so that transfers overlap computing
  int64_t whole_wgt = 0;  // all weights of the layer are kept; only where channels have requantisations of their own
  int64_t tile_r = 0, tile_s = 0;  // rows and columns of the kernel, 0: all; only where buffers are small beside it
};
std::vector<Knob> conv2d_knobs(const Conv2d& op, const isa::HwConfig& hardware);
Conv2dChoice conv2d_choice(const KnobValues& values);
KnobValues knob_values(const Conv2d& op, const Conv2dChoice& choice);

/// Groups are taken one by one: all but `n` counts within one group. Their channels make whole blocks, or there is one
/// group (`lower`).
struct Conv2dPlan {
  int64_t n = 1, o = 1, c = 1;  // in blocks
  int64_t groups = 1;
  std::vector<TiledDim> dims;  // g where there are several, n, o, h, w in loop order; then c, r, s
  bool compact_rows = false;   // rows that no window touches are not loaded
  bool fold_half = false;      // the rounding half is added to the bias
  std::vector<AluStep> requantize;
  int64_t inp_copies = 1, wgt_copies = 1, acc_copies = 1, bias_copies = 1;
  int64_t inp_channels = 1, wgt_channels = 1;                          // blocks of input channels in one copy
  int64_t inp_elements = 1, wgt_elements = 1, acc_elements = 1;        // of one copy
  int64_t bias_elements = 1;                                           // or, per channel, of their parameters
  size_t inp_depth = 0, wgt_depth = 0, acc_depth = 0, bias_depth = 0;  // how many of dims' loops stand around the load
  int64_t tile_r = 1, tile_s = 1;                                      // kernel rows and columns taken together

  const TiledDim& dim(const std::string& name) const;
  int64_t rows(const Conv2d& op, int64_t outputs) const {
    return compact_rows ? outputs * tile_r : (outputs - 1) * op.stride_h + (tile_r - 1) * op.dilation_h + 1;
  }
  int64_t columns(const Conv2d& op, int64_t outputs) const {
    return (outputs - 1) * op.stride_w + (tile_s - 1) * op.dilation_w + 1;
  }
};
Conv2dPlan plan(const Conv2d& op, const isa::HwConfig& hardware, const Conv2dChoice& choice);

/// As `infeasible`.
std::string infeasible(const Conv2d& op, const isa::HwConfig& hardware, const Conv2dChoice& choice);

/// Closed-form counts of a choice; beats and cycles.
struct CostEstimate {
  double gemm_cycles = 0, alu_cycles = 0, macro_instructions = 0, uops = 0;
  double inp_beats = 0, wgt_beats = 0, acc_beats = 0, store_beats = 0, dma_instructions = 0;
  double prologue_cycles = 0, epilogue_cycles = 0;
  double total_cycles = 0;
};
CostEstimate estimate(const Conv2d& op, const isa::HwConfig& hardware, const Conv2dPlan& plan,
                      const Conv2dChoice& choice);

}  // namespace tandem::ops
