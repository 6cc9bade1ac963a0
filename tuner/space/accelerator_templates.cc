// The accelerator's half of the workload seam: compiler/ops behind Templates.
#include "compiler/ops/lowering.h"
#include "support/check.h"
#include "tuner/space/workload.h"

namespace tandem::tuner {
namespace {

class AcceleratorTemplates : public Templates {
 public:
  ops::Operator operator_on(const Layer& layer, const isa::HwConfig& hardware) const override {
    ops::Operator op = layer.op;
    std::visit([&](auto& shape) { shape.n *= hardware.batch; }, op);
    return ops::lower(op, hardware).op;
  }
  std::vector<Knob> knobs(const Layer& layer, const isa::HwConfig& hardware) const override {
    return ops::knobs(operator_on(layer, hardware), hardware);
  }
  std::string infeasible(const Layer& layer, const isa::HwConfig& hardware, const KnobValues& values) const override {
    return ops::infeasible(operator_on(layer, hardware), hardware, values);
  }
  Result<KnobValues> default_knobs(const Layer& layer, const isa::HwConfig& hardware) const override {
    return ops::default_knobs(operator_on(layer, hardware), hardware);
  }
  std::vector<float> features(const Layer& layer, const isa::HwConfig& hardware,
                              const KnobValues& values) const override {
    return ops::features(operator_on(layer, hardware), hardware, values);
  }
  int64_t roofline_cycles(const Layer& layer, const isa::HwConfig& hardware) const override {
    return ops::roofline_cycles(operator_on(layer, hardware), hardware);
  }
};

}  // namespace

std::vector<Layer> unique_layers(const std::vector<std::string>& names, const std::vector<ops::Operator>& operators) {
  TANDEM_CHECK(names.size() == operators.size(), "a name for every operator");
  std::vector<Layer> layers;
  for (size_t i = 0; i < operators.size(); ++i) {
    const std::string key = ops::key(operators[i]);
    bool known = false;
    for (Layer& layer : layers) {
      if (layer.key != key) continue;
      ++layer.count;
      known = true;
    }
    if (!known) layers.push_back({names[i], key, operators[i], 1});
  }
  return layers;
}

std::unique_ptr<Templates> accelerator_templates() { return std::make_unique<AcceleratorTemplates>(); }

}  // namespace tandem::tuner
