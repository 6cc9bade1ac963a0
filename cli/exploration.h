// What `explore` and `demo` share: a specification searched from end to end, with progress, records, proof and report.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "cli/cli.h"
#include "support/result.h"

namespace tandem::cli {

struct ExplorationJob {
  std::string specification;  // path of the YAML
  std::string out;            // folder of the run; "": the next free runs/NAME-N, or with `resume` the last one
  bool resume = false;
  int workers = 0;               // 0: one per core
  std::optional<uint64_t> seed;  // instead of the specification's
  std::string measure_on;        // instead of the specification's; "": as it says
};

/// Searches, runs the answers end to end on RTL, writes winner.yaml, schedules.json, the compiled winner, report.html
/// and result.json into the run's folder, and prints the summary. The status is kExitWrong where an output bit is
/// wrong.
Result<int> run_exploration(const ExplorationJob& job, Format format);

}  // namespace tandem::cli
