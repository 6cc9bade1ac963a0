// How a timed run ended, in the words of all simulators.
#pragma once

#include <optional>

#include "sim/api/run_error.h"
#include "sim/timing/program_steps.h"
#include "support/diagnostic.h"

namespace tandem::sim::timing {

struct Failure {
  RunError error;
  Diagnostic what;
};

/// Of a run in which nothing happens any more; nothing where it finished well.
std::optional<Failure> verdict(const isa::Program& program, const ProgramSteps& steps, const Accelerator& accelerator);

/// Busy and waiting cycles by engine and cause, operations and bytes: the counters of hw/registers.svh, by their names
/// and in their order.
Counters counters_of(const isa::Program& program, const ProgramSteps& steps, const Accelerator& accelerator);

}  // namespace tandem::sim::timing
