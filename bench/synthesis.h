// Bench `synthesis`: what the designs of configs/hw cost, how long synthesis takes, how well the area model knows
// others.
#pragma once

#include "bench/bench.h"

namespace tandem::bench {

/// A quick run shows what is cached and synthesises nothing.
Result<Measurement> measure_synthesis(const Request& request);

}  // namespace tandem::bench
