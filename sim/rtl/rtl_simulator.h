// Runs programs on the Verilated accelerator beside the DRAM model: every cycle is the real RTL's.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "isa/hw_config.h"
#include "sim/api/simulator.h"
#include "sim/dram/platform.h"
#include "sim/dram/restless_dram.h"
#include "sim/rtl/model_builder.h"
#include "support/result.h"

namespace tandem::sim {

/// The signals of a run in FST, GTKWave's format.
struct Waveform {
  std::string path;
  uint64_t first_cycle = 0, last_cycle = ~uint64_t{0};  // of the run; what comes before and after is left out
};

/// What a test does to the accelerator besides running programs.
struct RtlConditions {
  std::optional<Restlessness> memory;  // in place of the ideal one, with the platform's latencies
  uint32_t watchdog_cycles = 0;        // 0: the device's default
  uint64_t soft_reset_cycle = 0;       // reset once in the midst of each run, then start again; 0: don't
  bool free_running = false;           // the clocks of sleeping parts run, too
  bool relaunch = false;               // runs follow each other on one device, which keeps its state, but for the DRAM
  uint64_t memory_base = 0;            // where the device sees the program's memory: in all its address registers
  bool watch_registers = false;        // they must read back as written, and an interrupt tell how each run ended
  std::optional<Waveform> waveform = {};  // of the last run that begins; slow
  uint32_t mutant = 0;                    // the active one of a netlist with mutants; 0: none
};

/// A simulator of `hardware` on `platform`. Builds the model where the cache does not have it (build_rtl_model), and
/// loads it. Each run starts from reset, with empty scratchpads. Counters: "ENGINE.CAUSE" in cycles, which sum to
/// `cycles` for each of fetch, load, compute and store; then operations and bytes.
Result<std::unique_ptr<Simulator>> make_rtl_simulator(const isa::HwConfig& hardware, const Platform& platform = {},
                                                      const RtlModelOptions& options = {},
                                                      const RtlConditions& conditions = {});
/// The same from a model that build_rtl_model has made for `hardware`.
Result<std::unique_ptr<Simulator>> load_rtl_simulator(const std::string& model, const isa::HwConfig& hardware,
                                                      const Platform& platform = {},
                                                      const RtlConditions& conditions = {});

}  // namespace tandem::sim
