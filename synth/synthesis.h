// Synthesis of the accelerator from its own Verilog by Yosys: what each module costs on an FPGA and in gates, how long
// its paths are. Each parametrised module is synthesised once, alone, into a cache addressed by content.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "isa/hw_config.h"
#include "support/result.h"
#include "synth/netlist.h"
#include "synth/yosys.h"

namespace tandem::synth {

/// All instances of one module of hw/, whatever their parameters.
struct ModuleReport {
  std::string name;
  int64_t instances = 0;
  Resources resources;  // of all instances together, without the modules below them, so that the rows sum to the total
  Length longest;       // from register to register, both within one instance (with the modules below it)
};

struct Report {
  std::string top;
  Resources total;
  Path critical;                      // of the whole design
  std::vector<ModuleReport> modules;  // by name
  std::string tool;                   // Yosys's version
  double clock_mhz() const { return 1000 / critical.length.ns; }
};

struct SynthesisOptions {
  bool gates = true;            // also a netlist of generic gates; else `gates` is 0 everywhere
  std::string cache_directory;  // "": default_synthesis_cache()
  int jobs = 0;                 // processes of Yosys at a time; 0: one a core
};

/// $TANDEM_CACHE, else .cache/synthesis in the checkout, else (where that cannot be written) ~/.cache/tandem.
std::string default_synthesis_cache();

/// Identity of the RTL: changes with any of its files. Errors: Yosys missing.
Result<std::string> sources_id();

/// Synthesises the whole accelerator. Minutes where nothing is cached. Errors: illegal hardware, Yosys missing or
/// failing, a module with latches or loops.
Result<Report> synthesise(const isa::HwConfig& hardware, const SynthesisOptions& options = {});

/// The report of `synthesise` where it is cached.
Result<std::optional<Report>> cached_report(const isa::HwConfig& hardware, const SynthesisOptions& options = {});

/// Synthesises one module of hw/ with the given parameters; the others keep their defaults.
Result<Report> synthesise_module(const std::string& module, const Parameters& parameters,
                                 const SynthesisOptions& options = {});

/// The same module flattened after mapping, read as one: what the tests hold `synthesise_module` against.
Result<Report> synthesise_flattened(const std::string& module, const Parameters& parameters,
                                    const SynthesisOptions& options = {});

/// Writes the mapped netlist of the whole accelerator as Verilog of the FPGA's primitives, flattened.
Result<void> write_netlist(const isa::HwConfig& hardware, const std::string& path);

/// {"top", "tool", "method", "total": {...}, "logic_depth", "period_ns", "clock_mhz", "critical": {"from", "to"},
/// "modules": [...]}.
nlohmann::ordered_json to_json(const Report& report);
Report report_from_json(const nlohmann::json& json);
/// Aligned columns for a terminal.
std::string to_text(const Report& report);

}  // namespace tandem::synth
