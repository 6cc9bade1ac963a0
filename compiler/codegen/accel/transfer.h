// DMA: an n-dimensional copy between DRAM and a scratchpad as the blocks that LOAD and STORE can move.
#pragma once

#include <cstdint>
#include <vector>

namespace tandem::codegen {

/// One loop of a copy, in elements of the scratchpad. Iterations outside of [valid_begin, valid_end) are pads: the
/// scratchpad gets zeros and DRAM is not touched.
struct TransferLoop {
  int64_t extent = 1;
  int64_t sram_stride = 0, dram_stride = 0;
  int64_t valid_begin = 0, valid_end = 1;

  bool padded() const { return valid_begin > 0 || valid_end < extent; }
};

/// What one LOAD or STORE moves; as the fields of the same names. `zero` blocks read no tensor: every element is a
/// zero.
struct TransferBlock {
  int64_t sram_base = 0, dram_base = 0;
  int64_t y_size = 1, x_size = 1, x_stride = 0;
  int64_t y_pad_0 = 0, y_pad_1 = 0, x_pad_0 = 0, x_pad_1 = 0;
  bool zero = false;

  int64_t sram_elements() const { return (y_pad_0 + y_size + y_pad_1) * (x_pad_0 + x_size + x_pad_1); }
};

/// The largest values of the fields.
struct TransferLimits {
  int64_t y_size = 0, x_size = 0, x_stride = 0, y_pad = 0, x_pad = 0;
};

/// Blocks that write (LOAD) or read (STORE) each element of the scratchpad once. Loops with a valid part count in any
/// order; a loop over one element of the scratchpad must not have more than one iteration.
std::vector<TransferBlock> transfer_blocks(int64_t sram_base, int64_t dram_base, std::vector<TransferLoop> loops,
                                           const TransferLimits& limits);

}  // namespace tandem::codegen
