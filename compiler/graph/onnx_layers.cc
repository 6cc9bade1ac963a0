// How the importer builds layers of the graph: convolution, dense, addition, clamp.
#include <fmt/format.h>

#include <algorithm>

#include "compiler/graph/onnx_importer.h"

namespace tandem::graph {
namespace {

/// [o, k] from [k, o].
Tensor transposed(const Tensor& matrix) {
  Tensor result(matrix.type, {matrix.shape[1], matrix.shape[0]});
  for (int64_t k = 0; k < matrix.shape[0]; ++k) {
    for (int64_t o = 0; o < matrix.shape[1]; ++o) {
      result.as<int8_t>()[o * matrix.shape[0] + k] = matrix.as<int8_t>()[k * matrix.shape[1] + o];
    }
  }
  return result;
}

}  // namespace

/// Strides, pads and dilations of a convolution or pooling whose input and kernel sizes are known.
template <typename Op>
void OnnxImporter::read_window(const OnnxNode& node, Op& op) {
  constexpr bool kDilates = std::is_same_v<Op, ops::Conv2d>;
  int64_t span_h = op.kernel_h, span_w = op.kernel_w;
  if constexpr (kDilates) {
    const std::vector<int64_t> dilations = integers_attribute(node, "dilations", {1, 1});
    if (dilations[0] >= 1 && dilations[1] >= 1 && dilations[0] <= 65536 && dilations[1] <= 65536) {
      op.dilation_h = dilations[0];
      op.dilation_w = dilations[1];
    } else {
      reason(fmt::format("dilations {} are out of range", to_string(dilations)));
    }
    span_h = op.span_h();
    span_w = op.span_w();
  } else {
    must_be(node, "dilations", {1, 1});
  }
  const std::vector<int64_t> strides = integers_attribute(node, "strides", {1, 1});
  const std::vector<int64_t> pads = integers_attribute(node, "pads", {0, 0, 0, 0});
  op.stride_h = strides[0];
  op.stride_w = strides[1];
  op.pad_top = pads[0];
  op.pad_left = pads[1];
  op.pad_bottom = pads[2];
  op.pad_right = pads[3];
  const auto positive = [](int64_t v) { return v >= 1 && v <= 65536; };
  const auto natural = [](int64_t v) { return v >= 0 && v <= 65536; };
  if (!positive(op.stride_h) || !positive(op.stride_w) || !positive(op.kernel_h) || !positive(op.kernel_w) ||
      !std::all_of(pads.begin(), pads.end(), natural)) {
    reason(fmt::format("kernel {}x{}, strides {}, pads {} are out of range", op.kernel_h, op.kernel_w,
                       to_string(strides), to_string(pads)));
    op.kernel_h = op.kernel_w = op.stride_h = op.stride_w = 1;
    op.pad_top = op.pad_left = op.pad_bottom = op.pad_right = 0;
    return;
  }
  const std::string auto_pad = text_attribute(node, "auto_pad", "NOTSET");
  if (auto_pad == "SAME_UPPER" || auto_pad == "SAME_LOWER") {
    const auto same = [&](int64_t size, int64_t kernel, int64_t stride, int64_t& before, int64_t& after) {
      const int64_t total = std::max<int64_t>(0, ((size + stride - 1) / stride - 1) * stride + kernel - size);
      const int64_t small = total / 2;
      before = auto_pad == "SAME_UPPER" ? small : total - small;
      after = total - before;
    };
    same(op.h, span_h, op.stride_h, op.pad_top, op.pad_bottom);
    same(op.w, span_w, op.stride_w, op.pad_left, op.pad_right);
  } else if (auto_pad != "NOTSET" && auto_pad != "VALID") {
    reason(fmt::format("attribute 'auto_pad' is '{}'", auto_pad));
  }
  if (op.h + op.pad_top + op.pad_bottom < span_h || op.w + op.pad_left + op.pad_right < span_w) {
    reason(fmt::format("its kernel {}x{} is larger than its padded input {}x{}", span_h, span_w,
                       op.h + op.pad_top + op.pad_bottom, op.w + op.pad_left + op.pad_right));
    op.kernel_h = op.kernel_w = 1;
    if constexpr (kDilates) op.dilation_h = op.dilation_w = 1;
  }
}

template void OnnxImporter::read_window(const OnnxNode&, ops::Conv2d&);
template void OnnxImporter::read_window(const OnnxNode&, ops::MaxPool&);
template void OnnxImporter::read_window(const OnnxNode&, ops::AveragePool&);

TensorId OnnxImporter::add_tensor(const std::string& name, const Shape& shape, std::optional<int> exponent) {
  graph_.tensors.push_back({name, shape, exponent});
  return static_cast<TensorId>(graph_.tensors.size() - 1);
}

/// What a tensor of the graph stands for is known from the first node that says it.
void OnnxImporter::set_exponent(const OnnxMeaning& value, const Quantisation& quantisation) {
  auto& known = graph_.tensors[static_cast<size_t>(value.tensor)].exponent;
  if (!known) known = quantisation.exponent();
}

/// Adds `layer` with the node's output as its tensor; the integer value that it gives.
OnnxMeaning OnnxImporter::finish(const OnnxNode& node, Layer layer, std::optional<int> exponent, bool is_flat) {
  layer.output = add_tensor(node.outputs.at(0), output_shape(layer.op), exponent);
  const std::string base = layer.name;
  for (int copy = 2; !layer_names_.insert(layer.name).second; ++copy) layer.name = fmt::format("{}_{}", base, copy);
  OnnxMeaning value;
  value.kind = OnnxMeaning::kInteger;
  value.tensor = layer.output;
  value.is_flat = is_flat;
  graph_.layers.push_back(std::move(layer));
  return value;
}

/// Whether `value` is the activation that the operator needs; a reason where it is something else. Unknown values give
/// no reason.
bool OnnxImporter::is_activation(const OnnxMeaning& value, OnnxMeaning::Kind kind, bool may_be_padded) {
  if (value.kind == kind) return may_be_padded || !is_padded(value);
  if (value.kind == OnnxMeaning::kUnknown) return false;
  if (value.kind == OnnxMeaning::kConstant || value.kind == OnnxMeaning::kRealConstant) {
    reason("an activation input is a constant");
  } else if (value.kind == OnnxMeaning::kProbability) {
    reason("it reads the result of a Softmax, which is supported as a model's last operator");
  } else if (kind == OnnxMeaning::kReal) {
    reason("its input is not quantised: a QuantizeLinear and a DequantizeLinear are missing before it");
  } else {
    reason("its input is not int8");
  }
  return false;
}

bool OnnxImporter::is_padded(const OnnxMeaning& value) {
  if (value.pads.empty()) return false;
  reason("its input is padded by a Pad, which is supported before a convolution");
  return true;
}

/// A reason where `value` is no constant of that kind; unknown values give none.
bool OnnxImporter::is_constant(const OnnxMeaning& value, OnnxMeaning::Kind kind, const char* what) {
  if (value.kind == OnnxMeaning::kUnknown || value.kind == kind) return true;
  reason(fmt::format("its {} is no constant{}", what,
                     kind == OnnxMeaning::kRealConstant ? " behind a DequantizeLinear" : ""));
  return false;
}

/// The scale of a bias must be that of input times weight, but for what float32 loses.
void OnnxImporter::check_bias(const OnnxMeaning& x, const OnnxMeaning& weight, const OnnxMeaning& bias) {
  if (bias.kind != OnnxMeaning::kRealConstant || x.kind == OnnxMeaning::kUnknown ||
      weight.kind == OnnxMeaning::kUnknown) {
    return;
  }
  const auto channels =
      static_cast<int64_t>(std::max(bias.quantisation.scales.size(), weight.quantisation.scales.size()));
  for (int64_t o = 0; o < channels; ++o) {
    const double sum = x.quantisation.scale(0) * weight.quantisation.scale(o), scale = bias.quantisation.scale(o);
    if (std::abs(scale - sum) <= 1e-5 * sum) continue;
    return reason(fmt::format("its bias has scale {}; that of input times weight, {}, is supported",
                              Quantisation{{static_cast<float>(scale)}}.text(),
                              Quantisation{{static_cast<float>(sum)}}.text()));
  }
}

bool OnnxImporter::take_constants(Layer& layer, const OnnxMeaning& weight, const OnnxMeaning* bias) {
  auto& op = std::get<ops::Conv2d>(layer.op);
  layer.weight = weight.constant;
  layer.weight.shape = {op.o, op.group_c(), op.kernel_h, op.kernel_w};
  layer.bias = Tensor(DType::kI32, {op.o});
  op.bias_bits = ops::bias_bits(layer.bias);
  if (bias == nullptr || bias->kind == OnnxMeaning::kUnknown) return true;
  if (bias->constant.type != DType::kI32 || bias->constant.size() != op.o) {
    reason(fmt::format("its bias is {} {}, not int32 [{}]", name(bias->constant.type), to_string(bias->constant.shape),
                       op.o));
    return false;
  }
  layer.bias.data = bias->constant.data;
  op.bias_bits = ops::bias_bits(layer.bias);
  return true;
}

std::optional<Layer> OnnxImporter::convolution(const OnnxNode& node, const OnnxMeaning& x, int zero_point,
                                               const OnnxMeaning& weight, const OnnxMeaning* bias) {
  if (weight.kind != OnnxMeaning::kUnknown &&
      (weight.constant.type != DType::kI8 || weight.constant.shape.size() != 4)) {
    reason(fmt::format("its weight is {} {}, not an int8 constant [o, c, h, w]", name(weight.constant.type),
                       to_string(weight.constant.shape)));
    return std::nullopt;
  }
  if (x.tensor < 0 || weight.kind == OnnxMeaning::kUnknown) return std::nullopt;
  const Shape& shape = shape_of(x);
  const int64_t groups = integer_attribute(node, "group", 1);
  if (groups < 1 || weight.constant.shape[0] % groups != 0) {
    reason(fmt::format("its {} groups do not divide its {} output channels", groups, weight.constant.shape[0]));
    return std::nullopt;
  }
  if (x.is_flat || shape[1] != weight.constant.shape[1] * groups) {
    reason(fmt::format("its input {} does not fit its weight {}", to_string(shape), to_string(weight.constant.shape)));
    return std::nullopt;
  }
  ops::Conv2d op;
  op.c = shape[1];
  op.h = shape[2];
  op.w = shape[3];
  op.o = weight.constant.shape[0];
  op.kernel_h = weight.constant.shape[2];
  op.kernel_w = weight.constant.shape[3];
  op.groups = groups;
  op.pad_value = zero_point;
  const std::vector<int64_t> kernel = integers_attribute(node, "kernel_shape", {op.kernel_h, op.kernel_w});
  if (kernel != std::vector<int64_t>{op.kernel_h, op.kernel_w}) {
    reason(fmt::format("attribute 'kernel_shape' is {}, but its weight is {}", to_string(kernel),
                       to_string(weight.constant.shape)));
    return std::nullopt;
  }
  if (!x.pads.empty()) {  // the window is read from the padded input
    op.h += x.pads[0] + x.pads[2];
    op.w += x.pads[1] + x.pads[3];
  }
  read_window(node, op);
  if (!x.pads.empty()) {
    op.h = shape[2];
    op.w = shape[3];
    op.pad_top += x.pads[0];
    op.pad_left += x.pads[1];
    op.pad_bottom += x.pads[2];
    op.pad_right += x.pads[3];
    if (x.pad_value && *x.pad_value != zero_point)
      reason(fmt::format("its input is padded with {}, which is not its zero point {}", *x.pad_value, zero_point));
  }
  Layer layer;
  layer.name = node.name;
  layer.op = op;
  layer.inputs = {x.tensor};
  if (reasons_.empty() && !take_constants(layer, weight, bias)) return std::nullopt;
  return layer;
}

std::optional<Layer> OnnxImporter::dense(const OnnxNode& node, const OnnxMeaning& x, const OnnxMeaning& weight,
                                         bool weight_is_out_by_in, const OnnxMeaning* bias) {
  if (weight.kind != OnnxMeaning::kUnknown &&
      (weight.constant.type != DType::kI8 || weight.constant.shape.size() != 2)) {
    reason(fmt::format("its weight is {} {}, not an int8 constant matrix", name(weight.constant.type),
                       to_string(weight.constant.shape)));
    return std::nullopt;
  }
  if (x.tensor < 0 || weight.kind == OnnxMeaning::kUnknown) return std::nullopt;
  OnnxMeaning matrix = weight;
  if (!weight_is_out_by_in) matrix.constant = transposed(weight.constant);
  const Shape& shape = shape_of(x);
  if (!x.is_flat || element_count(shape) != matrix.constant.shape[1]) {
    reason(fmt::format("its input {} does not fit its weight {}{}", to_string(shape), to_string(weight.constant.shape),
                       x.is_flat ? "" : ": a Flatten is missing before it"));
    return std::nullopt;
  }
  ops::Conv2d op;
  op.c = shape[1];
  op.h = op.kernel_h = shape[2];
  op.w = op.kernel_w = shape[3];
  op.o = matrix.constant.shape[0];
  Layer layer;
  layer.name = node.name;
  layer.op = op;
  layer.inputs = {x.tensor};
  // Flatten orders [c, h, w], as the weight of a convolution does: the matrix is that weight, row by row.
  if (!take_constants(layer, matrix, bias)) return std::nullopt;
  return layer;
}

std::optional<Layer> OnnxImporter::addition(const OnnxNode& node, const OnnxMeaning& a, const OnnxMeaning& b) {
  if (a.tensor < 0 || b.tensor < 0) return std::nullopt;
  if (shape_of(a) != shape_of(b) || a.is_flat != b.is_flat) {
    reason(fmt::format("its inputs have shapes {} and {}; broadcasting is not supported", to_string(shape_of(a)),
                       to_string(shape_of(b))));
    return std::nullopt;
  }
  const Shape& shape = shape_of(a);
  ops::Add op;
  op.c = shape[1];
  op.h = shape[2];
  op.w = shape[3];
  Layer layer;
  layer.name = node.name;
  layer.op = op;
  layer.inputs = {a.tensor, b.tensor};
  return layer;
}

std::optional<Layer> OnnxImporter::average(const OnnxNode& node, const OnnxMeaning& x, int zero_point, bool global) {
  if (x.tensor < 0) return std::nullopt;
  if (x.is_flat) {
    reason("its input is flat");
    return std::nullopt;
  }
  const Shape& shape = shape_of(x);
  ops::AveragePool op;
  op.c = shape[1];
  op.h = op.kernel_h = shape[2];
  op.w = op.kernel_w = shape[3];
  op.stride_h = op.stride_w = 1;
  op.pad_value = zero_point;
  if (!global) {
    must_be(node, "ceil_mode", {0});
    const std::vector<int64_t> kernel = integers_attribute(node, "kernel_shape", {1, 1});
    op.kernel_h = kernel[0];
    op.kernel_w = kernel[1];
    read_window(node, op);
    if (op.pad_top + op.pad_left + op.pad_bottom + op.pad_right > 0) must_be(node, "count_include_pad", {1});
  }
  Layer layer;
  layer.name = node.name;
  layer.op = op;
  layer.inputs = {x.tensor};
  layer.weight = Tensor(DType::kI8, {op.c});
  std::fill_n(layer.weight.as<int8_t>(), op.c, int8_t{1});
  return layer;
}

void OnnxImporter::clamp_activation(const OnnxNode& node, const OnnxMeaning& x, int low, int high) {
  if (low > high) return reason(fmt::format("its bounds {} and {} leave nothing", low, high));
  const Shape& shape = shape_of(x);
  ops::Clip op;
  op.c = shape[1];
  op.h = shape[2];
  op.w = shape[3];
  op.low = low;
  op.high = high;
  Layer layer;
  layer.name = node.name;
  layer.op = op;
  layer.inputs = {x.tensor};
  OnnxMeaning result = finish(node, layer, graph_.tensors[static_cast<size_t>(x.tensor)].exponent, x.is_flat);
  result.kind = x.kind;
  result.quantisation = x.quantisation;
  give(node, result);
}

/// A layer that waits for its QuantizeLinear.
OnnxMeaning OnnxImporter::sum(std::optional<Layer> layer, std::vector<Quantisation> operands, Quantisation weight,
                              bool is_flat) {
  OnnxMeaning value;
  if (!layer) return value;
  value.kind = OnnxMeaning::kSum;
  value.layer = std::move(*layer);
  value.operands = std::move(operands);
  value.weight = std::move(weight);
  value.is_flat = is_flat;
  return value;
}

/// The integer value of a sum, requantised.
OnnxMeaning OnnxImporter::finish_sum(const OnnxNode& node, OnnxMeaning sum, const Quantisation& to) {
  if (sum.kind != OnnxMeaning::kSum) return {};
  if (reasons_.empty()) requantize(sum, to);
  return finish(node, std::move(sum.layer), to.exponent(), sum.is_flat);
}

}  // namespace tandem::graph
