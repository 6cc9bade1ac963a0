// What a run of a Verilated model says, in the words of all simulators.
#pragma once

#include <optional>

#include "sim/api/observer.h"
#include "sim/api/simulator.h"
#include "sim/rtl/harness/harness.h"

namespace tandem::sim {

/// The error register as a value; nothing where the run ended well or by the limit of cycles.
std::optional<RunError> rtl_error(const TandemRtlRun& run);
/// Success, or why the run must not count.
Result<void> rtl_verdict(const isa::Program& program, const TandemRtlRun& run, const RunLimits& limits);
/// Multiply-accumulates and counters into `result`.
void rtl_counters(const isa::HwConfig& hardware, const TandemRtlRun& run, RunResult& result);

/// Hands what the harness sees to an observer; lives as long as the run.
struct RtlWatch {
  Observer* observer = nullptr;
  const uint8_t* dram = nullptr;
  void attach(TandemRtlRun& run);
};

}  // namespace tandem::sim
