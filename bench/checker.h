// Figures of the static checker.
#pragma once

#include "bench/bench.h"

namespace tandem::bench {

Result<Measurement> measure_checker(const Request& request);

}  // namespace tandem::bench
