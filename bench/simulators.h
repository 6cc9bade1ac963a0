// The speed of the simulators: simulated cycles and multiply-accumulates per second of one core, and how long an RTL
// model takes to build.
#pragma once

#include "bench/bench.h"

namespace tandem::bench {

Result<Measurement> measure_simulators(const Request& request);

}  // namespace tandem::bench
