// Yosys as this project runs it: the accelerator's Verilog elaborated once, its modules mapped one by one behind the
// borders of the others.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "support/result.h"

namespace tandem::synth {

/// Verilog parameters by name.
using Parameters = std::vector<std::pair<std::string, int64_t>>;

/// Yosys's commands that read all of hw/ and elaborate one module.
std::string read_script(const std::string& module, const Parameters& parameters);

/// One parametrised module of an elaborated design.
struct Element {
  std::string name;                           // as Yosys calls it: "$paramod$9d76...\stream_fifo"
  std::string base;                           // "stream_fifo"
  std::map<std::string, int64_t> parameters;  // all that it has
  std::vector<std::string> children;          // names of the elements that it instantiates, each once
  std::map<std::string, std::map<std::string, int64_t>>
      unread;  // instances of modules that were not read: their parameters
};

/// A module of hw/ with some of its parameters; the others keep their defaults.
struct Instance {
  std::string module;
  Parameters parameters;
};

/// An elaborated design.
struct Elaborated {
  std::string rtlil;              // the file
  std::vector<std::string> tops;  // the elements' names of what was asked for, in its order
  std::vector<Element> elements;  // children before parents
};

/// A way from elaborated modules to figures.
enum class Flow { kXc7, kGates };
inline constexpr Flow kFlows[] = {Flow::kXc7, Flow::kGates};

class Yosys {
 public:
  /// Finds Yosys and the sources. Errors: Yosys is not installed.
  static Result<Yosys> find();

  const std::string& version() const { return version_; }
  /// What a flow's figures depend on beside the module itself.
  uint64_t flow_key(Flow flow) const;
  /// What a module's figures depend on beside its parameters and the modules below it: its file, and what that
  /// includes.
  uint64_t source_key(const std::string& base) const { return source_keys_.at(base); }
  /// Of all sources.
  uint64_t sources_key() const;

  /// Elaborates modules side by side into files `path`.*. Those named in `unread` become black boxes below them.
  Result<Elaborated> elaborate(const std::vector<Instance>& instances, const std::vector<std::string>& unread,
                               const std::string& path) const;

  /// Maps the elements named, of all that the design has; the others are black boxes. kXc7 writes a netlist as JSON,
  /// kGates the statistics, to `output`.
  Result<void> map(Flow flow, const Elaborated& design, const std::vector<std::string>& names,
                   const std::string& output) const;

  /// Maps the whole design of one top and lays it flat. `output` ends in ".json" or in ".v".
  Result<void> map_flat(Flow flow, const Elaborated& design, const std::string& output) const;

  /// The modules of a kGates output and the gates of each.
  static Result<std::map<std::string, int64_t>> read_gates(const std::string& path);

 private:
  Result<void> run(const std::string& path, const std::string& script) const;

  std::string version_;
  std::vector<std::string> sources_;
  std::map<std::string, uint64_t> source_keys_;
};

}  // namespace tandem::synth
