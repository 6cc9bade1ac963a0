// Where two simulators contradict each other about a run.
#pragma once

#include <string>

#include "sim/api/simulator.h"

namespace tandem::sim {

/// The first thing that a simulator with time says about a run and that is not what `meant`, the functional simulator's
/// result, says: outputs, multiply-accumulates, operations, bytes of each buffer; or causes of an engine's cycles that
/// do not sum to the run's. "" where there is none.
std::string disagreement(const RunResult& meant, const RunResult& timed);

}  // namespace tandem::sim
