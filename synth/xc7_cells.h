// The primitives of AMD's 7 series as Yosys 0.23 maps to them: what each costs and how long it takes.
#pragma once

#include <string>
#include <vector>

#include "synth/netlist.h"

namespace tandem::synth {

/// How a pin of a cell takes part in paths.
struct Pin {
  std::string port;
  double setup_ns = 0;  // inputs: before the clock; outputs: after it
  bool routed = true;   // a routed net leads to the pin; else a fixed wire inside the slice
};

/// A combinational arc between two ports, from every bit to every bit.
struct Arc {
  std::string from, to;
  double ns = 0;
  int levels = 0;
  bool routed = true;
};

struct Cell {
  Resources resources;
  std::vector<Pin> captures;  // inputs that end a path
  std::vector<Pin> launches;  // outputs that begin one
  std::vector<Arc> arcs;
};

/// What the net in front of a routed pin costs: Yosys does not place, so this is an assumption of this project, about
/// what a filled device of speed grade -1 shows on average.
inline constexpr double kNetNs = 0.6;

/// The cell of that type; `registers` says which pipeline registers a DSP48E1 uses. nullptr where the type is not
/// known.
struct DspRegisters {
  bool a = false, b = false, c = false, m = false, p = false;
  bool multiplies = true;
  bool adds_first = false;  // A + D are multiplied
  bool d = false, ad = false;
};
const Cell* find_cell(const std::string& type, const DspRegisters& registers);

/// Names the model of time in reports: the cells' delays and the net's.
std::string timing_method();

}  // namespace tandem::synth
