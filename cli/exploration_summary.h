// What an exploration found, as text, JSON and the HTML report.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <utility>
#include <vector>

#include "support/result.h"
#include "tuner/search/explorer.h"
#include "tuner/space/spec.h"

namespace tandem::cli {

/// A run of the whole model on RTL, its outputs compared with the expected ones.
struct EndToEnd {
  std::string what;
  std::string hardware;
  int64_t samples = 0;
  uint64_t cycles = 0;     // of all samples
  int64_t host_bytes = 0;  // moved by the host beside the accelerator
  bool exact = false;
};

struct ExplorationSummary {
  const tuner::ExploreSpec& spec;
  const std::vector<tuner::Layer>& layers;
  const tuner::Templates& templates;
  const tuner::Exploration& found;
  std::vector<EndToEnd> proof;  // default, schedules alone, hardware alone, both; then the winner on more samples
  std::string folder;
  int64_t resumed_trials = 0;                         // of `found`, recorded by the run that this one resumed
  std::vector<std::pair<std::string, double>> times;  // name, seconds; the first result is a part of the search
};

void print_text(const ExplorationSummary& summary);
nlohmann::ordered_json to_json(const ExplorationSummary& summary);
/// Writes report.html into the run's folder.
Result<void> write_report(const ExplorationSummary& summary);

}  // namespace tandem::cli
