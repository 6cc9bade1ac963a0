// Schedules by layer from a file, as `tandem explore` writes them and people change them.
#pragma once

#include <string>

#include "runtime/compiled_model.h"

namespace tandem::runtime {

/// Reads {LAYER: {KNOB: VALUE}}, JSON or YAML. Layers that are not named and knobs that are left out keep their
/// defaults, so that a file may state what differs. Errors have their place: unknown layers and knobs, values that are
/// not offered, choices that do not fit the hardware, layers that the accelerator does not take.
Result<LayerKnobs> load_knobs(const std::string& path, const graph::Graph& graph, const isa::HwConfig& hardware);

}  // namespace tandem::runtime
