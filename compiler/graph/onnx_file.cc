#include "compiler/graph/onnx_file.h"

#include <fmt/format.h>
#include <google/protobuf/stubs/logging.h>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wunused-parameter"
#include <onnx/onnx_pb.h>
#pragma GCC diagnostic pop

#include <cstring>
#include <set>

namespace tandem::graph {
namespace {

template <typename To, typename From>
void append(Bytes& data, const From& values) {
  for (const auto value : values) {
    const To narrow = static_cast<To>(value);
    const auto* bytes = reinterpret_cast<const uint8_t*>(&narrow);
    data.insert(data.end(), bytes, bytes + sizeof narrow);
  }
}

/// The tensor, or in `why` the reason that there is none.
std::optional<Tensor> read_tensor(const onnx::TensorProto& proto, std::string& why) {
  static const std::map<int, DType> kTypes = {
      {onnx::TensorProto::INT8, DType::kI8},   {onnx::TensorProto::UINT8, DType::kU8},
      {onnx::TensorProto::INT16, DType::kI16}, {onnx::TensorProto::INT32, DType::kI32},
      {onnx::TensorProto::INT64, DType::kI64}, {onnx::TensorProto::FLOAT, DType::kF32}};
  const auto type = kTypes.find(proto.data_type());
  if (type == kTypes.end()) {
    why = fmt::format("its type {} is not supported",
                      onnx::TensorProto::DataType_Name(static_cast<onnx::TensorProto::DataType>(proto.data_type())));
    return std::nullopt;
  }
  if (proto.data_location() == onnx::TensorProto::EXTERNAL) {
    why = "its data lie in another file, which is not supported";
    return std::nullopt;
  }
  Tensor tensor;
  tensor.type = type->second;
  tensor.shape.assign(proto.dims().begin(), proto.dims().end());
  if (proto.has_raw_data()) {
    tensor.data.assign(proto.raw_data().begin(), proto.raw_data().end());
  } else {
    switch (tensor.type) {
      case DType::kI8:
        append<int8_t>(tensor.data, proto.int32_data());
        break;
      case DType::kU8:
        append<uint8_t>(tensor.data, proto.int32_data());
        break;
      case DType::kI16:
        append<int16_t>(tensor.data, proto.int32_data());
        break;
      case DType::kI32:
        append<int32_t>(tensor.data, proto.int32_data());
        break;
      case DType::kI64:
        append<int64_t>(tensor.data, proto.int64_data());
        break;
      case DType::kF32:
        append<float>(tensor.data, proto.float_data());
        break;
    }
  }
  int64_t count = 1;
  for (int64_t extent : tensor.shape) {
    if (extent < 0 || (extent > 0 && count > (int64_t{1} << 40) / extent)) {
      why = fmt::format("its shape {} is impossible", to_string(tensor.shape));
      return std::nullopt;
    }
    count *= extent;
  }
  if (tensor.data.size() != static_cast<size_t>(count * size_bytes(tensor.type))) {
    why = fmt::format("it holds {} bytes, but its shape {} needs {}", tensor.data.size(), to_string(tensor.shape),
                      count * size_bytes(tensor.type));
    return std::nullopt;
  }
  return tensor;
}

OnnxNode read_node(const onnx::NodeProto& proto) {
  OnnxNode node;
  node.name = !proto.name().empty() || proto.output_size() == 0 ? proto.name() : proto.output(0);
  node.domain = proto.domain() == "ai.onnx" ? "" : proto.domain();
  node.op_type = proto.op_type();
  node.inputs.assign(proto.input().begin(), proto.input().end());
  node.outputs.assign(proto.output().begin(), proto.output().end());
  for (const onnx::AttributeProto& attribute : proto.attribute()) {
    std::string why;
    switch (attribute.type()) {
      case onnx::AttributeProto::INT:
        node.attributes[attribute.name()] = int64_t{attribute.i()};
        break;
      case onnx::AttributeProto::FLOAT:
        node.attributes[attribute.name()] = static_cast<double>(attribute.f());
        break;
      case onnx::AttributeProto::STRING:
        node.attributes[attribute.name()] = attribute.s();
        break;
      case onnx::AttributeProto::INTS:
        node.attributes[attribute.name()] = std::vector<int64_t>(attribute.ints().begin(), attribute.ints().end());
        break;
      case onnx::AttributeProto::TENSOR:
        if (auto tensor = read_tensor(attribute.t(), why)) {
          node.attributes[attribute.name()] = std::move(*tensor);
          break;
        }
        [[fallthrough]];
      default:
        node.unread_attributes.push_back(attribute.name());
    }
  }
  return node;
}

OnnxValue read_value(const onnx::ValueInfoProto& proto) {
  OnnxValue value;
  value.name = proto.name();
  const auto& type = proto.type().tensor_type();
  value.type = onnx::TensorProto::DataType_Name(static_cast<onnx::TensorProto::DataType>(type.elem_type()));
  value.has_shape = type.has_shape();
  for (const auto& dim : type.shape().dim()) value.dims.push_back(dim.has_dim_value() ? dim.dim_value() : -1);
  return value;
}

}  // namespace

Result<OnnxModel> read_onnx(const std::string& path) {
  TANDEM_ASSIGN(const Bytes bytes, read_file(path));
  onnx::ModelProto proto;
  google::protobuf::SetLogHandler(nullptr);  // its messages name neither the file nor a remedy
  const bool parsed = proto.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
  if (!parsed || !proto.has_graph() || proto.graph().node_size() == 0) {
    // Every ONNX writer puts ir_version, field 1, first.
    const bool begins_well = !bytes.empty() && bytes[0] == 0x08;
    return Diagnostic{{path, 0, 0},
                      begins_well ? fmt::format("the ONNX model is cut short or damaged ({} bytes)", bytes.size())
                                  : fmt::format("this is no ONNX model ({} bytes)", bytes.size()),
                      {},
                      begins_well ? "fetch or export the file again"
                                  : "a model is an .onnx file, or a folder that 'tandem compile -o' wrote"};
  }
  OnnxModel model;
  model.graph_name = proto.graph().name();
  for (const onnx::TensorProto& initializer : proto.graph().initializer()) {
    std::string why;
    if (auto tensor = read_tensor(initializer, why)) {
      model.constants[initializer.name()] = std::move(*tensor);
    } else {
      model.unread_constants[initializer.name()] = why;
    }
  }
  for (const onnx::SparseTensorProto& sparse : proto.graph().sparse_initializer()) {
    model.unread_constants[sparse.values().name()] = "it is sparse, which is not supported";
  }
  for (const onnx::NodeProto& node : proto.graph().node()) model.nodes.push_back(read_node(node));
  for (const onnx::ValueInfoProto& input : proto.graph().input()) {
    if (model.constants.count(input.name()) == 0 && model.unread_constants.count(input.name()) == 0) {
      model.inputs.push_back(read_value(input));
    }
  }
  for (const onnx::ValueInfoProto& output : proto.graph().output()) model.outputs.push_back(read_value(output));
  return model;
}

}  // namespace tandem::graph
