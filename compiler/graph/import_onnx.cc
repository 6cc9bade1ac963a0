#include "compiler/graph/import_onnx.h"

#include <fmt/format.h>

#include <algorithm>

#include "compiler/graph/onnx_importer.h"
#include "compiler/graph/passes.h"

namespace tandem::graph {
namespace {

std::string join(const std::vector<std::string>& parts, const char* separator) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : separator) + part;
  return text;
}

}  // namespace

const std::map<std::string, OnnxImporter::Method>& OnnxImporter::methods() {
  static const std::map<std::string, Method> kMethods = {
      {"QuantizeLinear", &OnnxImporter::quantize},
      {"DequantizeLinear", &OnnxImporter::dequantize},
      {"Conv", &OnnxImporter::conv},
      {"QLinearConv", &OnnxImporter::qlinear_conv},
      {"Gemm", &OnnxImporter::gemm},
      {"MatMul", &OnnxImporter::matmul},
      {"com.microsoft.QGemm", &OnnxImporter::qgemm},
      {"QLinearMatMul", &OnnxImporter::qlinear_matmul},
      {"Add", &OnnxImporter::add},
      {"com.microsoft.QLinearAdd", &OnnxImporter::qlinear_add},
      {"Relu", &OnnxImporter::relu},
      {"Clip", &OnnxImporter::clip},
      {"MaxPool", &OnnxImporter::max_pool},
      {"Flatten", &OnnxImporter::flatten},
      {"Reshape", &OnnxImporter::reshape},
      {"Identity", &OnnxImporter::identity},
      {"Dropout", &OnnxImporter::identity},  // in inference
      {"Constant", &OnnxImporter::constant},
  };
  return kMethods;
}

Result<Graph> OnnxImporter::run(const std::string& path) {
  const SourceLocation where{path, 0, 0};
  if (model_.inputs.size() != 1 || model_.outputs.size() != 1) {
    return Diagnostic{where,
                      fmt::format("the model has {} inputs and {} outputs; models with one of each are supported",
                                  model_.inputs.size(), model_.outputs.size()),
                      {},
                      ""};
  }
  const OnnxValue& in = model_.inputs[0];
  Shape shape = in.dims;
  if (!shape.empty() && shape[0] == -1) shape[0] = 1;
  const bool known = std::all_of(shape.begin(), shape.end(), [](int64_t extent) { return extent > 0; });
  if (!known || shape[0] != 1 || (shape.size() != 4 && shape.size() != 2) ||
      (in.type != "INT8" && in.type != "FLOAT")) {
    return Diagnostic{where,
                      fmt::format("input '{}' is {} {}; supported are INT8 and FLOAT of [N, C, H, W] or [N, features], "
                                  "where N is symbolic or 1",
                                  in.name, in.type, to_string(in.dims)),
                      {},
                      ""};
  }
  OnnxMeaning input;
  input.shape = shape;
  input.is_flat = shape.size() == 2;
  if (in.type == "FLOAT") {
    input.kind = OnnxMeaning::kFloatInput;
  } else {
    input.kind = OnnxMeaning::kInteger;
    input.tensor = add_tensor(in.name, input.is_flat ? Shape{1, shape[1], 1, 1} : shape, std::nullopt);
    graph_.inputs.push_back({input.tensor, shape});
  }
  values_[in.name] = input;

  std::vector<std::string> unsupported;
  for (const OnnxNode& node : model_.nodes) {
    const std::string type = node.domain.empty() ? node.op_type : node.domain + "." + node.op_type;
    reasons_.clear();
    for (const std::string& attribute : node.unread_attributes)
      reason(fmt::format("attribute '{}' is not supported", attribute));
    if (node.outputs.empty()) {
      reason("it has no output");
    } else if (const auto method = methods().find(type); method == methods().end()) {
      reason("the operator is not supported");
    } else {
      (this->*method->second)(node);
    }
    for (const std::string& output : node.outputs) values_.emplace(output, OnnxMeaning{});
    if (!reasons_.empty()) unsupported.push_back(fmt::format("{} ({}): {}", node.name, type, join(reasons_, "; ")));
  }
  if (!unsupported.empty()) {
    std::vector<std::string> supported;
    for (const auto& [name, method] : methods()) supported.push_back(name);
    return Diagnostic{
        where,
        fmt::format("{} of {} nodes cannot be imported:\n  {}", unsupported.size(), model_.nodes.size(),
                    join(unsupported, "\n  ")),
        supported,
        wants_shifts_
            ? "requantisation is one shift for a whole tensor: quantise symmetrically (zero point 0), with one "
              "power-of-two scale per tensor, as models/digits/train.py does"
            : ""};
  }

  const OnnxValue& out = model_.outputs[0];
  const auto result = values_.find(out.name);
  if (result == values_.end() ||
      (result->second.kind != OnnxMeaning::kInteger && result->second.kind != OnnxMeaning::kReal)) {
    return Diagnostic{where,
                      fmt::format("output '{}' is not quantised", out.name),
                      {},
                      "the last layer needs a QuantizeLinear after it"};
  }
  const Shape& extents = shape_of(result->second);
  graph_.outputs.push_back(
      {result->second.tensor, result->second.is_flat ? Shape{1, element_count(extents)} : extents});
  Graph graph = fuse_clips(graph_);
  if (const std::string rule = broken_rule(graph); !rule.empty()) {
    return Diagnostic{where, "the model contradicts itself: " + rule, {}, ""};
  }
  return graph;
}

OnnxMeaning OnnxImporter::input(const OnnxNode& node, size_t index) {
  if (!has_input(node, index)) {
    reason(fmt::format("input {} is missing", index));
    return {};
  }
  const std::string& name = node.inputs[index];
  if (const auto value = values_.find(name); value != values_.end()) return value->second;
  if (const auto tensor = model_.constants.find(name); tensor != model_.constants.end()) {
    OnnxMeaning value;
    value.kind = OnnxMeaning::kConstant;
    value.constant = tensor->second;
    return value;
  }
  if (const auto why = model_.unread_constants.find(name); why != model_.unread_constants.end()) {
    reason(fmt::format("constant '{}': {}", name, why->second));
  } else {
    reason(fmt::format("nothing computes its input '{}' before it", name));
  }
  return {};
}

/// The exponent of a power-of-two scale; the zero point must be 0 and int8 (int32 for a bias).
int OnnxImporter::exponent(const OnnxNode& node, size_t scale, size_t zero_point) {
  const OnnxMeaning value = input(node, scale);
  if (has_input(node, zero_point)) {
    const OnnxMeaning zero = input(node, zero_point);
    if (zero.kind != OnnxMeaning::kConstant ||
        (zero.constant.type != DType::kI8 && zero.constant.type != DType::kI32)) {
      if (zero.kind != OnnxMeaning::kUnknown) {
        reason(
            fmt::format("zero point '{}' is no constant of int8, so the tensor is not int8", node.inputs[zero_point]));
      }
    } else {
      const int64_t step = size_bytes(zero.constant.type);
      for (int64_t i = 0; i < zero.constant.size(); ++i) {
        const int64_t point = step == 1 ? zero.constant.as<int8_t>()[i] : zero.constant.as<int32_t>()[i];
        if (point == 0) continue;
        wants_shifts_ = true;
        reason(fmt::format("zero point '{}' is {}, not 0", node.inputs[zero_point], point));
        break;
      }
    }
  } else {
    reason("it has no zero point, so the tensor is uint8; int8 is supported");
  }
  if (value.kind == OnnxMeaning::kUnknown) return 0;
  if (value.kind != OnnxMeaning::kConstant || value.constant.type != DType::kF32 || value.constant.size() < 1) {
    reason(fmt::format("scale '{}' is no constant of float32", node.inputs[scale]));
    return 0;
  }
  const float* scales = value.constant.as<float>();
  const auto [least, most] = std::minmax_element(scales, scales + value.constant.size());
  if (*least != *most) {
    wants_shifts_ = true;
    reason(fmt::format("scale '{}' differs from channel to channel ({} to {})", node.inputs[scale], *least, *most));
    return 0;
  }
  int power = 0;
  if (!(scales[0] > 0) || !std::isfinite(scales[0]) || std::frexp(scales[0], &power) != 0.5f) {
    wants_shifts_ = true;
    reason(fmt::format("scale '{}' is {}, which is no power of two", node.inputs[scale], scales[0]));
    return 0;
  }
  return power - 1;
}

int64_t OnnxImporter::integer_attribute(const OnnxNode& node, const std::string& name, int64_t otherwise) {
  const auto found = node.attributes.find(name);
  if (found == node.attributes.end()) return otherwise;
  if (const auto* value = std::get_if<int64_t>(&found->second)) return *value;
  if (const auto* value = std::get_if<double>(&found->second); value && *value == std::floor(*value))
    return static_cast<int64_t>(*value);
  reason(fmt::format("attribute '{}' is no integer", name));
  return otherwise;
}

std::vector<int64_t> OnnxImporter::integers_attribute(const OnnxNode& node, const std::string& name,
                                                      std::vector<int64_t> otherwise) {
  const auto found = node.attributes.find(name);
  if (found == node.attributes.end()) return otherwise;
  const auto* value = std::get_if<std::vector<int64_t>>(&found->second);
  if (value && value->size() == otherwise.size()) return *value;
  reason(fmt::format("attribute '{}' is no list of {} integers", name, otherwise.size()));
  return otherwise;
}

std::string OnnxImporter::text_attribute(const OnnxNode& node, const std::string& name, const std::string& otherwise) {
  const auto found = node.attributes.find(name);
  if (found == node.attributes.end()) return otherwise;
  const auto* value = std::get_if<std::string>(&found->second);
  return value ? *value : otherwise;
}

void OnnxImporter::must_be(const OnnxNode& node, const std::string& attribute, const std::vector<int64_t>& value) {
  const std::vector<int64_t> actual = value.size() == 1
                                          ? std::vector<int64_t>{integer_attribute(node, attribute, value[0])}
                                          : integers_attribute(node, attribute, value);
  if (actual == value) return;
  const bool scalar = value.size() == 1;
  reason(fmt::format("attribute '{}' is {}; {} is supported", attribute,
                     scalar ? std::to_string(actual[0]) : to_string(actual),
                     scalar ? std::to_string(value[0]) : to_string(value)));
}

Result<Graph> import_onnx(const std::string& path) {
  TANDEM_ASSIGN(const OnnxModel model, read_onnx(path));
  return OnnxImporter(model).run(path);
}

}  // namespace tandem::graph
