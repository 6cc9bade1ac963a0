// The software half of the search: a model's unique layers, and the schedule space of each on one accelerator.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "compiler/ops/operator.h"
#include "compiler/ops/template.h"
#include "isa/hw_config.h"
#include "tuner/space/space.h"

namespace tandem::tuner {

/// A layer as the search sees it, for one sample: equal operators of a model are one layer that occurs `count` times.
struct Layer {
  std::string name;  // of its first occurrence in the model
  std::string key;   // ops::key: identity of the operator
  ops::Operator op;
  int64_t count = 1;
};

/// The unique operators in order of first appearance; `names` runs parallel to `operators`.
std::vector<Layer> unique_layers(const std::vector<std::string>& names, const std::vector<ops::Operator>& operators);

/// What a target's schedule templates offer the search, closed forms all. The accelerator's are
/// `accelerator_templates`.
class Templates {
 public:
  virtual ~Templates() = default;
  /// What the accelerator runs for the layer at a time: as many samples as it has batch rows.
  virtual ops::Operator operator_on(const Layer& layer, const isa::HwConfig& hardware) const = 0;
  virtual std::vector<Knob> knobs(const Layer& layer, const isa::HwConfig& hardware) const = 0;
  virtual std::string infeasible(const Layer& layer, const isa::HwConfig& hardware, const KnobValues& values) const = 0;
  virtual Result<KnobValues> default_knobs(const Layer& layer, const isa::HwConfig& hardware) const = 0;
  virtual std::vector<float> features(const Layer& layer, const isa::HwConfig& hardware,
                                      const KnobValues& values) const = 0;
  /// Lower bound on cycles, the scale on which layers and accelerators are compared.
  virtual int64_t roofline_cycles(const Layer& layer, const isa::HwConfig& hardware) const = 0;
};

/// The templates of compiler/ops.
std::unique_ptr<Templates> accelerator_templates();

/// The schedules of one layer on one accelerator. `templates` must outlive it.
class ScheduleSpace : public Space {
 public:
  ScheduleSpace(const Templates& templates, Layer layer, isa::HwConfig hardware);
  const std::vector<Knob>& knobs() const override { return knobs_; }
  std::string infeasible(const Point& point) const override;
  std::vector<float> features(const Point& point) const override;

 private:
  const Templates& templates_;
  Layer layer_;
  isa::HwConfig hardware_;
  std::vector<Knob> knobs_;
};

}  // namespace tandem::tuner
