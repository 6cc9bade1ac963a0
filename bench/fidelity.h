// The timing model's cycles against the RTL's, over sampled accelerators, layers, schedules and memories.
#pragma once

#include "bench/bench.h"

namespace tandem::bench {

Result<Measurement> measure_fidelity(const Request& request);

}  // namespace tandem::bench
