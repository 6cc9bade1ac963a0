// What the HTML page of an exploration shows, as plain values, and the function that writes the page.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "support/result.h"

namespace tandem::report {

struct LayerCycles {
  std::string name;
  int64_t cycles = 0;           // measured
  int64_t roofline_cycles = 0;  // docs/design.md, Roofline; 0: not known
  int64_t macs = 0;             // real multiply-accumulates
  std::string schedule;         // the chosen knobs, as text; may be empty
};

/// One hardware configuration with the best schedules found for it.
struct DesignPoint {
  std::string label;           // short and unique on the page, e.g. "hw-17"
  std::string hardware_yaml;   // what `tandem run --hw` accepts
  int64_t cycles = 0;          // of the whole network
  int64_t macs_per_cycle = 0;  // batch * block_in * block_out
  int64_t buffer_bits = 0;
  bool within_area = true;  // no more MACs and no more buffer bits than the budget
  bool on_front = false;    // no other point is at least as good in cycles, MACs and buffer bits
  bool is_default = false;  // the hardware that the search started from
  bool is_winner = false;
  std::vector<LayerCycles> layers;
};

/// Cycles of the whole network; 0 where it was not measured. Gains are against `schedules_only`, the fair opponent.
struct Gains {
  int64_t untuned = 0;         // default hardware, default schedules
  int64_t schedules_only = 0;  // default hardware, tuned schedules
  int64_t hardware_only = 0;   // best hardware, default schedules
  int64_t both = 0;            // best hardware, tuned schedules
};

struct ExplorationReport {
  std::string title;               // e.g. "digits_cnn on up to 256 MACs"
  std::string measured_on;         // the simulator behind the cycles: "rtl"
  int64_t max_macs_per_cycle = 0;  // the budget; 0: none
  int64_t max_buffer_bits = 0;
  int64_t trials = 0;         // measurements made
  int64_t failed_trials = 0;  // of them recorded as failures
  Gains gains;
  std::vector<DesignPoint> points;
  std::vector<std::pair<std::string, std::string>>
      provenance;  // shown as a table: revision, seed, platform, command, ...
};

/// Writes one self-contained page: the Pareto fronts, the gains, a design's layers against their rooflines, its YAML.
/// The file appears whole or not at all.
Result<void> write_exploration(const std::string& path, const ExplorationReport& report);

}  // namespace tandem::report
