// The arithmetic of one GEMM macro-instruction, vectorised; not its checks, which the machine has made before.
#pragma once

#include <cstdint>
#include <vector>

#include "isa/instruction.h"

namespace tandem::sim {

/// acc[dst][b][o] += sum over i of inp[src][b][i] * wgt[wgt][o][i] (wrapping), over both hardware loops and all
/// micro-ops. Every index is in bounds. Operands are held widened to int16, so that pairs multiply and add in one
/// vector instruction: inp as [entry][b][i], wgt as [entry][i / 2][o][i % 2] (see weight_offset).
struct GemmWork {
  int batch = 1;
  int block_in = 16;   // even
  int block_out = 16;  // a multiple of 4
  const isa::Uop* uops = nullptr;
  uint32_t uop_count = 0;
  uint32_t iter_out = 1, iter_in = 1;
  uint32_t dst_out = 0, dst_in = 0;
  uint32_t src_out = 0, src_in = 0;
  uint32_t wgt_out = 0, wgt_in = 0;
  const int16_t* inp = nullptr;
  const int16_t* wgt = nullptr;
  int32_t* acc = nullptr;
};

/// Where weight [o][i] of an entry stands, in int16 from the entry's start.
inline int64_t weight_offset(int block_out, int o, int i) { return int64_t{i / 2} * block_out * 2 + o * 2 + i % 2; }

/// Sums wrap and so commute: a kernel may take the steps in any order.
using GemmKernel = void (*)(const GemmWork& work);

/// The kernels that this machine can run, the fastest first; the last is portable C++.
struct NamedGemmKernel {
  const char* name;
  GemmKernel run;
};
std::vector<NamedGemmKernel> gemm_kernels();

}  // namespace tandem::sim
