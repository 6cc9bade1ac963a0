#include "tuner/space/workload.h"

namespace tandem::tuner {

ScheduleSpace::ScheduleSpace(const Templates& templates, Layer layer, isa::HwConfig hardware)
    : templates_(templates),
      layer_(std::move(layer)),
      hardware_(std::move(hardware)),
      knobs_(templates.knobs(layer_, hardware_)) {}

std::string ScheduleSpace::infeasible(const Point& point) const {
  return templates_.infeasible(layer_, hardware_, values(point));
}

std::vector<float> ScheduleSpace::features(const Point& point) const {
  return templates_.features(layer_, hardware_, values(point));
}

}  // namespace tandem::tuner
