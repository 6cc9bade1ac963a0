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
  const int scale = exponent(node, 1, 2);
  const OnnxMeaning x = input(node, 0);
  switch (x.kind) {
    case OnnxMeaning::kUnknown:
      return;
    case OnnxMeaning::kFloatInput: {
      OnnxMeaning value;
      value.kind = OnnxMeaning::kInteger;
      value.is_flat = x.is_flat;
      if (!graph_.inputs.empty()) {
        value.tensor = graph_.inputs[0].tensor;
        if (graph_.tensors[static_cast<size_t>(value.tensor)].exponent != scale)
          reason("the model's input is quantised with two scales");
      } else {
        value.tensor = add_tensor(node.inputs[0], x.is_flat ? Shape{1, x.shape[1], 1, 1} : x.shape, scale);
        graph_.inputs.push_back({value.tensor, x.shape});
      }
      return give(node, value);
    }
    case OnnxMeaning::kSum: {
      Layer layer = x.layer;
      ops::Requantize& requantize = set_shift(layer, x.exponent, scale);
      requantize.low = as_int8(std::ldexp(x.low, -scale));
      requantize.high = as_int8(std::ldexp(x.high, -scale));
      return give(node, finish(node, layer, scale, x.is_flat));
    }
    case OnnxMeaning::kReal: {
      if (x.exponent != scale) return reason(fmt::format("it rescales a tensor from 2^{} to 2^{}", x.exponent, scale));
      OnnxMeaning same = x;
      same.kind = OnnxMeaning::kInteger;
      return give(node, same);
    }
    default:
      return reason("it quantises a constant");
  }
}

void OnnxImporter::dequantize(const OnnxNode& node) {
  const int scale = exponent(node, 1, 2);
  OnnxMeaning x = input(node, 0);
  x.exponent = scale;
  if (x.kind == OnnxMeaning::kConstant) {
    x.kind = OnnxMeaning::kRealConstant;
  } else if (is_activation(x, OnnxMeaning::kInteger)) {
    x.kind = OnnxMeaning::kReal;
    auto& known = graph_.tensors[static_cast<size_t>(x.tensor)].exponent;
    if (!known) known = scale;
  } else {
    return;
  }
  give(node, x);
}

void OnnxImporter::conv(const OnnxNode& node) {
  const OnnxMeaning x = input(node, 0);
  const OnnxMeaning weight = input(node, 1);
  const OnnxMeaning bias = has_input(node, 2) ? input(node, 2) : OnnxMeaning{};
  if (x.kind != OnnxMeaning::kUnknown && !is_activation(x, OnnxMeaning::kReal)) return;
  if (weight.kind != OnnxMeaning::kUnknown && weight.kind != OnnxMeaning::kRealConstant)
    return reason("its weight is no constant behind a DequantizeLinear");
  if (bias.kind != OnnxMeaning::kUnknown && bias.kind != OnnxMeaning::kRealConstant)
    return reason("its bias is no constant behind a DequantizeLinear");
  const int scale = x.exponent + weight.exponent;
  if (bias.kind == OnnxMeaning::kRealConstant && x.kind != OnnxMeaning::kUnknown && bias.exponent != scale) {
    reason(
        fmt::format("its bias has scale 2^{}; that of input times weight, 2^{}, is supported", bias.exponent, scale));
  }
  give(node, sum(convolution(node, x, weight, &bias), scale, false));
}

void OnnxImporter::gemm(const OnnxNode& node) {
  must_be(node, "alpha", {1});
  must_be(node, "beta", {1});
  must_be(node, "transA", {0});
  const OnnxMeaning x = input(node, 0);
  const OnnxMeaning weight = input(node, 1);
  const OnnxMeaning bias = has_input(node, 2) ? input(node, 2) : OnnxMeaning{};
  if (x.kind != OnnxMeaning::kUnknown && !is_activation(x, OnnxMeaning::kReal)) return;
  if (weight.kind != OnnxMeaning::kUnknown && weight.kind != OnnxMeaning::kRealConstant)
    return reason("its weight is no constant behind a DequantizeLinear");
  if (bias.kind != OnnxMeaning::kUnknown && bias.kind != OnnxMeaning::kRealConstant)
    return reason("its bias is no constant behind a DequantizeLinear");
  const int scale = x.exponent + weight.exponent;
  if (bias.kind == OnnxMeaning::kRealConstant && x.kind != OnnxMeaning::kUnknown && bias.exponent != scale) {
    reason(
        fmt::format("its bias has scale 2^{}; that of input times weight, 2^{}, is supported", bias.exponent, scale));
  }
  give(node, sum(dense(node, x, weight, integer_attribute(node, "transB", 0) == 1, &bias), scale, true));
}

void OnnxImporter::matmul(const OnnxNode& node) {
  const OnnxMeaning x = input(node, 0);
  const OnnxMeaning weight = input(node, 1);
  if (x.kind != OnnxMeaning::kUnknown && !is_activation(x, OnnxMeaning::kReal)) return;
  if (weight.kind != OnnxMeaning::kUnknown && weight.kind != OnnxMeaning::kRealConstant)
    return reason("its weight is no constant behind a DequantizeLinear");
  give(node, sum(dense(node, x, weight, false, nullptr), x.exponent + weight.exponent, true));
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
    if (bias.exponent != total.exponent) {
      reason(fmt::format("its bias has scale 2^{}; that of input times weight, 2^{}, is supported", bias.exponent,
                         total.exponent));
    }
    const OnnxMeaning weight = [&] {
      OnnxMeaning value;
      value.constant = total.layer.weight;
      return value;
    }();
    if (take_constants(total.layer, weight, &bias)) give(node, total);
    return;
  }
  if (!is_activation(a, OnnxMeaning::kReal) || !is_activation(b, OnnxMeaning::kReal)) return;
  int fine = 0;
  const auto layer = addition(node, a, b, a.exponent, b.exponent, fine);
  give(node, sum(layer, fine, a.is_flat));
}

void OnnxImporter::relu(const OnnxNode& node) {
  OnnxMeaning x = input(node, 0);
  if (x.kind == OnnxMeaning::kSum) {
    x.low = std::max(x.low, 0.0);
    x.high = std::max(x.high, 0.0);
    return give(node, x);
  }
  if (x.kind == OnnxMeaning::kReal || x.kind == OnnxMeaning::kInteger) return clamp_activation(node, x, 0, 127);
  is_activation(x, OnnxMeaning::kReal);
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
  const int scale = x.kind == OnnxMeaning::kReal ? x.exponent : 0;  // bounds of an integer tensor are integers
  for (double bound : bounds) {
    const double steps = std::ldexp(bound, -scale);
    if (std::isfinite(steps) && steps != std::floor(steps))
      return reason(fmt::format("its bound {} is no multiple of the scale 2^{}", bound, scale));
  }
  clamp_activation(node, x, as_int8(std::ldexp(bounds[0], -scale)), as_int8(std::ldexp(bounds[1], -scale)));
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
  result.exponent = x.exponent;
  give(node, result);
}

void OnnxImporter::flatten(const OnnxNode& node) {
  must_be(node, "axis", {1});
  OnnxMeaning x = input(node, 0);
  if (x.kind != OnnxMeaning::kInteger && x.kind != OnnxMeaning::kReal) {
    is_activation(x, OnnxMeaning::kReal);
    return;
  }
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
  const int x_scale = exponent(node, 1, 2);
  const int weight_scale = exponent(node, 4, 5);
  const int y_scale = exponent(node, 6, 7);
  const OnnxMeaning x = input(node, 0);
  const OnnxMeaning weight = input(node, 3);
  const OnnxMeaning bias = has_input(node, 8) ? input(node, 8) : OnnxMeaning{};
  if (x.kind != OnnxMeaning::kUnknown && !is_activation(x, OnnxMeaning::kInteger)) return;
  if (weight.kind != OnnxMeaning::kUnknown && weight.kind != OnnxMeaning::kConstant)
    return reason("its weight is no constant");
  if (bias.kind != OnnxMeaning::kUnknown && bias.kind != OnnxMeaning::kConstant)
    return reason("its bias is no constant");
  auto layer = convolution(node, x, weight, &bias);
  if (!layer) return;
  if (auto& known = graph_.tensors[static_cast<size_t>(x.tensor)].exponent; !known) known = x_scale;
  set_shift(*layer, x_scale + weight_scale, y_scale);
  give(node, finish(node, std::move(*layer), y_scale, false));
}

/// com.microsoft.QGemm: a, a_scale, a_zero_point, b, b_scale, b_zero_point, c, y_scale, y_zero_point.
void OnnxImporter::qgemm(const OnnxNode& node) {
  must_be(node, "alpha", {1});
  must_be(node, "transA", {0});
  const int x_scale = exponent(node, 1, 2);
  const int weight_scale = exponent(node, 4, 5);
  const int y_scale = exponent(node, 7, 8);
  const OnnxMeaning x = input(node, 0);
  const OnnxMeaning weight = input(node, 3);
  const OnnxMeaning bias = has_input(node, 6) ? input(node, 6) : OnnxMeaning{};
  if (x.kind != OnnxMeaning::kUnknown && !is_activation(x, OnnxMeaning::kInteger)) return;
  if (weight.kind != OnnxMeaning::kUnknown && weight.kind != OnnxMeaning::kConstant)
    return reason("its weight is no constant");
  if (bias.kind != OnnxMeaning::kUnknown && bias.kind != OnnxMeaning::kConstant)
    return reason("its bias is no constant");
  auto layer = dense(node, x, weight, integer_attribute(node, "transB", 0) == 1, &bias);
  if (!layer) return;
  if (auto& known = graph_.tensors[static_cast<size_t>(x.tensor)].exponent; !known) known = x_scale;
  set_shift(*layer, x_scale + weight_scale, y_scale);
  give(node, finish(node, std::move(*layer), y_scale, true));
}

void OnnxImporter::qlinear_matmul(const OnnxNode& node) {
  const int x_scale = exponent(node, 1, 2);
  const int weight_scale = exponent(node, 4, 5);
  const int y_scale = exponent(node, 6, 7);
  const OnnxMeaning x = input(node, 0);
  const OnnxMeaning weight = input(node, 3);
  if (x.kind != OnnxMeaning::kUnknown && !is_activation(x, OnnxMeaning::kInteger)) return;
  if (weight.kind != OnnxMeaning::kUnknown && weight.kind != OnnxMeaning::kConstant)
    return reason("its weight is no constant");
  auto layer = dense(node, x, weight, false, nullptr);
  if (!layer) return;
  set_shift(*layer, x_scale + weight_scale, y_scale);
  give(node, finish(node, std::move(*layer), y_scale, true));
}

/// com.microsoft.QLinearAdd: a, a_scale, a_zero_point, b, b_scale, b_zero_point, c_scale, c_zero_point.
void OnnxImporter::qlinear_add(const OnnxNode& node) {
  const int a_scale = exponent(node, 1, 2);
  const int b_scale = exponent(node, 4, 5);
  const int y_scale = exponent(node, 6, 7);
  const OnnxMeaning a = input(node, 0);
  const OnnxMeaning b = input(node, 3);
  if (!is_activation(a, OnnxMeaning::kInteger) || !is_activation(b, OnnxMeaning::kInteger)) return;
  int fine = 0;
  auto layer = addition(node, a, b, a_scale, b_scale, fine);
  if (!layer) return;
  set_shift(*layer, fine, y_scale);
  give(node, finish(node, std::move(*layer), y_scale, a.is_flat));
}

}  // namespace tandem::graph
