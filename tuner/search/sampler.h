// Ask/tell search over one Space: what to measure next. Every sampler passes the contract suite of
// sampler_contract_test.cc.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tuner/model/cost_model.h"
#include "tuner/space/space.h"

namespace tandem::tuner {

/// A function of the seed and the ordered calls only. Feasible points are asked once each.
class Sampler {
 public:
  virtual ~Sampler() = default;
  /// Up to `count` distinct feasible points that were neither asked nor told before; fewer only when the space has no
  /// more (or, above `kEnumerable` points, when draws no longer find any).
  virtual std::vector<Point> ask(int count) = 0;
  /// The outcome of a point, asked or not; no cost where it failed.
  virtual void tell(const Point& point, std::optional<double> cost) = 0;
};

/// Spaces of up to so many points are searched to the last feasible one.
inline constexpr int64_t kEnumerable = 1 << 16;

/// Uniform without replacement. `space` must outlive the sampler.
std::unique_ptr<Sampler> make_random_sampler(const Space& space, uint64_t seed);

/// How `make_annealing_sampler` spends its predictions. The defaults are AutoTVM's, scaled to closed-form features.
struct AnnealingOptions {
  int chains = 32;
  int steps = 48;             // of every chain, for each ask
  double hottest = 1.0;       // temperature at the first step, in units of the predictions' spread; zero at the last
  double random_share = 0.1;  // of each ask, drawn uniformly (epsilon-greedy)
  int pool_factor = 3;        // an ask of n chooses among the best pool_factor x n for diversity ...
  double diversity = 0.05;    // ... where a knob value new to the batch is worth this much of the spread
};

/// Simulated annealing on the predictions of `model`, after AutoTVM (Chen et al., NeurIPS 2018, sections 3.3 and 5.2).
/// Outcomes are told to the model under `group` and `scale`, so that samplers that share a model learn from each other.
/// `space` and `model` must outlive the sampler.
std::unique_ptr<Sampler> make_annealing_sampler(const Space& space, CostModel& model, std::string group, double scale,
                                                uint64_t seed, AnnealingOptions options = {});

}  // namespace tandem::tuner
