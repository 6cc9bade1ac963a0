// The oracle for whole models: every layer's definition, run by the loop interpreter. Slow and plain.
#pragma once

#include <vector>

#include "compiler/graph/graph.h"

namespace tandem::graph {

/// The outputs for `inputs`, both in the order and the shapes of the graph's ports. A wrong number, type or shape is an
/// error.
Result<std::vector<Tensor>> interpret(const Graph& graph, const std::vector<Tensor>& inputs);

}  // namespace tandem::graph
