#include "compiler/graph/interpret.h"

#include <fmt/format.h>

#include <map>

#include "compiler/loop/interpreter.h"

namespace tandem::graph {

Result<std::vector<Tensor>> interpret(const Graph& graph, const std::vector<Tensor>& inputs) {
  if (inputs.size() != graph.inputs.size()) {
    return Diagnostic{
        {},
        fmt::format("graph '{}' has {} inputs, {} are given", graph.name, graph.inputs.size(), inputs.size()),
        {},
        ""};
  }
  std::map<TensorId, Tensor> values;
  for (size_t i = 0; i < inputs.size(); ++i) {
    const Port& port = graph.inputs[i];
    if (inputs[i].type != DType::kI8 || inputs[i].shape != port.shape) {
      return Diagnostic{{},
                        fmt::format("input {} of graph '{}' is {} {}, not i8 {}", i, graph.name, name(inputs[i].type),
                                    to_string(inputs[i].shape), to_string(port.shape)),
                        {},
                        ""};
    }
    Tensor& value = values[port.tensor] = inputs[i];
    value.shape = graph.tensors[static_cast<size_t>(port.tensor)].shape;
  }
  for (const Layer& layer : graph.layers) {
    const loop::Kernel kernel = ops::define(layer.op);
    std::vector<Tensor> arguments;
    for (TensorId input : layer.inputs) arguments.push_back(values.at(input));
    const ops::ConstantShapes constants = ops::constant_shapes(layer.op);
    if (constants.weight) arguments.push_back(layer.weight);
    if (constants.bias) arguments.push_back(layer.bias);
    std::map<std::string, Tensor> buffers;
    for (size_t i = 0; i < arguments.size(); ++i) buffers[kernel.params.at(i).buffer->name] = std::move(arguments[i]);
    TANDEM_TRY(loop::interpret(kernel, buffers));
    values[layer.output] = std::move(buffers.at(kernel.params.back().buffer->name));
  }
  std::vector<Tensor> outputs;
  for (const Port& port : graph.outputs) {
    outputs.push_back(values.at(port.tensor));
    outputs.back().shape = port.shape;
  }
  return outputs;
}

}  // namespace tandem::graph
