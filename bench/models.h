// Whole models on every target: whether each output bit is right, the accuracy, and the cycles of a sample.
#pragma once

#include "bench/bench.h"

namespace tandem::bench {

Result<Measurement> measure_models(const Request& request);

}  // namespace tandem::bench
