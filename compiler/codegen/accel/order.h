// The order of a layer's steps: what the schedule leaves open is settled by who needs what.
#pragma once

#include <vector>

#include "compiler/codegen/accel/step.h"

namespace tandem::codegen {

/// The same steps, every dependence (by their accesses) kept. Loads come just before the first step that needs them, so
/// that the load queue serves compute in the order of its needs; what turns sums into results, and stores, come as soon
/// as what they need is there, so that they overlap with the work that follows. All other steps keep their order.
std::vector<Step> ordered_by_need(std::vector<Step> steps);

}  // namespace tandem::codegen
