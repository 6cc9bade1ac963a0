// What Yosys makes of one module, read from its JSON: cells and instances counted, paths timed. Paths cross module
// borders through abstracts, so that a hierarchical netlist gives the same figures as a flattened one.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "support/result.h"

namespace tandem::synth {

/// What an FPGA of AMD's 7 series has of each kind.
struct Resources {
  int64_t lut = 0;     // six-input tables, those that serve as memory included
  int64_t ff = 0;      // flip-flops
  int64_t ramb18 = 0;  // halves of a BRAM36
  int64_t dsp = 0;     // DSP48E1
  int64_t gates = 0;   // of a generic netlist (two-input gates, inverters, multiplexers), flip-flops and memories apart

  Resources& operator+=(const Resources& other);
  friend Resources operator*(int64_t count, Resources one);
  bool operator==(const Resources& other) const;
  double bram36() const { return static_cast<double>(ramb18) / 2; }
};

/// The length of a path: levels of logic, and time. Each is the maximum over all paths, not of the same one.
struct Length {
  double levels = -1;  // negative: there is no path
  double ns = -1;
  bool exists() const { return levels >= 0; }
  void raise(const Length& other);
  Length operator+(const Length& more) const { return {levels + more.levels, ns + more.ns}; }
};

/// A path that begins and ends in registers, with the names of both.
struct Path {
  Length length;
  std::string from, to;  // "u_compute.dst_q[3]"; of the slowest path
  void raise(const Path& other, const std::string& prefix);
};

/// One module seen from outside: its own resources, its instances, its paths. Port bits are "name[3]"; where `uniform`,
/// "name[0]" stands for all bits of the port.
struct Abstract {
  Resources own;                            // without its instances
  std::map<std::string, int64_t> cells;     // of Yosys's types
  std::map<std::string, int64_t> children;  // module -> instances of it in this module
  bool uniform = false;
  Path inside;                          // the longest from register to register, its instances included
  std::map<std::string, Path> launch;   // output bit -> the longest path from a register to it
  std::map<std::string, Path> capture;  // input bit -> the longest path from it to a register
  std::map<std::string, std::map<std::string, Length>> through;  // output bit -> input bit -> combinational path
};

/// Reads the module `name` of a netlist that `synth_xilinx` mapped and `json` wrote; `known` has the abstracts of
/// the modules that it instantiates. Errors: cells whose timing is not known, combinational loops.
Result<Abstract> read_module(const nlohmann::json& netlist, const std::string& name,
                             const std::map<std::string, Abstract>& known);

/// The abstract of a module of `copies` times as many lanes that work side by side, and share nothing but control. A
/// bug where the module has instances or combinational paths.
Abstract widened(const Abstract& narrow, int64_t copies);

nlohmann::json to_json(const Abstract& abstract);
Abstract abstract_from_json(const nlohmann::json& json);

}  // namespace tandem::synth
