// The arithmetic of one depthwise MAC, vectorised; not its checks, which the machine has made before.
#pragma once

#include <cstdint>

#include "isa/instruction.h"

namespace tandem::sim {

/// acc[dst][b][o] += (overwrite: =) sum over t < taps of inp[src + t][b][o] * wgt[(w + t) * lanes + o], over both
/// hardware loops and all micro-ops, one after the other. Every index is in bounds. Inputs are held widened to int16.
struct DepthwiseWork {
  int batch = 1;
  int lanes = 16;  // block_in and block_out
  int taps = 1;
  bool overwrite = false;
  const isa::Uop* uops = nullptr;
  uint32_t uop_count = 0;
  uint32_t iter_out = 1, iter_in = 1;
  uint32_t dst_out = 0, dst_in = 0;
  uint32_t src_out = 0, src_in = 0;
  uint32_t wgt_out = 0, wgt_in = 0;
  const int16_t* inp = nullptr;
  const int8_t* wgt = nullptr;  // vectors of `lanes` bytes
  int32_t* acc = nullptr;
};

void run_depthwise(const DepthwiseWork& work);

}  // namespace tandem::sim
