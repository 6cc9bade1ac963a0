// The meaning of a program, fast and with every check on; it knows tokens and queues, but no time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "isa/hw_config.h"
#include "sim/api/simulator.h"

namespace tandem::sim {

struct FunctionalOptions {
  /// Absent: each engine in turn goes as far as it can. Present: the engines take turns at random, instruction by
  /// instruction, in any order that the tokens allow, so that a missing token shows as a wrong result. The same seed
  /// gives the same order.
  std::optional<uint64_t> interleave_seed;
};

/// A simulator of `hardware`. Its cycles are 0 and RunLimits never bind; an instruction keeps its place in the command
/// queue until it is done.
std::unique_ptr<Simulator> make_functional_simulator(const isa::HwConfig& hardware,
                                                     const FunctionalOptions& options = {});

}  // namespace tandem::sim
