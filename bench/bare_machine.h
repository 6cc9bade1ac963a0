// The README's first lines on a machine that has nothing yet.
#pragma once

#include "bench/bench.h"

namespace tandem::bench {

/// A Debian 12 with git alone (scripts/bare_machine.sh): seconds of installation and build, to the first result, from
/// the clone to the end of the demo. Skipped in a quick run, and where there is no debootstrap or one is not root.
Result<Measurement> measure_bare_machine(const Request& request);

}  // namespace tandem::bench
