#include "compiler/graph/graph.h"

#include <fmt/format.h>

#include <set>

namespace tandem::graph {
namespace {

Shape shape_of(int64_t n, int64_t c, int64_t h, int64_t w) { return {n, c, h, w}; }

bool is_whole(const Tensor& tensor, DType type, const Shape& shape) {
  return tensor.type == type && tensor.shape == shape &&
         tensor.data.size() == static_cast<size_t>(tensor.size() * size_bytes(type));
}

}  // namespace

Shape output_shape(const ops::Operator& op) {
  return std::visit(
      [](const auto& o) -> Shape {
        using Op = std::decay_t<decltype(o)>;
        if constexpr (std::is_same_v<Op, ops::Conv2d>) {
          return shape_of(o.n, o.o, o.out_h(), o.out_w());
        } else if constexpr (std::is_same_v<Op, ops::Im2col>) {
          return shape_of(o.n, o.c * o.kernel_h * o.kernel_w, o.out_h(), o.out_w());
        } else if constexpr (std::is_same_v<Op, ops::MaxPool> || std::is_same_v<Op, ops::AveragePool>) {
          return shape_of(o.n, o.c, o.out_h(), o.out_w());
        } else {
          return shape_of(o.n, o.c, o.h, o.w);
        }
      },
      op);
}

Shape input_shape(const ops::Operator& op) {
  return std::visit([](const auto& o) { return shape_of(o.n, o.c, o.h, o.w); }, op);
}

std::string broken_rule(const Graph& graph) {
  const int tensors = static_cast<int>(graph.tensors.size());
  std::set<std::string> names;
  for (const ActivationTensor& tensor : graph.tensors) {
    if (!names.insert(tensor.name).second) return fmt::format("two tensors are named '{}'", tensor.name);
    if (tensor.shape.size() != 4)
      return fmt::format("tensor '{}' has shape {}, not NCHW", tensor.name, to_string(tensor.shape));
  }
  std::set<TensorId> known;
  for (const Port& port : graph.inputs) {
    if (port.tensor < 0 || port.tensor >= tensors) return "an input names no tensor";
    known.insert(port.tensor);
  }
  names.clear();
  for (const Layer& layer : graph.layers) {
    if (!names.insert(layer.name).second) return fmt::format("two layers are named '{}'", layer.name);
    const size_t arity = std::holds_alternative<ops::Add>(layer.op) ? 2 : 1;
    if (layer.inputs.size() != arity) {
      return fmt::format("layer '{}' has {} inputs, not {}", layer.name, layer.inputs.size(), arity);
    }
    for (TensorId input : layer.inputs) {
      if (input < 0 || input >= tensors) return fmt::format("layer '{}' reads no tensor", layer.name);
      const ActivationTensor& tensor = graph.tensors[static_cast<size_t>(input)];
      if (known.count(input) == 0)
        return fmt::format("layer '{}' reads '{}' before it is computed", layer.name, tensor.name);
      if (tensor.shape != input_shape(layer.op)) {
        return fmt::format("layer '{}' reads {}, but '{}' has shape {}", layer.name, to_string(input_shape(layer.op)),
                           tensor.name, to_string(tensor.shape));
      }
    }
    if (layer.output < 0 || layer.output >= tensors) return fmt::format("layer '{}' writes no tensor", layer.name);
    if (const Result<void> sound = ops::check(layer.op); !sound.ok()) return sound.error().what;
    const ActivationTensor& output = graph.tensors[static_cast<size_t>(layer.output)];
    if (output.shape != output_shape(layer.op)) {
      return fmt::format("layer '{}' gives {}, but '{}' has shape {}", layer.name, to_string(output_shape(layer.op)),
                         output.name, to_string(output.shape));
    }
    if (!known.insert(layer.output).second) return fmt::format("'{}' is computed twice", output.name);
    const ops::ConstantShapes constants = ops::constant_shapes(layer.op);
    if (constants.weight && !is_whole(layer.weight, DType::kI8, *constants.weight)) {
      return fmt::format("the weight of layer '{}' is not i8 {}", layer.name, to_string(*constants.weight));
    }
    if (constants.bias && !is_whole(layer.bias, DType::kI32, *constants.bias)) {
      return fmt::format("the bias of layer '{}' is not i32 {}", layer.name, to_string(*constants.bias));
    }
  }
  for (const std::vector<Port>* ports : {&graph.inputs, &graph.outputs}) {
    for (const Port& port : *ports) {
      if (port.tensor < 0 || port.tensor >= tensors || known.count(port.tensor) == 0)
        return "an output is never computed";
      const ActivationTensor& tensor = graph.tensors[static_cast<size_t>(port.tensor)];
      if (element_count(port.shape) != element_count(tensor.shape)) {
        return fmt::format("port {} has not as many elements as '{}' {}", to_string(port.shape), tensor.name,
                           to_string(tensor.shape));
      }
    }
  }
  return "";
}

bool equal(const Graph& a, const Graph& b) { return to_text(a) == to_text(b); }

}  // namespace tandem::graph
