// ONNX models, quantised as QDQ (float operators between QuantizeLinear and DequantizeLinear) or in QOperator form, to
// a Graph.
#pragma once

#include <optional>
#include <string>

#include "compiler/graph/graph.h"
#include "compiler/graph/onnx_file.h"

namespace tandem::graph {

/// Reads and converts int8 models. Where every tensor is symmetric with one power-of-two scale, sums are requantised by
/// shifts, which is the rule `single`; else, and where `rule` is `tflite`, by multipliers and shifts of each channel,
/// under `rule` (nothing: tflite, whose results are those of TFLite's reference kernels). ReLU and Clip are fused into
/// the layer before them, a Pad into the convolution behind it; a dense layer becomes the convolution that covers its
/// input; a Softmax before the model's output is left out, which the graph notes. One error names *every* node that
/// cannot be taken, with the reason, or says why the file is no ONNX model.
Result<Graph> import_onnx(const std::string& path, std::optional<ops::Rounding> rule = {});
/// The same of a model that has been read; `path` is for messages.
Result<Graph> import_onnx(const OnnxModel& model, const std::string& path, std::optional<ops::Rounding> rule = {});

}  // namespace tandem::graph
