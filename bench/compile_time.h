// How long the compiler takes from an operator to a Program.
#pragma once

#include "bench/bench.h"

namespace tandem::bench {

Result<Measurement> measure_compile_time(const Request& request);

}  // namespace tandem::bench
