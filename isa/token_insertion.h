// Tokens for a list of instructions whose meaning is their order in the list. For tests: the compiler has its own.
#pragma once

#include <vector>

#include "isa/program.h"
#include "support/rng.h"

namespace tandem::isa {

/// The instructions with token flags (and compute instructions that do nothing, where load and store must wait for each
/// other) such that every access waits for the conflicting ones before it. `uops` holds, per instruction, the micro-ops
/// that it runs. With `eager`, a wait is for the neighbour's latest instruction; else for a random one that suffices,
/// and some waits are needless.
std::vector<Instruction> insert_tokens(const HwConfig& config, uint64_t dram_bytes,
                                       const std::vector<Instruction>& instructions,
                                       const std::vector<std::vector<Uop>>& uops, Rng& rng, bool eager);

}  // namespace tandem::isa
