#include "tuner/space/hardware_space.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "support/check.h"
#include "support/hash.h"

namespace tandem::tuner {
Size size_of(const isa::HwConfig& hardware) { return {hardware.macs_per_uop(), hardware.buffer_bits()}; }

bool within(const Size& size, const Size& budget) {
  return size.macs <= budget.macs && size.buffer_bits <= budget.buffer_bits;
}

std::string over_area(const isa::HwConfig& hardware, const HardwareLimits& limits) {
  if (limits.area.empty()) return "";
  const synth::Figures estimate = limits.area_model->estimate(hardware);
  for (const auto& [figure, bound] : limits.area) {
    if (estimate.at(figure) <= bound) continue;
    return fmt::format("about {:.0f} {}, the budget is {:.0f}", estimate.at(figure), figure, bound);
  }
  return "";
}

HardwareSpace::HardwareSpace(isa::HwConfig base, std::vector<Knob> knobs, HardwareLimits limits)
    : base_(std::move(base)), knobs_(std::move(knobs)), limits_(std::move(limits)) {
  const std::vector<std::string> names = isa::parameter_names();
  for (const Knob& knob : knobs_) {
    TANDEM_CHECK(std::find(names.begin(), names.end(), knob.name) != names.end(), knob.name);
    TANDEM_CHECK(!knob.choices.empty(), knob.name);
  }
}

isa::HwConfig HardwareSpace::hardware(const Point& point) const {
  isa::HwConfig hardware = base_;
  for (const auto& [name, value] : values(point)) {
    hardware = isa::with_parameter(std::move(hardware), name, value);
  }
  hardware.name = hardware == base_ ? base_.name : short_name(hardware);
  return hardware;
}

std::string HardwareSpace::infeasible(const Point& point) const {
  const isa::HwConfig candidate = hardware(point);
  const std::vector<Diagnostic> broken = isa::check(candidate);
  if (!broken.empty()) return broken.front().what;
  if (limits_.chained && candidate.block_in != candidate.block_out) {
    return fmt::format("block_in {} is not block_out {}: layers would not chain without the host", candidate.block_in,
                       candidate.block_out);
  }
  const Size size = size_of(candidate);
  if (size.macs > limits_.budget.macs) {
    return fmt::format("{} MACs per cycle ({} x {} x {}), the budget is {}", size.macs, candidate.batch,
                       candidate.block_in, candidate.block_out, limits_.budget.macs);
  }
  if (size.buffer_bits > limits_.budget.buffer_bits) {
    return fmt::format("{} bits of buffers, the budget is {}", size.buffer_bits, limits_.budget.buffer_bits);
  }
  return over_area(candidate, limits_);
}

std::vector<float> HardwareSpace::features(const Point& point) const {
  std::vector<float> features;
  for (size_t i = 0; i < point.size(); ++i) {
    features.push_back(static_cast<float>(knobs_[i].choices.at(static_cast<size_t>(point[i]))));
  }
  return features;
}

std::vector<isa::HwConfig> HardwareSpace::feasible(int64_t limit) const {
  std::vector<isa::HwConfig> found;
  std::set<uint64_t> seen;
  const int64_t points = std::min(count(), limit);
  for (int64_t i = 0; i < points; ++i) {
    const Point point = at(i);
    if (!infeasible(point).empty()) continue;
    isa::HwConfig candidate = hardware(point);
    if (seen.insert(isa::hash(candidate)).second) found.push_back(std::move(candidate));
  }
  return found;
}

std::string short_name(const isa::HwConfig& hardware) {
  return fmt::format("b{}_i{}_o{}_{}", hardware.batch, hardware.block_in, hardware.block_out,
                     hex(isa::hash(hardware)).substr(0, 8));
}

}  // namespace tandem::tuner
