// The joint search: which accelerator, and which schedule for each layer on it, so that the network needs the fewest
// cycles.
//
// Strategy. A learned model of cycles over the roofline, shared by all layers and accelerators, guides an executor that
// measures.
// 1. The base accelerator under default schedules. 2. Rounds of new accelerators: those of least predicted cycles, some
// of the predicted Pareto front and some at random, each measured under default schedules, while the base's schedules
// are tuned.
// 3. Rounds of refinement: the base and the best rivals get equal numbers of trials, each spread over its layers by
// what they may still gain. The base is tuned as much as any rival, so that the comparison with it is fair.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tuner/measure/measurement.h"
#include "tuner/space/hardware_space.h"
#include "tuner/space/workload.h"

namespace tandem::tuner {

enum class SamplerKind { kRandom, kAnnealing };

struct ExploreOptions {
  uint64_t seed = 1;
  int64_t samples = 1;  // that the network has to take; an accelerator takes as many at a time as it has batch rows
  SamplerKind sampler = SamplerKind::kAnnealing;
  int64_t trials = 400;       // measurements in all
  int64_t batch = 24;         // of them between two looks at the model
  int64_t accelerators = 8;   // that are built and measured, the base included
  int64_t new_per_round = 3;  // of them in one round
  int64_t rivals = 2;         // refined beside the base
  double random_share = 0.2;  // of the accelerators and of the schedules
  sim::Platform platform;     // of every measurement
  uint64_t cycle_limit = 0;   // of every measurement, 0: none
};

/// A layer under the schedule that was chosen for it.
struct LayerOutcome {
  KnobValues knobs;
  std::optional<uint64_t> cycles;  // of one occurrence, `batch` samples; none: it failed, or has not been measured
};

/// One accelerator with what was measured on it.
struct Design {
  isa::HwConfig hardware;
  std::vector<LayerOutcome> untuned;  // default schedules, one per layer
  std::vector<LayerOutcome> best;     // of all schedules tried, the default ones included
  std::string failure;                // why it is no complete design; empty otherwise
  int64_t trials = 0;
  bool on_front = false;  // nothing complete is at least as good in cycles, MACs and buffer bits
  /// Cycles of the network for all samples, each layer as often as it occurs; none where a layer has no cycles.
  std::optional<uint64_t> untuned_cycles, cycles;
};

/// How often an accelerator runs the network for so many samples.
int64_t runs(const isa::HwConfig& hardware, int64_t samples);

struct Exploration {
  std::vector<Design> designs;  // in the order in which they were tried; the first is the base
  size_t best = 0;              // fewest cycles, then MACs, then buffer bits
  size_t best_untuned = 0;      // the same under default schedules only
  int64_t trials = 0;
  int64_t failed_trials = 0;
  std::string first_failure;  // of a trial, for people
};

struct Progress {
  std::string phase;   // "default accelerator", "new accelerators", "refinement"
  int64_t trials = 0;  // done
  int64_t planned = 0;
  int64_t failed = 0;
  int64_t accelerators = 0;                          // tried so far
  std::optional<uint64_t> base_cycles, best_cycles;  // of the network, as known after the last batch
};
using ProgressSink = std::function<void(const Progress&)>;

/// A function of its arguments and of what `executor` answers in order. Errors: no layers; the base cannot run a layer
/// under its default schedule; too few trials for the accelerators; the executor's own.
Result<Exploration> explore(const HardwareSpace& space, const std::vector<Layer>& layers, const Templates& templates,
                            Executor& executor, const ExploreOptions& options, const ProgressSink& progress = {});

}  // namespace tandem::tuner
