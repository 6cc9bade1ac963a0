// What the knobs of max pooling, residual addition and clipping mean on one hardware configuration: tiles, sizes, and
// the closed-form cost. No lowering.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "compiler/ops/nest_builder.h"
#include "compiler/ops/operator.h"
#include "compiler/ops/requantize_lowering.h"
#include "compiler/ops/template.h"
#include "isa/hw_config.h"

namespace tandem::ops {

/// Tiles count blocks of `block_out` channels, rows and columns of the output; images are taken one block at a time.
struct ElementwiseChoice {
  int64_t tile_c = 1, tile_h = 1, tile_w = 1;
  int64_t double_acc = 1;  // two copies of the results, so that stores overlap computing
};
std::vector<Knob> elementwise_knobs(const Operator& op, const isa::HwConfig& hardware);
ElementwiseChoice elementwise_choice(const KnobValues& values);
KnobValues knob_values(const ElementwiseChoice& choice);

struct ElementwisePlan {
  std::vector<TiledDim> dims;                      // n, c, h, w
  int64_t operand_elements = 0;                    // accumulators of the loaded operand that is not the result
  int64_t result_elements = 0, result_copies = 1;  // accumulators of one copy of the result
  int64_t passes = 0;                              // ALU and reset steps for each output vector
  int64_t operand_loads = 0;                       // int8 vectors loaded for one whole tile
  int64_t parameters = 0;                          // elements of requantisations in their buffer
  bool whole_parameters = true;                    // those of all channels are loaded at once
};
ElementwisePlan plan(const Operator& op, const isa::HwConfig& hardware, const ElementwiseChoice& choice);

/// What an addition does with the sum of its shifted operands.
std::vector<AluStep> addition_steps(const Add& op);

/// As `infeasible`.
std::string infeasible(const Operator& op, const isa::HwConfig& hardware, const ElementwiseChoice& choice);
/// Cycles, in closed form.
double estimate(const isa::HwConfig& hardware, const ElementwisePlan& plan);

}  // namespace tandem::ops
