// Random operands of an operator, for whoever measures or tests it: values under which its results spread over int8, so
// that a wrong sum shows.
#pragma once

#include "compiler/loop/ir.h"
#include "compiler/ops/operator.h"
#include "support/rng.h"

namespace tandem::ops {

/// A tensor for `param` of `define(op)`, an input: activations of the whole range, small weights, biases within what
/// the operator says of them, requantisations that scale typical sums to int8.
Tensor sample(const Operator& op, const loop::Param& param, Rng& rng);

}  // namespace tandem::ops
