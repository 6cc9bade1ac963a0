// The accelerator as Yosys understands it, written back as Verilog that simulates: of generic gates, or with mutants in
// it. The top keeps its name and its ports; memories stay memories.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "isa/hw_config.h"
#include "support/result.h"

namespace tandem::synth {

/// One flat module of two-input gates, multiplexers and flip-flops.
Result<void> write_gates(const isa::HwConfig& hardware, const std::string& path);

/// A small change of the design: what it does to which bit of which cell, and where in hw/ the cell comes from.
struct Mutant {
  std::string change;               // "inv Q[3] of $auto, u_load.u_reader.busy_q[3]"
  std::vector<std::string> places;  // "dma_reader.sv:99.23-99.40"
};

/// One flat module of Yosys's word-wide cells with `count` mutants (Yosys's `mutate`, sampled evenly by `seed`), of
/// which the one whose number, from 1 on, is at the additional input mutant_i is active; 0: none is.
Result<std::vector<Mutant>> write_mutants(const isa::HwConfig& hardware, uint64_t seed, int count,
                                          const std::string& path);

}  // namespace tandem::synth
