// What every simulator refuses before it starts, in the same words: foreign hardware, code that cannot be
// fetched, data beyond DRAM, unknown or wrongly sized inputs.
#pragma once

#include "isa/program.h"
#include "sim/api/simulator.h"
#include "support/result.h"

namespace tandem::sim {

/// Whether `program` may run on a machine of configuration `hardware` with these inputs.
Result<void> admit(const isa::Program& program, const isa::HwConfig& hardware, const Buffers& inputs);

}  // namespace tandem::sim
