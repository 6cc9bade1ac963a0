// Random legal hardware configurations, corners included, for tests and measurements over "any configuration".
#pragma once

#include "isa/hw_config.h"
#include "support/rng.h"

namespace tandem::isa {

struct RandomHardwareOptions {
  int64_t most_macs = 4096;                     // multipliers of the GEMM array
  int64_t most_buffer_bytes = 2 * 1024 * 1024;  // of each buffer
};

/// A configuration that check() accepts. Each parameter is any of its legal values, with its least and its greatest
/// (that the options and the other parameters allow) likelier than the rest: so every optional unit is there and
/// absent, every buffer at its smallest and largest. The name tells the hash.
HwConfig random_hardware(Rng& rng, const RandomHardwareOptions& options = {});

}  // namespace tandem::isa
