// Runs programs on a SystemC platform whose accelerator counts the RTL's cycles without simulating its clock.
#pragma once

#include <memory>

#include "isa/hw_config.h"
#include "sim/api/simulator.h"
#include "sim/dram/platform.h"

namespace tandem::sim {

struct TimingOptions {
  /// Without: cycles and counters alone, several times faster; outputs are all zero. Micro-ops are then read from the
  /// program's segments, not from what it stores.
  bool data = true;
};

/// A simulator of `hardware` on `platform`.
std::unique_ptr<Simulator> make_timing_simulator(const isa::HwConfig& hardware, const Platform& platform = {},
                                                 const TimingOptions& options = {});

}  // namespace tandem::sim
