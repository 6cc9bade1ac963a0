// Runs programs on the Verilated accelerator beside the DRAM model: every cycle is the real RTL's.
#pragma once

#include <memory>
#include <optional>

#include "isa/hw_config.h"
#include "sim/api/simulator.h"
#include "sim/dram/platform.h"
#include "sim/dram/restless_dram.h"
#include "sim/rtl/model_builder.h"
#include "support/result.h"

namespace tandem::sim {

/// What a test does to the accelerator besides running programs.
struct RtlConditions {
  std::optional<Restlessness> memory;  // in place of the ideal one, with the platform's latencies
  uint32_t watchdog_cycles = 0;        // 0: the device's default
  uint64_t soft_reset_cycle = 0;       // reset once in the midst of each run, then start again; 0: don't
  bool relaunch = false;               // runs follow each other on one device, which keeps its state, but for the DRAM
};

/// A simulator of `hardware` on `platform`. Builds the model where the cache does not have it (build_rtl_model), and
/// loads it. Each run starts from reset, with empty scratchpads. Counters: "ENGINE.CAUSE" in cycles, which sum to
/// `cycles` for each of fetch, load, compute and store; then operations and bytes.
Result<std::unique_ptr<Simulator>> make_rtl_simulator(const isa::HwConfig& hardware, const Platform& platform = {},
                                                      const RtlModelOptions& options = {},
                                                      const RtlConditions& conditions = {});

}  // namespace tandem::sim
