// Area and clock of a configuration in closed form: what a search asks thousands of times a second, where synthesis
// takes minutes. Fitted to samples that were synthesised (`tandem synth --fit`).
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "isa/hw_config.h"
#include "support/result.h"
#include "support/rng.h"
#include "synth/netlist.h"

namespace tandem::synth {

/// Where the fitted model lies in the checkout.
inline constexpr char kAreaModelPath[] = "configs/synth/area_model.yaml";

/// The figures that are modelled: "lut", "ff", "bram36", "dsp", "period_ns".
const std::vector<std::string>& modelled();
using Figures = std::map<std::string, double>;

/// One synthesised configuration.
struct Sample {
  isa::HwConfig hardware;
  Figures figures;
};

/// Named quantities of a configuration in which its area is nearly linear: lanes, bits of registers and buses, block
/// RAMs by the closed form of their geometry.
std::map<std::string, double> area_features(const isa::HwConfig& hardware);

/// Sums of features with fitted coefficients, one for each modelled figure.
class AreaModel {
 public:
  using Terms = std::vector<std::pair<std::string, double>>;

  /// Least squares of the relative error; features enter one by one while the error on samples left out falls. A bug
  /// with fewer than eight samples.
  static AreaModel fit(const std::vector<Sample>& samples);

  Figures estimate(const isa::HwConfig& hardware) const;

  std::string to_yaml() const;
  static Result<AreaModel> parse(const std::string& text, const std::string& file);
  /// The model at kAreaModelPath.
  static Result<AreaModel> load();

 private:
  std::map<std::string, Terms> terms_;
};

/// A random legal configuration of at most `max_macs` multiply-accumulates, all parameters drawn.
isa::HwConfig random_hardware(Rng& rng, int64_t max_macs);

/// Synthesises `count` random configurations for the fit, without gates: minutes each where they are not cached.
Result<std::vector<Sample>> synthesise_samples(uint64_t seed, int count, int64_t max_macs);

/// Median of |estimate - figure| / figure over the samples, for each modelled figure. Figures of zero, which a ratio
/// says nothing about, count as 0 where the estimate rounds to zero and as 1 otherwise.
Figures median_errors(const AreaModel& model, const std::vector<Sample>& samples);

}  // namespace tandem::synth
