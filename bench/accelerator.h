// The cycles of the accelerator's RTL on the shared VTA programs, default hardware and memory.
#pragma once

#include "bench/bench.h"

namespace tandem::bench {

Result<Measurement> measure_accelerator(const Request& request);

}  // namespace tandem::bench
