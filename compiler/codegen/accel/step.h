// One instruction on its way into a Program: what it reads and writes, before micro-ops, tokens and DRAM places are
// settled.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "isa/instruction.h"

namespace tandem::codegen {

/// Where dependences are looked for: the scratchpads, the value of INP pads, then one space for each DRAM tensor. What
/// STORE reads is `out`. `acc` and the states of compute (by their codes) belong to compute alone and the pads to load,
/// whose queues are sequential: they matter where the order of the steps is chosen, and need no tokens. Micro-ops are
/// placed after that.
enum Space : int {
  kSpaceInp,
  kSpaceWgt,
  kSpaceOut,
  kSpaceAcc,
  kSpacePrm,
  kSpaceInpPad,
  kSpaceComputeStates,
  kFirstTensorSpace
};

/// Elements [begin, end) of a scratchpad, or bytes of a DRAM tensor.
struct Access {
  int space = 0;
  int64_t begin = 0, end = 0;
  bool is_write = false;
};

struct Step {
  isa::Instruction instruction;  // token flags are added at the end; dram_base counts from the start of `tensor`
  isa::Engine engine = isa::Engine::kCompute;
  int tensor = -1;  // LOAD, STORE: of the DRAM side
  int fill = 0;     // the bytes of elements that no tensor holds
  std::vector<Access> accesses;
  std::vector<isa::Uop> uops;  // GEMM, MAC, ALU: the micro-ops; uop_bgn and uop_end follow from where they are placed
  int layer = 0;
};

/// Half-open runs of addresses.
struct Run {
  int64_t begin = 0, end = 0;
};

/// The addresses base + sum of i[d] * strides[d] (i[d] < extents[d]), each standing for `length` of them, as runs;
/// neighbouring and overlapping ones are joined. Strides must not be negative.
std::vector<Run> touched(int64_t base, int64_t length, const std::vector<int64_t>& extents,
                         const std::vector<int64_t>& strides);

/// Adds the runs; from 64 of them on, the one interval that covers all (a dependence too many is correct, only slower).
void add_accesses(std::vector<Access>& accesses, int space, const std::vector<Run>& runs, bool is_write);

}  // namespace tandem::codegen
