// The demo's joint search, run as a user runs it: what schedules, hardware and both gain, how long it takes, and
// whether a run that was killed and resumed gives the same answer.
#pragma once

#include "bench/bench.h"

namespace tandem::bench {

Result<Measurement> measure_search(const Request& request);

}  // namespace tandem::bench
