// Verilates the accelerator for a hardware configuration into a shared object, on demand, into a cache that is
// addressed by content.
#pragma once

#include <string>

#include "isa/hw_config.h"
#include "support/result.h"

namespace tandem::sim {

struct RtlModelOptions {
  bool assertions = false;      // check the RTL's assertions while it runs: slower, for tests
  std::string cache_directory;  // "": default_rtl_cache()
  std::string netlist;          // instead of hw/: this Verilog file, of a top of the same name and ports, without
                                // parameters (synth/gate_netlist.h writes it)
  bool mutants = false;         // the netlist has the input mutant_i
  bool waveforms = false;       // runs can write their signals (RtlConditions::waveform): a tenth of the speed
};

/// $TANDEM_CACHE, else .cache/verilated in the checkout, else (where that cannot be written) ~/.cache/tandem.
std::string default_rtl_cache();

/// The path of the shared object that exports sim/rtl/harness/harness.h's functions for `hardware`. Built where the
/// cache does not have it: its name is a hash of the RTL, the harness, the parameters, the tools and the processor.
/// Processes that ask for the same model wait for one build; different models build side by side. Errors: illegal
/// hardware, a missing tool, a failed build with the place of its log.
Result<std::string> build_rtl_model(const isa::HwConfig& hardware, const RtlModelOptions& options = {});

}  // namespace tandem::sim
