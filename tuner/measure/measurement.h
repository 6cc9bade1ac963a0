// What is measured, what comes back, and the contract of everything that measures batches.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "compiler/ops/operator.h"
#include "compiler/ops/template.h"
#include "isa/hw_config.h"
#include "sim/dram/platform.h"
#include "support/result.h"

namespace tandem::tuner {

/// One layer under one schedule on one accelerator. A value: the same request always means the same measurement.
struct Request {
  int64_t trial = 0;  // its number in the run
  isa::HwConfig hardware;
  sim::Platform platform;
  ops::Operator op;
  ops::KnobValues knobs;
  uint64_t cycle_limit = 0;  // simulated cycles; 0: none
  uint64_t data_seed = 1;    // of the random inputs and weights
};

/// A failure is a result like another: the search learns from it and goes on.
struct Measurement {
  int64_t trial = 0;
  std::optional<uint64_t> cycles;  // none: it failed
  std::string failure;             // the stage and the reason: "build: ...", "compile: ...", "compare: ..."
  double seconds = 0;              // wall time, for people
};

/// The Verilated model of an accelerator, made ready before its first measurement.
struct Build {
  isa::HwConfig hardware;
  std::string failure;  // empty where it was built
  double seconds = 0;
};

/// What an executor reports while it works, in the order in which things happen.
struct Arrivals {
  std::function<Result<void>(const Measurement&)> measured;
  std::function<Result<void>(const Build&)> built;
};

class Executor {
 public:
  virtual ~Executor() = default;
  /// Measures the batch and returns the outcomes in the order asked, whatever the order in which they arrived. Errors:
  /// the machinery itself does not work (no worker can be started), or `arrivals` refused an outcome.
  virtual Result<std::vector<Measurement>> measure(const std::vector<Request>& batch, const Arrivals& arrivals) = 0;
};

}  // namespace tandem::tuner
