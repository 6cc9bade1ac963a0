// Runs programs on the Verilated accelerator beside the DRAM model: every cycle is the real RTL's.
#pragma once

#include <memory>

#include "isa/hw_config.h"
#include "sim/api/simulator.h"
#include "sim/dram/platform.h"
#include "sim/rtl/model_builder.h"
#include "support/result.h"

namespace tandem::sim {

/// A simulator of `hardware` on `platform`. Builds the model where the cache does not have it (build_rtl_model), and
/// loads it. Each run starts from reset, with empty scratchpads. Counters: "ENGINE.CAUSE" in cycles, which sum to
/// `cycles` for each of fetch, load, compute and store; then operations and bytes.
Result<std::unique_ptr<Simulator>> make_rtl_simulator(const isa::HwConfig& hardware, const Platform& platform = {},
                                                      const RtlModelOptions& options = {});

}  // namespace tandem::sim
