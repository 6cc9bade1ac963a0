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

/// Where the fitted model and the samples that it has not seen lie in the checkout.
inline constexpr char kAreaModelPath[] = "configs/synth/area_model.yaml";
inline constexpr char kHeldOutPath[] = "configs/synth/held_out.yaml";

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

/// Synthesises `count` random configurations, without gates, one process of Yosys at a time: a minute or two each where
/// they are not cached. `done` hears of each.
Result<std::vector<Sample>> synthesise_samples(uint64_t seed, int count, int64_t max_macs,
                                               const std::function<void(const Sample&)>& done);

/// Samples as YAML, without their modules, and back.
std::string to_yaml(const std::vector<Sample>& samples, const std::string& source);
Result<std::vector<Sample>> parse_samples(const std::string& text, const std::string& file);

/// Median of |estimate - figure| / figure over the samples, for each modelled figure. Figures of zero, which a ratio
/// says nothing about, count as 0 where the estimate rounds to zero and as 1 otherwise.
Figures median_errors(const AreaModel& model, const std::vector<Sample>& samples);

}  // namespace tandem::synth
