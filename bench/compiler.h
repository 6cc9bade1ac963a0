// Schedules against the roofline: every layer of three networks on the RTL, untuned and tuned.
#pragma once

#include "bench/bench.h"

namespace tandem::bench {

Result<Measurement> measure_compiler(const Request& request);

}  // namespace tandem::bench
