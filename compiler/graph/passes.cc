#include "compiler/graph/passes.h"

#include <algorithm>
#include <map>
#include <set>

#include "compiler/ops/lowering.h"

namespace tandem::graph {
namespace {

/// Narrows the bounds of a layer that has any; false where it has none.
bool narrow(Layer& layer, const ops::Clip& clip) {
  int* low = nullptr;
  int* high = nullptr;
  auto* conv = std::get_if<ops::Conv2d>(&layer.op);
  auto* add = std::get_if<ops::Add>(&layer.op);
  if ((conv && conv->per_channel) || (add && add->rescaled) || std::holds_alternative<ops::AveragePool>(layer.op)) {
    // Of an addition the last rows of parameters are those of the sum; the others' bounds are of no effect.
    ops::narrow_parameters(layer.bias, clip.low, clip.high);
    return true;
  }
  if (conv) {
    low = &conv->requantize.low;
    high = &conv->requantize.high;
  } else if (add) {
    low = &add->requantize.low;
    high = &add->requantize.high;
  } else if (auto* before = std::get_if<ops::Clip>(&layer.op)) {
    low = &before->low;
    high = &before->high;
  } else {
    return false;
  }
  // clamp(clamp(x, low, high), clip) is one clamp whose bounds are themselves clamped.
  *low = std::clamp(*low, clip.low, clip.high);
  *high = std::clamp(*high, clip.low, clip.high);
  return true;
}

}  // namespace

Graph fuse_clips(const Graph& graph) {
  Graph fused = graph;
  std::map<TensorId, int> readers;
  for (const Layer& layer : graph.layers) {
    for (TensorId input : layer.inputs) ++readers[input];
  }
  for (const Port& port : graph.outputs) ++readers[port.tensor];
  fused.layers.clear();
  std::map<TensorId, size_t> producer;  // index into fused.layers
  for (const Layer& layer : graph.layers) {
    const auto* clip = std::get_if<ops::Clip>(&layer.op);
    const auto before = clip ? producer.find(layer.inputs[0]) : producer.end();
    if (before != producer.end() && readers[layer.inputs[0]] == 1 && narrow(fused.layers[before->second], *clip)) {
      fused.layers[before->second].output = layer.output;
      producer[layer.output] = before->second;
      continue;
    }
    producer[layer.output] = fused.layers.size();
    fused.layers.push_back(layer);
  }
  return remove_unused(fused);
}

Graph remove_unused(const Graph& graph) {
  std::set<TensorId> used;
  for (const Port& port : graph.inputs) used.insert(port.tensor);
  for (const Port& port : graph.outputs) used.insert(port.tensor);
  Graph kept = graph;
  kept.layers.clear();
  for (auto layer = graph.layers.rbegin(); layer != graph.layers.rend(); ++layer) {
    if (used.count(layer->output) == 0) continue;
    used.insert(layer->inputs.begin(), layer->inputs.end());
    kept.layers.push_back(*layer);
  }
  std::reverse(kept.layers.begin(), kept.layers.end());

  std::map<TensorId, TensorId> renumbered;
  kept.tensors.clear();
  for (size_t i = 0; i < graph.tensors.size(); ++i) {
    if (used.count(static_cast<TensorId>(i)) == 0) continue;
    renumbered[static_cast<TensorId>(i)] = static_cast<TensorId>(kept.tensors.size());
    kept.tensors.push_back(graph.tensors[i]);
  }
  for (Layer& layer : kept.layers) {
    for (TensorId& input : layer.inputs) input = renumbered[input];
    layer.output = renumbered[layer.output];
  }
  for (std::vector<Port>* ports : {&kept.inputs, &kept.outputs}) {
    for (Port& port : *ports) port.tensor = renumbered[port.tensor];
  }
  return kept;
}

LoweredGraph lower_layers(const Graph& graph, const isa::HwConfig& hardware) {
  LoweredGraph result{graph, {}, {}};
  result.graph.layers.clear();
  for (const Layer& layer : graph.layers) {
    const ops::Lowered lowered = ops::lower(layer.op, hardware);
    Layer accelerated = layer;
    if (lowered.expansion) {
      const auto windows = static_cast<TensorId>(result.graph.tensors.size());
      result.graph.tensors.push_back({layer.name + ".windows", output_shape(*lowered.expansion),
                                      graph.tensors[static_cast<size_t>(layer.inputs[0])].exponent});
      result.graph.layers.push_back({layer.name + ".im2col", *lowered.expansion, layer.inputs, windows, {}, {}});
      result.reasons.push_back(lowered.reason);
      result.macs.push_back(0);
      accelerated.inputs = {windows};
    }
    accelerated.op = lowered.op;
    if (!lowered.reason.empty() && ops::constant_shapes(layer.op).weight)
      accelerated.weight = ops::lower_weight(layer.op, lowered, layer.weight);
    result.graph.layers.push_back(std::move(accelerated));
    result.reasons.push_back(lowered.reason);
    result.macs.push_back(ops::macs(layer.op));
  }
  return result;
}

Graph with_batch(const Graph& graph, int64_t batch) {
  Graph batched = graph;
  for (ActivationTensor& tensor : batched.tensors) tensor.shape[0] = batch;
  for (Layer& layer : batched.layers) {
    std::visit([batch](auto& op) { op.n = batch; }, layer.op);
  }
  for (std::vector<Port>* ports : {&batched.inputs, &batched.outputs}) {
    for (Port& port : *ports) port.shape[0] = batch;
  }
  return batched;
}

Result<Graph> single_layer(const Graph& graph, const std::string& name) {
  std::vector<std::string> names;
  for (const Layer& layer : graph.layers) {
    names.push_back(layer.name);
    if (layer.name != name) continue;
    Graph single = graph;
    single.name = graph.name + "." + name;
    single.layers = {layer};
    single.inputs.clear();
    for (TensorId input : std::set<TensorId>(layer.inputs.begin(), layer.inputs.end())) {
      single.inputs.push_back({input, graph.tensors[static_cast<size_t>(input)].shape});
    }
    single.outputs = {{layer.output, output_shape(layer.op)}};
    return remove_unused(single);
  }
  return unknown_name({}, "layer", name, names);
}

}  // namespace tandem::graph
