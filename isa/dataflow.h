// Order of data between engines: that nothing is read before it is written and no two engines race. Part of the static
// checker.
#pragma once

#include <vector>

#include "isa/footprint.h"
#include "isa/token_run.h"

namespace tandem::isa {

/// For every access to a scratchpad element or DRAM byte, the last conflicting access of another engine must be done
/// for certain (run.before); with `unwritten_reads`, a scratchpad element that is read must have been written, and with
/// `whole_tensors` a byte of DRAM that neither an input nor a segment holds. The instructions must be in bounds and
/// `run` without faults. `footprints` has one for each instruction, null where it touches no scratchpad by steps. One
/// fault per instruction, the later one of two that race.
std::vector<Fault> check_dataflow(const Program& program, const std::vector<Instruction>& instructions,
                                  const std::vector<const Footprint*>& footprints, const TokenRun& run,
                                  const CheckOptions& options);

}  // namespace tandem::isa
