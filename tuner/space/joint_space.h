// Hardware and schedules as one space: an accelerator, and one schedule for every unique layer on it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tuner/space/hardware_space.h"
#include "tuner/space/workload.h"

namespace tandem::tuner {

/// A point of the joint space, as a value.
struct Candidate {
  isa::HwConfig hardware;
  std::vector<KnobValues> schedules;  // one per layer, in the workload's order
};

/// The schedule knobs depend on the hardware (what divides, what fits), so the space is a union of products: over each
/// feasible accelerator the product of its layers' schedule spaces. References must outlive it.
class JointSpace {
 public:
  JointSpace(const HardwareSpace& hardware, const std::vector<Layer>& layers, const Templates& templates);

  /// Feasible accelerators.
  const std::vector<isa::HwConfig>& accelerators() const { return accelerators_; }
  /// Candidates over the feasible accelerators, feasible schedules or not; exact up to 2^53.
  double count() const;
  /// Candidates of one accelerator: the product over its layers.
  double count(const isa::HwConfig& hardware) const;
  /// Empty for a legal candidate; else what it breaks: "hardware: ..." or "layer 'conv1': ...".
  std::string infeasible(const Candidate& candidate) const;
  /// A feasible accelerator, uniformly, and a feasible schedule for each layer, uniformly; none where a layer has none.
  std::optional<Candidate> sample(Rng& rng) const;

 private:
  const std::vector<Layer>& layers_;
  const Templates& templates_;
  HardwareLimits limits_;
  std::vector<isa::HwConfig> accelerators_;
};

}  // namespace tandem::tuner
