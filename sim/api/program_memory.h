// A program's DRAM before and after a run, and when its layers were done: the same for all simulators with time.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/api/simulator.h"

namespace tandem::sim {

/// Puts segments and inputs where the program wants them.
void fill_memory(const isa::Program& program, const Buffers& inputs, uint8_t* dram);
/// And the instructions.
void fill_code(const isa::Program& program, uint8_t* dram);
/// Every output binding.
Buffers read_outputs(const isa::Program& program, const uint8_t* dram);
/// RunResult::mark_cycles, from the cycle in which each instruction completed.
std::vector<uint64_t> mark_cycles(const isa::Program& program, const std::vector<uint64_t>& retire_cycles);

}  // namespace tandem::sim
