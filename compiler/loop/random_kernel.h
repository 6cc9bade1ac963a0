// Random legal kernels for property tests: pipelines of maps, transpositions, pads, windows and contractions, as
// operators have them, and of what schedules make of them: divided and strided indices, guarded tails, several
// statements in a nest, sums into shared elements, iterations that depend on each other.
#pragma once

#include <map>
#include <string>

#include "compiler/loop/ir.h"
#include "support/rng.h"
#include "support/tensor.h"

namespace tandem::loop {

/// One to four stages over small shapes, integers only; parameters are in0, in1, ... and the output `result`. Never out
/// of bounds.
Kernel random_kernel(Rng& rng);

/// A tensor of random values for every input, in its logical shape; edge values occur often.
std::map<std::string, Tensor> random_inputs(const Kernel& kernel, Rng& rng);

}  // namespace tandem::loop
