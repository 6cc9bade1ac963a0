// What makes an instruction impossible to execute, in the words that all simulators share: those of the static checker
// (isa/program.h), which finds the same faults.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "isa/program.h"
#include "sim/api/run_error.h"

namespace tandem::sim {

struct InstructionFault {
  ErrorCode code = ErrorCode::kBounds;
  std::string what;
};

/// Whether the block of a LOAD or STORE lies in its buffer, which the hardware knows before it runs.
std::optional<InstructionFault> check_block(const isa::HwConfig& hardware, const isa::Instruction& instruction);

/// What is wrong with an instruction before it runs, tokens or not: tokens of a missing neighbour, a block beyond its
/// buffer, and where FINISH stands. `last`: it is the program's last one.
std::optional<InstructionFault> check_before_run(const isa::HwConfig& hardware, const isa::Instruction& instruction,
                                                 bool last);

/// Whether what a LOAD or STORE touches lies in the DRAM of `dram_bytes`. Others touch nothing.
std::optional<InstructionFault> check_dram(const isa::HwConfig& hardware, uint64_t dram_bytes,
                                           const isa::Instruction& instruction);

/// Whether the indices of a GEMM, MAC, ALU or REQUANTIZE lie in their buffers, with the micro-op buffer as `uops` has
/// it. Others have none.
std::optional<InstructionFault> check_indices(const isa::HwConfig& hardware, const isa::Instruction& instruction,
                                              const isa::Uop* uops);

}  // namespace tandem::sim
