#include "tuner/space/joint_space.h"

#include <fmt/format.h>

namespace tandem::tuner {

JointSpace::JointSpace(const HardwareSpace& hardware, const std::vector<Layer>& layers, const Templates& templates)
    : layers_(layers), templates_(templates), limits_(hardware.limits()), accelerators_(hardware.feasible()) {}

double JointSpace::count() const {
  double total = 0;
  for (const isa::HwConfig& hardware : accelerators_) total += count(hardware);
  return total;
}

double JointSpace::count(const isa::HwConfig& hardware) const {
  double product = 1;
  for (const Layer& layer : layers_) {
    product *= static_cast<double>(ScheduleSpace(templates_, layer, hardware).count());
  }
  return product;
}

std::string JointSpace::infeasible(const Candidate& candidate) const {
  const HardwareSpace alone(candidate.hardware, {}, limits_);
  if (const std::string why = alone.infeasible({}); !why.empty()) return "hardware: " + why;
  if (candidate.schedules.size() != layers_.size()) {
    return fmt::format("{} schedules for {} layers", candidate.schedules.size(), layers_.size());
  }
  for (size_t i = 0; i < layers_.size(); ++i) {
    const ScheduleSpace space(templates_, layers_[i], candidate.hardware);
    const std::optional<Point> point = space.find(candidate.schedules[i]);
    const std::string why =
        point ? space.infeasible(*point) : "no point of its space: " + to_string(candidate.schedules[i]);
    if (!why.empty()) return fmt::format("layer '{}': {}", layers_[i].name, why);
  }
  return "";
}

std::optional<Candidate> JointSpace::sample(Rng& rng) const {
  if (accelerators_.empty()) return std::nullopt;
  Candidate candidate;
  candidate.hardware = rng.pick(accelerators_);
  for (const Layer& layer : layers_) {
    const ScheduleSpace space(templates_, layer, candidate.hardware);
    const std::optional<Point> point = space.sample(rng);
    if (!point) return std::nullopt;
    candidate.schedules.push_back(space.values(*point));
  }
  return candidate;
}

}  // namespace tandem::tuner
