// The importer's ONNX operators, one method each.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "compiler/graph/onnx_importer.h"

namespace tandem::graph {
namespace {

int as_int8(double value) { return static_cast<int>(std::clamp(std::nearbyint(value), -128.0, 127.0)); }

}  // namespace

// ---- QDQ form

void OnnxImporter::quantize(const OnnxNode& node) {
  const Quantisation to = quantisation(node, 1, 2);
  const OnnxMeaning x = input(node, 0);
  if (to.scales.size() > 1) reason("it quantises an activation with a scale for each channel");
  switch (x.kind) {
    case OnnxMeaning::kUnknown:
      return;
    case OnnxMeaning::kFloatInput: {
      OnnxMeaning value;
      value.kind = OnnxMeaning::kInteger;
      value.is_flat = x.is_flat;
      if (!graph_.inputs.empty()) {
        value.tensor = graph_.inputs[0].tensor;
        if (input_quantisation_ != to) reason("the model's input is quantised with two scales");
      } else {
        value.tensor = add_tensor(node.inputs[0], x.is_flat ? Shape{1, x.shape[1], 1, 1} : x.shape, to.exponent());
        graph_.inputs.push_back({value.tensor, x.shape});
        input_quantisation_ = to;
      }
      return give(node, value);
    }
    case OnnxMeaning::kSum:
      return give(node, finish_sum(node, x, to));
    case OnnxMeaning::kReal: {
      if (x.quantisation != to) {
        return reason(fmt::format("it rescales a tensor from {} to {}", x.quantisation.text(), to.text()));
      }
      OnnxMeaning same = x;
      same.kind = OnnxMeaning::kInteger;
      return give(node, same);
    }
    case OnnxMeaning::kProbability:
      return give(node, x);
    default:
      return reason("it quantises a constant");
  }
}

void OnnxImporter::dequantize(const OnnxNode& node) {
  OnnxMeaning x = input(node, 0);
  if (x.kind == OnnxMeaning::kProbability) return give(node, x);
  x.quantisation = quantisation(node, 1, 2);
  if (x.kind == OnnxMeaning::kConstant) {
    x.kind = OnnxMeaning::kRealConstant;
    // Of a weight [o, ...] the output channels, of a bias its only axis.
    if (x.quantisation.scales.size() > 1 && integer_attribute(node, "axis", 1) != 0 && x.constant.shape.size() > 1)
      reason("its scales are not those of axis 0");
  } else if (is_activation(x, OnnxMeaning::kInteger, /*may_be_padded=*/true)) {
    x.kind = OnnxMeaning::kReal;
    if (x.quantisation.scales.size() > 1) reason("its input has a scale for each channel");
    set_exponent(x, x.quantisation);
  } else {
    return;
  }
  give(node, x);
}

void OnnxImporter::conv(const OnnxNode& node) {
  const OnnxMeaning x = input(node, 0);
  const OnnxMeaning weight = input(node, 1);
  const OnnxMeaning bias = has_input(node, 2) ? input(node, 2) : OnnxMeaning{};
  if (x.kind != OnnxMeaning::kUnknown && !is_activation(x, OnnxMeaning::kReal, /*may_be_padded=*/true)) return;
  if (!is_constant(weight, OnnxMeaning::kRealConstant, "weight")) return;
  if (!is_constant(bias, OnnxMeaning::kRealConstant, "bias")) return;
  check_bias(x, weight, bias);
  give(node, sum(convolution(node, x, x.quantisation.zero_point, weight, &bias), {x.quantisation}, weight.quantisation,
                 false));
}

void OnnxImporter::gemm(const OnnxNode& node) {
  must_be(node, "alpha", {1});
  must_be(node, "beta", {1});
  must_be(node, "transA", {0});
  const OnnxMeaning x = input(node, 0);
  const OnnxMeaning weight = input(node, 1);
  const OnnxMeaning bias = has_input(node, 2) ? input(node, 2) : OnnxMeaning{};
  if (x.kind != OnnxMeaning::kUnknown && !is_activation(x, OnnxMeaning::kReal)) return;
  if (!is_constant(weight, OnnxMeaning::kRealConstant, "weight")) return;
  if (!is_constant(bias, OnnxMeaning::kRealConstant, "bias")) return;
  check_bias(x, weight, bias);
  give(node, sum(dense(node, x, weight, integer_attribute(node, "transB", 0) == 1, &bias), {x.quantisation},
                 weight.quantisation, true));
}

void OnnxImporter::matmul(const OnnxNode& node) {
  const OnnxMeaning x = input(node, 0);
  const OnnxMeaning weight = input(node, 1);
  if (x.kind != OnnxMeaning::kUnknown && !is_activation(x, OnnxMeaning::kReal)) return;
  if (!is_constant(weight, OnnxMeaning::kRealConstant, "weight")) return;
  give(node, sum(dense(node, x, weight, false, nullptr), {x.quantisation}, weight.quantisation, true));
}

void OnnxImporter::add(const OnnxNode& node) {
  const OnnxMeaning a = input(node, 0);
  const OnnxMeaning b = input(node, 1);
  const bool a_is_sum = a.kind == OnnxMeaning::kSum && b.kind == OnnxMeaning::kRealConstant;
  if (a_is_sum || (b.kind == OnnxMeaning::kSum && a.kind == OnnxMeaning::kRealConstant)) {  // the bias of a MatMul
    OnnxMeaning total = a_is_sum ? a : b;
    const OnnxMeaning& bias = a_is_sum ? b : a;
    auto* op = std::get_if<ops::Conv2d>(&total.layer.op);
    const bool empty =
        std::all_of(total.layer.bias.data.begin(), total.layer.bias.data.end(), [](uint8_t byte) { return byte == 0; });
    if (op == nullptr || !total.is_flat || !empty || std::isfinite(total.low) || std::isfinite(total.high)) {
      return reason("it adds a constant to something other than the result of a MatMul");
    }
    OnnxMeaning x, weight;  // of the MatMul
    x.kind = weight.kind = OnnxMeaning::kRealConstant;
    x.quantisation = total.operands[0];
    weight.quantisation = total.weight;
    weight.constant = total.layer.weight;
    check_bias(x, weight, bias);
    if (take_constants(total.layer, weight, &bias)) give(node, total);
    return;
  }
  if (!is_activation(a, OnnxMeaning::kReal) || !is_activation(b, OnnxMeaning::kReal)) return;
  give(node, sum(addition(node, a, b), {a.quantisation, b.quantisation}, {}, a.is_flat));
}

void OnnxImporter::relu(const OnnxNode& node) {
  OnnxMeaning x = input(node, 0);
  if (x.kind == OnnxMeaning::kSum) {
    x.low = std::max(x.low, 0.0);
    x.high = std::max(x.high, 0.0);
    return give(node, x);
  }
  if (x.kind != OnnxMeaning::kReal && x.kind != OnnxMeaning::kInteger) {
    is_activation(x, OnnxMeaning::kReal);
    return;
  }
  if (!is_padded(x)) clamp_activation(node, x, x.kind == OnnxMeaning::kReal ? x.quantisation.zero_point : 0, 127);
}

void OnnxImporter::clip(const OnnxNode& node) {
  const OnnxMeaning x = input(node, 0);
  double bounds[2] = {-INFINITY, INFINITY};
  for (size_t i = 0; i < 2; ++i) {
    const char* attribute = i == 0 ? "min" : "max";  // up to opset 10
    if (const auto found = node.attributes.find(attribute); found != node.attributes.end()) {
      if (const auto* value = std::get_if<double>(&found->second)) bounds[i] = *value;
    }
    if (!has_input(node, i + 1)) continue;
    const OnnxMeaning bound = input(node, i + 1);
    if (bound.kind == OnnxMeaning::kUnknown) return;
    if (bound.kind != OnnxMeaning::kConstant || bound.constant.size() != 1 ||
        (bound.constant.type != DType::kI8 && bound.constant.type != DType::kF32)) {
      return reason(fmt::format("its bound '{}' is no constant of one number", node.inputs[i + 1]));
    }
    bounds[i] = bound.constant.type == DType::kI8 ? bound.constant.as<int8_t>()[0] : bound.constant.as<float>()[0];
  }
  if (!(bounds[0] <= bounds[1])) return reason(fmt::format("its bounds {} and {} leave nothing", bounds[0], bounds[1]));
  if (x.kind == OnnxMeaning::kSum) {
    OnnxMeaning clamped = x;
    clamped.low = std::clamp(x.low, bounds[0], bounds[1]);
    clamped.high = std::clamp(x.high, bounds[0], bounds[1]);
    return give(node, clamped);
  }
  if (x.kind != OnnxMeaning::kReal && x.kind != OnnxMeaning::kInteger) {
    is_activation(x, OnnxMeaning::kReal);
    return;
  }
  if (is_padded(x)) return;
  // Bounds of an integer tensor are integers.
  const Quantisation scale = x.kind == OnnxMeaning::kReal ? x.quantisation : Quantisation{};
  int steps[2];
  for (size_t i = 0; i < 2; ++i) {
    const double exact = bounds[i] / scale.scale(0);
    if (arithmetic_ == Arithmetic::kShifts && std::isfinite(exact) && exact != std::floor(exact))
      return reason(fmt::format("its bound {} is no multiple of the scale {}", bounds[i], scale.text()));
    steps[i] = as_int8(exact + scale.zero_point);
  }
  clamp_activation(node, x, steps[0], steps[1]);
}

void OnnxImporter::max_pool(const OnnxNode& node) {
  must_be(node, "ceil_mode", {0});
  must_be(node, "storage_order", {0});
  if (node.outputs.size() > 1 && !node.outputs[1].empty()) reason("its second output (indices) is not supported");
  const OnnxMeaning x = input(node, 0);
  if (x.kind != OnnxMeaning::kInteger && x.kind != OnnxMeaning::kReal) {
    is_activation(x, OnnxMeaning::kReal);
    return;
  }
  if (is_padded(x)) return;
  const Shape& shape = shape_of(x);
  if (x.is_flat) return reason("its input is flat");
  ops::MaxPool op;
  op.c = shape[1];
  op.h = shape[2];
  op.w = shape[3];
  const std::vector<int64_t> kernel = integers_attribute(node, "kernel_shape", {1, 1});
  op.kernel_h = kernel[0];
  op.kernel_w = kernel[1];
  read_window(node, op);
  Layer layer;
  layer.name = node.name;
  layer.op = op;
  layer.inputs = {x.tensor};
  OnnxMeaning result = finish(node, layer, graph_.tensors[static_cast<size_t>(x.tensor)].exponent, false);
  result.kind = x.kind;
  result.quantisation = x.quantisation;
  give(node, result);
}

void OnnxImporter::average_pool(const OnnxNode& node) {
  const OnnxMeaning x = input(node, 0);
  if (!is_activation(x, OnnxMeaning::kReal)) return;
  give(node, sum(average(node, x, x.quantisation.zero_point, false), {x.quantisation}, {}, false));
}

void OnnxImporter::global_average_pool(const OnnxNode& node) {
  const OnnxMeaning x = input(node, 0);
  if (!is_activation(x, OnnxMeaning::kReal)) return;
  give(node, sum(average(node, x, x.quantisation.zero_point, true), {x.quantisation}, {}, false));
}

/// Of the two spatial axes, with zeros or zero points; the convolution behind it takes it in.
void OnnxImporter::pad(const OnnxNode& node) {
  if (const std::string mode = text_attribute(node, "mode", "constant"); mode != "constant")
    return reason(fmt::format("attribute 'mode' is '{}'; 'constant' is supported", mode));
  OnnxMeaning x = input(node, 0);
  const OnnxMeaning pads = input(node, 1);
  if (x.kind != OnnxMeaning::kInteger && x.kind != OnnxMeaning::kReal) {
    is_activation(x, OnnxMeaning::kReal);
    return;
  }
  if (pads.kind == OnnxMeaning::kUnknown || is_padded(x)) return;
  if (pads.kind != OnnxMeaning::kConstant || pads.constant.type != DType::kI64 || pads.constant.size() != 8)
    return reason("its pads are no constant of 8 int64");
  const int64_t* p = pads.constant.as<int64_t>();
  if (p[0] != 0 || p[1] != 0 || p[4] != 0 || p[5] != 0) return reason("it pads images or channels");
  x.pads = {p[2], p[3], p[6], p[7]};
  if (std::any_of(x.pads.begin(), x.pads.end(), [](int64_t each) { return each < 0 || each > 65536; }))
    return reason(fmt::format("its pads {} are out of range", to_string(x.pads)));
  double value = 0;
  if (has_input(node, 2)) {
    const OnnxMeaning constant = input(node, 2);
    if (constant.kind == OnnxMeaning::kConstant && constant.constant.type == DType::kF32 &&
        constant.constant.size() == 1) {
      value = constant.constant.as<float>()[0];
    } else if (constant.kind == OnnxMeaning::kConstant && constant.constant.type == DType::kI8 &&
               constant.constant.size() == 1) {
      value = constant.constant.as<int8_t>()[0];
    } else if (constant.kind == OnnxMeaning::kRealConstant && constant.constant.type == DType::kI8 &&
               constant.constant.size() == 1) {
      value = (constant.constant.as<int8_t>()[0] - constant.quantisation.zero_point) * constant.quantisation.scale(0);
    } else {
      return reason("its value is no constant of one number");
    }
  }
  if (x.kind == OnnxMeaning::kInteger) {
    x.pad_value = as_int8(value);
  } else if (value != 0) {
    return reason(fmt::format("it pads with {}; 0 is supported", value));
  }
  give(node, x);
}

void OnnxImporter::softmax(const OnnxNode& node) {
  OnnxMeaning x = input(node, 0);
  if (!is_activation(x, OnnxMeaning::kReal)) return;
  x.kind = OnnxMeaning::kProbability;
  give(node, x);
}

void OnnxImporter::flatten(const OnnxNode& node) {
  must_be(node, "axis", {1});
  OnnxMeaning x = input(node, 0);
  if (x.kind != OnnxMeaning::kInteger && x.kind != OnnxMeaning::kReal) {
    is_activation(x, OnnxMeaning::kReal);
    return;
  }
  if (is_padded(x)) return;
  x.is_flat = true;
  give(node, x);
}

void OnnxImporter::reshape(const OnnxNode& node) {
  OnnxMeaning x = input(node, 0);
  const OnnxMeaning target = input(node, 1);
  if (target.kind == OnnxMeaning::kUnknown) return;
  if (target.kind != OnnxMeaning::kConstant || target.constant.type != DType::kI64)
    return reason("its shape is no constant");
  if (x.kind != OnnxMeaning::kInteger && x.kind != OnnxMeaning::kReal) {
    is_activation(x, OnnxMeaning::kReal);
    return;
  }
  if (is_padded(x)) return;
  const Shape from = x.is_flat ? Shape{1, element_count(shape_of(x))} : shape_of(x);
  Shape to(target.constant.as<int64_t>(), target.constant.as<int64_t>() + target.constant.size());
  const Shape asked = to;
  for (size_t i = 0; i < to.size() && i < from.size(); ++i) {
    if (to[i] == 0) to[i] = from[i];
  }
  int64_t rest = element_count(from);
  for (int64_t extent : to) rest = extent > 0 ? rest / extent : rest;
  for (int64_t& extent : to) {
    if (extent == -1) extent = rest;
  }
  if (to == Shape{1, element_count(from)}) {
    x.is_flat = true;
  } else if (to != from) {
    return reason(fmt::format("it reshapes {} to {}; flattening all but the first axis is supported", to_string(from),
                              to_string(asked)));
  }
  give(node, x);
}

void OnnxImporter::identity(const OnnxNode& node) {
  const OnnxMeaning x = input(node, 0);
  if (x.kind != OnnxMeaning::kUnknown) give(node, x);
}

void OnnxImporter::constant(const OnnxNode& node) {
  const auto found = node.attributes.find("value");
  const auto* tensor = found == node.attributes.end() ? nullptr : std::get_if<Tensor>(&found->second);
  if (tensor == nullptr) return reason("it has no attribute 'value' that is a tensor");
  OnnxMeaning value;
  value.kind = OnnxMeaning::kConstant;
  value.constant = *tensor;
  give(node, value);
}

// ---- QOperator form

void OnnxImporter::qlinear_conv(const OnnxNode& node) {
  const Quantisation x_is = quantisation(node, 1, 2);
  const Quantisation weight_is = quantisation(node, 4, 5);
  const Quantisation y_is = quantisation(node, 6, 7);
  const OnnxMeaning x = input(node, 0);
  const OnnxMeaning weight = input(node, 3);
  const OnnxMeaning bias = has_input(node, 8) ? input(node, 8) : OnnxMeaning{};
  if (x.kind != OnnxMeaning::kUnknown && !is_activation(x, OnnxMeaning::kInteger, /*may_be_padded=*/true)) return;
  if (!is_constant(weight, OnnxMeaning::kConstant, "weight") || !is_constant(bias, OnnxMeaning::kConstant, "bias"))
    return;
  auto layer = convolution(node, x, x_is.zero_point, weight, &bias);
  if (!layer) return;
  set_exponent(x, x_is);
  give(node, finish_sum(node, sum(std::move(layer), {x_is}, weight_is, false), y_is));
}

/// com.microsoft.QGemm: a, a_scale, a_zero_point, b, b_scale, b_zero_point, c, y_scale, y_zero_point.
void OnnxImporter::qgemm(const OnnxNode& node) {
  must_be(node, "alpha", {1});
  must_be(node, "transA", {0});
  const Quantisation x_is = quantisation(node, 1, 2);
  const Quantisation weight_is = quantisation(node, 4, 5);
  const Quantisation y_is = quantisation(node, 7, 8);
  const OnnxMeaning x = input(node, 0);
  const OnnxMeaning weight = input(node, 3);
  const OnnxMeaning bias = has_input(node, 6) ? input(node, 6) : OnnxMeaning{};
  if (x.kind != OnnxMeaning::kUnknown && !is_activation(x, OnnxMeaning::kInteger)) return;
  if (!is_constant(weight, OnnxMeaning::kConstant, "weight") || !is_constant(bias, OnnxMeaning::kConstant, "bias"))
    return;
  auto layer = dense(node, x, weight, integer_attribute(node, "transB", 0) == 1, &bias);
  if (!layer) return;
  set_exponent(x, x_is);
  give(node, finish_sum(node, sum(std::move(layer), {x_is}, weight_is, true), y_is));
}

void OnnxImporter::qlinear_matmul(const OnnxNode& node) {
  const Quantisation x_is = quantisation(node, 1, 2);
  const Quantisation weight_is = quantisation(node, 4, 5);
  const Quantisation y_is = quantisation(node, 6, 7);
  const OnnxMeaning x = input(node, 0);
  const OnnxMeaning weight = input(node, 3);
  if (x.kind != OnnxMeaning::kUnknown && !is_activation(x, OnnxMeaning::kInteger)) return;
  if (!is_constant(weight, OnnxMeaning::kConstant, "weight")) return;
  auto layer = dense(node, x, weight, false, nullptr);
  if (!layer) return;
  give(node, finish_sum(node, sum(std::move(layer), {x_is}, weight_is, true), y_is));
}

/// com.microsoft.QLinearAdd: a, a_scale, a_zero_point, b, b_scale, b_zero_point, c_scale, c_zero_point.
void OnnxImporter::qlinear_add(const OnnxNode& node) {
  const Quantisation a_is = quantisation(node, 1, 2);
  const Quantisation b_is = quantisation(node, 4, 5);
  const Quantisation y_is = quantisation(node, 6, 7);
  const OnnxMeaning a = input(node, 0);
  const OnnxMeaning b = input(node, 3);
  if (!is_activation(a, OnnxMeaning::kInteger) || !is_activation(b, OnnxMeaning::kInteger)) return;
  auto layer = addition(node, a, b);
  if (!layer) return;
  give(node, finish_sum(node, sum(std::move(layer), {a_is, b_is}, {}, a.is_flat), y_is));
}

/// com.microsoft.QLinearAveragePool and QLinearGlobalAveragePool: x, x_scale, x_zero_point, y_scale, y_zero_point.
void OnnxImporter::qlinear_average(const OnnxNode& node, bool global) {
  must_be(node, "channels_last", {0});
  const Quantisation x_is = quantisation(node, 1, 2);
  const Quantisation y_is = quantisation(node, 3, 4);
  const OnnxMeaning x = input(node, 0);
  if (!is_activation(x, OnnxMeaning::kInteger)) return;
  auto layer = average(node, x, x_is.zero_point, global);
  if (!layer) return;
  give(node, finish_sum(node, sum(std::move(layer), {x_is}, {}, false), y_is));
}

void OnnxImporter::qlinear_average_pool(const OnnxNode& node) { qlinear_average(node, false); }
void OnnxImporter::qlinear_global_average_pool(const OnnxNode& node) { qlinear_average(node, true); }

}  // namespace tandem::graph
