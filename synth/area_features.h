// Named quantities of a configuration in which the areas of its modules are nearly linear: what the area model sums.
#pragma once

#include <map>
#include <string>

#include "isa/hw_config.h"

namespace tandem::synth {

/// Lanes, bits of registers, buses and indices, and block RAMs by the closed form of each memory's geometry.
std::map<std::string, double> area_features(const isa::HwConfig& hardware);

}  // namespace tandem::synth
