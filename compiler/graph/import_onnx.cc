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
      {"AveragePool", &OnnxImporter::average_pool},
      {"GlobalAveragePool", &OnnxImporter::global_average_pool},
      {"com.microsoft.QLinearAveragePool", &OnnxImporter::qlinear_average_pool},
      {"com.microsoft.QLinearGlobalAveragePool", &OnnxImporter::qlinear_global_average_pool},
      {"Pad", &OnnxImporter::pad},
      {"Softmax", &OnnxImporter::softmax},
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
    return Diagnostic{where,
                      fmt::format("{} of {} nodes cannot be imported:\n  {}", unsupported.size(), model_.nodes.size(),
                                  join(unsupported, "\n  ")),
                      supported, ""};
  }

  const OnnxValue& out = model_.outputs[0];
  const auto result = values_.find(out.name);
  const OnnxMeaning value = result == values_.end() ? OnnxMeaning{} : result->second;
  if (value.kind != OnnxMeaning::kInteger && value.kind != OnnxMeaning::kReal &&
      value.kind != OnnxMeaning::kProbability) {
    return Diagnostic{where,
                      fmt::format("output '{}' is not quantised", out.name),
                      {},
                      "the last layer needs a QuantizeLinear after it"};
  }
  if (!value.pads.empty()) return Diagnostic{where, fmt::format("output '{}' is padded", out.name), {}, ""};
  if (value.kind == OnnxMeaning::kProbability) {
    graph_.notes.push_back(
        fmt::format("the Softmax before output '{}' is left out: the output is its operand", out.name));
  }
  const Shape& extents = shape_of(value);
  graph_.outputs.push_back({value.tensor, value.is_flat ? Shape{1, element_count(extents)} : extents});
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

/// Of int8, or of int32 where it is 0. Shifts know none but 0.
int OnnxImporter::zero_point(const OnnxNode& node, size_t index) {
  if (!has_input(node, index)) {
    reason("it has no zero point, so the tensor is uint8; int8 is supported");
    return 0;
  }
  const OnnxMeaning zero = input(node, index);
  if (zero.kind == OnnxMeaning::kUnknown) return 0;
  if (zero.kind != OnnxMeaning::kConstant || (zero.constant.type != DType::kI8 && zero.constant.type != DType::kI32)) {
    reason(fmt::format("zero point '{}' is no constant of int8, so the tensor is not int8", node.inputs[index]));
    return 0;
  }
  const bool narrow = zero.constant.type == DType::kI8;
  for (int64_t i = 0; i < zero.constant.size(); ++i) {
    const int point = narrow ? zero.constant.as<int8_t>()[i] : zero.constant.as<int32_t>()[i];
    if (point == 0) continue;
    if (arithmetic_ == Arithmetic::kMultipliers && narrow && zero.constant.size() == 1) return point;
    wants_multipliers_ = wants_multipliers_ || (narrow && zero.constant.size() == 1);
    reason(fmt::format("zero point '{}' is {}, not 0", node.inputs[index], point));
    break;
  }
  return 0;
}

Quantisation OnnxImporter::quantisation(const OnnxNode& node, size_t scale, size_t zero_point) {
  const OnnxMeaning value = input(node, scale);
  Quantisation result;
  result.zero_point = this->zero_point(node, zero_point);
  if (value.kind == OnnxMeaning::kUnknown) return result;
  if (value.kind != OnnxMeaning::kConstant || value.constant.type != DType::kF32 || value.constant.size() < 1) {
    reason(fmt::format("scale '{}' is no constant of float32", node.inputs[scale]));
    return result;
  }
  const float* scales = value.constant.as<float>();
  const auto [least, most] = std::minmax_element(scales, scales + value.constant.size());
  if (!(*least > 0) || !std::isfinite(*most)) {
    reason(fmt::format("scale '{}' is {}, which is no positive number", node.inputs[scale], *least));
    return result;
  }
  const size_t count = *least == *most ? 1 : static_cast<size_t>(value.constant.size());
  const Quantisation read{std::vector<float>(scales, scales + count), result.zero_point};
  if (arithmetic_ == Arithmetic::kMultipliers) return read;
  if (count > 1) {
    wants_multipliers_ = true;
    reason(fmt::format("scale '{}' differs from channel to channel ({} to {})", node.inputs[scale], *least, *most));
    return result;
  }
  if (!Quantisation{read.scales}.exponent()) {
    wants_multipliers_ = true;
    reason(fmt::format("scale '{}' is {}, which is no power of two", node.inputs[scale], scales[0]));
    return result;
  }
  return read;
}

std::optional<int> Quantisation::exponent() const {
  int power = 0;
  if (scales.size() != 1 || zero_point != 0 || std::frexp(scales[0], &power) != 0.5f) return std::nullopt;
  return power - 1;
}

std::string Quantisation::text() const {
  if (const std::optional<int> power = exponent()) return fmt::format("2^{}", *power);
  return fmt::format("{} of zero point {}", scales[0], zero_point);
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

Result<Graph> import_onnx(const OnnxModel& model, const std::string& path, std::optional<ops::Rounding> rule) {
  if (rule != ops::Rounding::kTflite) {
    OnnxImporter importer(model);
    Result<Graph> graph = importer.run(path);
    if (graph.ok() || !importer.wants_multipliers()) return graph;
  }
  return OnnxImporter(model, Arithmetic::kMultipliers, rule.value_or(ops::Rounding::kTflite)).run(path);
}

Result<Graph> import_onnx(const std::string& path, std::optional<ops::Rounding> rule) {
  TANDEM_ASSIGN(const OnnxModel model, read_onnx(path));
  return import_onnx(model, path, rule);
}

}  // namespace tandem::graph
