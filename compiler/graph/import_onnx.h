// ONNX models, quantised as QDQ (float operators between QuantizeLinear and DequantizeLinear) or in QOperator form, to
// a Graph.
#pragma once

#include <string>

#include "compiler/graph/graph.h"

namespace tandem::graph {

/// Reads and converts; the rounding rule of the result is `single`. Taken are symmetric int8 models with one
/// power-of-two scale per tensor; ReLU and Clip are fused into the layer before them, a dense layer becomes the
/// convolution that covers its input. One error names *every* node that cannot be taken, with the reason, or says why
/// the file is no ONNX model.
Result<Graph> import_onnx(const std::string& path);

}  // namespace tandem::graph
