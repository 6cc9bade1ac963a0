// Area and clock of a configuration in closed form: what a search asks thousands of times a second, where synthesis
// takes minutes. Fitted to samples that were synthesised (`tandem synth --fit`).
#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "isa/hw_config.h"
#include "support/result.h"
#include "support/rng.h"
#include "synth/area_features.h"
#include "synth/netlist.h"

namespace tandem::synth {

/// Where the fitted model and what has been synthesised for it lie in the checkout.
inline constexpr char kAreaModelPath[] = "configs/synth/area_model.yaml";
inline constexpr char kSamplesPath[] = "configs/synth/samples.yaml";

/// The figures that are modelled: "lut", "ff", "bram36", "dsp" (sums over modules) and "period_ns".
const std::vector<std::string>& modelled();
using Figures = std::map<std::string, double>;

/// One synthesised configuration.
struct Sample {
  isa::HwConfig hardware;
  Figures figures;                         // all that are modelled, of the whole
  std::map<std::string, Figures> modules;  // area of all instances of a module; empty where it was not kept
};

/// Sums of features with fitted coefficients: for each module and area, and for the period.
class AreaModel {
 public:
  using Terms = std::vector<std::pair<std::string, double>>;

  /// Least squares, errors relative to the whole design; features enter one by one while the error on samples left out
  /// falls. `source` says where the samples come from. A bug with fewer than eight samples.
  static AreaModel fit(const std::vector<Sample>& samples, const std::string& source);

  Figures estimate(const isa::HwConfig& hardware) const;
  /// What the samples were, as it was given to fit().
  const std::string& source() const { return source_; }

  std::string to_yaml() const;
  static Result<AreaModel> parse(const std::string& text, const std::string& file);
  /// The model at kAreaModelPath.
  static Result<AreaModel> load();

 private:
  std::string source_;
  std::map<std::string, std::map<std::string, Terms>> area_;  // module -> figure
  Terms period_;
};

/// A random legal configuration of at most `max_macs` multiply-accumulates, all parameters drawn.
isa::HwConfig random_hardware(Rng& rng, int64_t max_macs);

/// Samples that were synthesised one after the other, and what they are of.
struct SampleSet {
  std::string source;
  std::vector<Sample> samples;

  /// Every third judges a model that is fitted to the others.
  std::vector<Sample> held_out() const;
  std::vector<Sample> fitted() const;
};

/// Continues `set` to `count` of the random configurations that `seed` gives: synthesis without gates, one process of
/// Yosys at a time, minutes each. `done` is called with each one more.
Result<void> synthesise_samples(SampleSet& set, uint64_t seed, int count, int64_t max_macs,
                                const std::function<Result<void>(const SampleSet&)>& done);

/// As YAML, and back.
std::string to_yaml(const SampleSet& set);
Result<SampleSet> parse_samples(const std::string& text, const std::string& file);
/// The samples at kSamplesPath; none where there is no such file.
Result<SampleSet> load_samples();

/// Median of |estimate - figure| / figure over the samples, for each modelled figure. Figures of zero, which a ratio
/// says nothing about, count as 0 where the estimate rounds to zero and as 1 otherwise.
Figures median_errors(const AreaModel& model, const std::vector<Sample>& samples);

}  // namespace tandem::synth
