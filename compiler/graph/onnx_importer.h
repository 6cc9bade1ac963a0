// The conversion of one ONNX model, node by node: what import_onnx.h is made of. Nobody else includes this.
#pragma once

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "compiler/graph/graph.h"
#include "compiler/graph/onnx_file.h"

namespace tandem::graph {

/// What an ONNX name stands for while the model is being converted.
struct OnnxMeaning {
  enum Kind {
    kUnknown,       // comes from a node that cannot be taken: says nothing, so that one cause is reported once
    kFloatInput,    // the model's input before its QuantizeLinear
    kInteger,       // an int8 tensor of the graph
    kReal,          // the same, seen through DequantizeLinear
    kSum,           // float result of a layer before its QuantizeLinear: `layer` waits for its requantisation
    kConstant,      // an initializer
    kRealConstant,  // an initializer seen through DequantizeLinear
  } kind = kUnknown;
  TensorId tensor = -1;
  bool is_flat = false;  // [N, features] in the model; the graph's tensor stays NCHW
  Tensor constant;
  int exponent = 0;                         // of the scale: kReal, kSum (of the accumulator), kRealConstant
  Shape shape;                              // kFloatInput
  Layer layer;                              // kSum
  double low = -INFINITY, high = INFINITY;  // kSum: bounds in real numbers
};

/// Converts node by node. A method that meets something it cannot take adds a reason for the current node and goes on
/// as well as it can, so that one run finds every reason.
class OnnxImporter {
 public:
  explicit OnnxImporter(const OnnxModel& model) : model_(model) { graph_.name = model.graph_name; }

  Result<Graph> run(const std::string& path);

 private:
  using Method = void (OnnxImporter::*)(const OnnxNode&);
  static const std::map<std::string, Method>& methods();

  // ---- reading a node ----
  void reason(std::string text) {
    if (std::find(reasons_.begin(), reasons_.end(), text) == reasons_.end()) reasons_.push_back(std::move(text));
  }
  OnnxMeaning input(const OnnxNode& node, size_t index);
  bool has_input(const OnnxNode& node, size_t index) const {
    return index < node.inputs.size() && !node.inputs[index].empty();
  }
  int exponent(const OnnxNode& node, size_t scale, size_t zero_point);
  int64_t integer_attribute(const OnnxNode& node, const std::string& name, int64_t otherwise);
  std::vector<int64_t> integers_attribute(const OnnxNode& node, const std::string& name,
                                          std::vector<int64_t> otherwise);
  std::string text_attribute(const OnnxNode& node, const std::string& name, const std::string& otherwise);
  void must_be(const OnnxNode& node, const std::string& attribute, const std::vector<int64_t>& value);
  template <typename Op>
  void read_window(const OnnxNode& node, Op& op);

  // ---- building the graph ----
  const Shape& shape_of(const OnnxMeaning& value) const {
    return graph_.tensors[static_cast<size_t>(value.tensor)].shape;
  }
  TensorId add_tensor(const std::string& name, const Shape& shape, std::optional<int> exponent);
  OnnxMeaning finish(const OnnxNode& node, Layer layer, std::optional<int> exponent, bool is_flat);
  void give(const OnnxNode& node, OnnxMeaning value) { values_[node.outputs.at(0)] = std::move(value); }
  bool is_activation(const OnnxMeaning& value, OnnxMeaning::Kind kind);
  std::optional<Layer> convolution(const OnnxNode& node, const OnnxMeaning& x, const OnnxMeaning& weight,
                                   const OnnxMeaning* bias);
  std::optional<Layer> dense(const OnnxNode& node, const OnnxMeaning& x, const OnnxMeaning& weight,
                             bool weight_is_out_by_in, const OnnxMeaning* bias);
  std::optional<Layer> addition(const OnnxNode& node, const OnnxMeaning& a, const OnnxMeaning& b, int exponent_a,
                                int exponent_b, int& fine);
  bool take_constants(Layer& layer, const OnnxMeaning& weight, const OnnxMeaning* bias);
  void clamp_activation(const OnnxNode& node, const OnnxMeaning& x, int low, int high);
  static OnnxMeaning sum(std::optional<Layer> layer, int exponent, bool is_flat);
  ops::Requantize& set_shift(Layer& layer, int from, int to);

  // ---- operators ----
  void quantize(const OnnxNode& node);
  void dequantize(const OnnxNode& node);
  void conv(const OnnxNode& node);
  void qlinear_conv(const OnnxNode& node);
  void gemm(const OnnxNode& node);
  void matmul(const OnnxNode& node);
  void qgemm(const OnnxNode& node);
  void qlinear_matmul(const OnnxNode& node);
  void add(const OnnxNode& node);
  void qlinear_add(const OnnxNode& node);
  void relu(const OnnxNode& node);
  void clip(const OnnxNode& node);
  void max_pool(const OnnxNode& node);
  void flatten(const OnnxNode& node);
  void reshape(const OnnxNode& node);
  void identity(const OnnxNode& node);
  void constant(const OnnxNode& node);

  const OnnxModel& model_;
  Graph graph_;
  std::map<std::string, OnnxMeaning> values_;
  std::set<std::string> layer_names_;
  std::vector<std::string> reasons_;  // of the current node
  bool wants_shifts_ = false;         // some reason is a scale or zero point that only a multiplying requantiser takes
};

}  // namespace tandem::graph
