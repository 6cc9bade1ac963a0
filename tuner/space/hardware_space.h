// The hardware half of the search: which parameters of the accelerator vary, what is legal, and how large it may be.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "isa/hw_config.h"
#include "synth/area_model.h"
#include "tuner/space/space.h"

namespace tandem::tuner {

/// The size of an accelerator, as `tandem explore` bounds it.
struct Size {
  int64_t macs = 0;         // multiply-accumulates per cycle: batch x block_in x block_out
  int64_t buffer_bits = 0;  // of all scratchpads
};
Size size_of(const isa::HwConfig& hardware);
/// Neither measure above the bound's.
bool within(const Size& size, const Size& budget);

/// What every accelerator of a space keeps to, beside being legal.
struct HardwareLimits {
  Size budget;
  /// The most that `area_model` may say of it: figures of synth::modelled() and their bounds.
  synth::Figures area = {};
  std::shared_ptr<const synth::AreaModel> area_model = {};  // where `area` bounds anything
  /// Layers hand their tensors on in DRAM without the host: block_in equals block_out.
  bool chained = false;
};

/// The first bound on area that the model says is broken: "about 61,200 lut, the budget is 53,200"; "" where none is.
std::string over_area(const isa::HwConfig& hardware, const HardwareLimits& limits);

/// Variations of `base` (whose other parameters hold) that are legal hardware and within the limits.
class HardwareSpace : public Space {
 public:
  /// Knobs are named as in isa::parameter_names() (a bug otherwise).
  HardwareSpace(isa::HwConfig base, std::vector<Knob> knobs, HardwareLimits limits);

  const std::vector<Knob>& knobs() const override { return knobs_; }
  std::string infeasible(const Point& point) const override;
  /// The values of the knobs.
  std::vector<float> features(const Point& point) const override;

  const isa::HwConfig& base() const { return base_; }
  const HardwareLimits& limits() const { return limits_; }
  /// The accelerator at a point, legal or not, under a name of its own ("b1_i16_o16_0123abcd").
  isa::HwConfig hardware(const Point& point) const;
  /// Every feasible accelerator, in the order of the points, without duplicates. At most `limit` points are looked at.
  std::vector<isa::HwConfig> feasible(int64_t limit = 1 << 20) const;

 private:
  isa::HwConfig base_;
  std::vector<Knob> knobs_;
  HardwareLimits limits_;
};

/// "b1_i16_o16_" and eight digits of the configuration's hash.
std::string short_name(const isa::HwConfig& hardware);

}  // namespace tandem::tuner
