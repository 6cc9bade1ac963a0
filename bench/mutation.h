// Mutants of the RTL: how many of them the programs of the tests notice.
#pragma once

#include "bench/bench.h"

namespace tandem::bench {

/// The smallest test design with 200 mutants in one netlist (synth/gate_netlist.h), 40 in a quick run, each run on
/// random programs under random conditions until something is not as without it: outputs, cycles, counters, errors,
/// registers, AXI. The notes name the survivors.
Result<Measurement> measure_mutation(const Request& request);

}  // namespace tandem::bench
