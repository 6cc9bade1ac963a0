// Order of data between engines: that nothing is read before it is written and no two engines race. Part of the static
// checker.
#pragma once

#include <vector>

#include "isa/token_run.h"

namespace tandem::isa {

/// For every access to a scratchpad element or DRAM byte, the last conflicting access of another engine must be ordered
/// before it by tokens; with `unwritten_reads`, a scratchpad element that is read must have been written. The
/// instructions must be in bounds and `run` without faults. `uops` holds, per instruction, the micro-ops that a GEMM or
/// ALU instruction runs. One fault per instruction.
std::vector<Fault> check_dataflow(const Program& program, const std::vector<Instruction>& instructions,
                                  const std::vector<std::vector<Uop>>& uops, const TokenRun& run,
                                  const CheckOptions& options);

}  // namespace tandem::isa
