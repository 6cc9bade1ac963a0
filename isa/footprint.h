// The scratchpad elements that a macro-instruction touches, as ranges. Part of the static checker.
#pragma once

#include <vector>

#include "isa/access.h"

namespace tandem::isa {

/// Disjoint ranges in order, for each way to touch.
struct Footprint {
  std::vector<SramRange> inp, wgt, prm;  // read
  std::vector<SramRange> acc_read, acc_written;
  std::vector<SramRange> out_written;
  /// An accumulator may be read after an earlier step of the instruction has written it.
  bool reads_own_results = false;
};

/// Of a GEMM, MAC, ALU, ALU_EXTENDED or REQUANTIZE inside its buffers (nothing of other instructions). `uops` are the
/// micro-ops that it runs. Time: linear in the micro-ops and in what one operand can reach over 64, by the logarithm of
/// the trips; not in the steps.
Footprint footprint(const HwConfig& config, const Instruction& instruction, const std::vector<Uop>& uops);

}  // namespace tandem::isa
