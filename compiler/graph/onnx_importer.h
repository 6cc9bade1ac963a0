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

/// What integers stand for: real = (integer - zero_point) * scale, with one scale, or one per channel.
struct Quantisation {
  std::vector<float> scales = {1};
  int zero_point = 0;

  double scale(int64_t channel) const { return scales[scales.size() == 1 ? size_t{0} : static_cast<size_t>(channel)]; }
  /// "2^-3", "0.0173 of zero point -128".
  std::string text() const;
  /// Where one power of two, without zero point, is all there is.
  std::optional<int> exponent() const;
  bool operator==(const Quantisation& other) const { return scales == other.scales && zero_point == other.zero_point; }
  bool operator!=(const Quantisation& other) const { return !(*this == other); }
};
/// How sums become int8 again.
enum class Arithmetic {
  kShifts,       // by one shift of a whole tensor, under the rule `single`: scales are powers of two
  kMultipliers,  // by a multiplier and shifts of each channel, under either rule
};

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
    kProbability,   // the result of a Softmax, of which `tensor` is the operand
  } kind = kUnknown;
  TensorId tensor = -1;
  bool is_flat = false;  // [N, features] in the model; the graph's tensor stays NCHW
  Tensor constant;
  Quantisation quantisation;                // kReal, kRealConstant
  std::vector<int64_t> pads;                // kInteger, kReal: top, left, bottom, right of a Pad, or none
  std::optional<int> pad_value;             // of that, where it is not the zero point by its meaning
  Shape shape;                              // kFloatInput
  Layer layer;                              // kSum
  std::vector<Quantisation> operands;       // kSum: of the layer's activations
  Quantisation weight;                      // kSum
  double low = -INFINITY, high = INFINITY;  // kSum: bounds in real numbers
};

/// Converts node by node. A method that meets something it cannot take adds a reason for the current node and goes on
/// as well as it can, so that one run finds every reason.
class OnnxImporter {
 public:
  explicit OnnxImporter(const OnnxModel& model, Arithmetic arithmetic = Arithmetic::kShifts,
                        ops::Rounding rounding = ops::Rounding::kSingle)
      : model_(model), arithmetic_(arithmetic), rounding_(rounding) {
    graph_.name = model.graph_name;
    graph_.rule = name(rounding);
  }

  Result<Graph> run(const std::string& path);
  /// After a run that failed: multipliers might take what shifts cannot.
  bool wants_multipliers() const { return wants_multipliers_; }

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
  Quantisation quantisation(const OnnxNode& node, size_t scale, size_t zero_point);
  int zero_point(const OnnxNode& node, size_t index);
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
  void set_exponent(const OnnxMeaning& value, const Quantisation& quantisation);
  OnnxMeaning finish(const OnnxNode& node, Layer layer, std::optional<int> exponent, bool is_flat);
  OnnxMeaning finish_sum(const OnnxNode& node, OnnxMeaning sum, const Quantisation& to);
  void give(const OnnxNode& node, OnnxMeaning value) { values_[node.outputs.at(0)] = std::move(value); }
  bool is_activation(const OnnxMeaning& value, OnnxMeaning::Kind kind, bool may_be_padded = false);
  bool is_padded(const OnnxMeaning& value);
  bool is_constant(const OnnxMeaning& value, OnnxMeaning::Kind kind, const char* what);
  void check_bias(const OnnxMeaning& x, const OnnxMeaning& weight, const OnnxMeaning& bias);
  std::optional<Layer> convolution(const OnnxNode& node, const OnnxMeaning& x, int zero_point,
                                   const OnnxMeaning& weight, const OnnxMeaning* bias);
  std::optional<Layer> dense(const OnnxNode& node, const OnnxMeaning& x, const OnnxMeaning& weight,
                             bool weight_is_out_by_in, const OnnxMeaning* bias);
  std::optional<Layer> addition(const OnnxNode& node, const OnnxMeaning& a, const OnnxMeaning& b);
  std::optional<Layer> average(const OnnxNode& node, const OnnxMeaning& x, int zero_point, bool global);
  bool take_constants(Layer& layer, const OnnxMeaning& weight, const OnnxMeaning* bias);
  void clamp_activation(const OnnxNode& node, const OnnxMeaning& x, int low, int high);
  static OnnxMeaning sum(std::optional<Layer> layer, std::vector<Quantisation> operands, Quantisation weight,
                         bool is_flat);

  // ---- requantisation ----
  void requantize(OnnxMeaning& sum, const Quantisation& to);
  void shift(OnnxMeaning& sum, int to);
  void multiply(Layer& layer, ops::Conv2d& op, const OnnxMeaning& sum, const ops::ChannelParameters& result,
                const Quantisation& to);
  void multiply(Layer& layer, ops::Add& op, const OnnxMeaning& sum, const ops::ChannelParameters& result,
                const Quantisation& to);
  void divide(Layer& layer, ops::AveragePool& op, const OnnxMeaning& sum, const ops::ChannelParameters& result,
              const Quantisation& to);
  ops::ChannelParameters scaled(double scale);

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
  void average_pool(const OnnxNode& node);
  void global_average_pool(const OnnxNode& node);
  void qlinear_average(const OnnxNode& node, bool global);
  void qlinear_average_pool(const OnnxNode& node);
  void qlinear_global_average_pool(const OnnxNode& node);
  void pad(const OnnxNode& node);
  void softmax(const OnnxNode& node);
  void flatten(const OnnxNode& node);
  void reshape(const OnnxNode& node);
  void identity(const OnnxNode& node);
  void constant(const OnnxNode& node);

  const OnnxModel& model_;
  const Arithmetic arithmetic_;
  const ops::Rounding rounding_;
  Graph graph_;
  std::map<std::string, OnnxMeaning> values_;
  Quantisation input_quantisation_;  // of a float model's input
  std::set<std::string> layer_names_;
  std::vector<std::string> reasons_;  // of the current node
  bool wants_multipliers_ = false;    // some reason is a scale or zero point that shifts cannot take
};

}  // namespace tandem::graph
