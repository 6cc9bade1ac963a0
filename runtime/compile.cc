// From a graph to a compiled model: which layer runs where, packing of constants, accelerator programs and host
// steps.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "compiler/codegen/accel/program_builder.h"
#include "compiler/graph/passes.h"
#include "compiler/loop/interpreter.h"
#include "runtime/compiled_model.h"

namespace tandem::runtime {
namespace {

constexpr const char* kActivationAxes = "NCHW";

bool same_layout(const loop::Param& a, const loop::Param& b) {
  const auto same_axis = [](const loop::PackedAxis& x, const loop::PackedAxis& y) {
    return x.source_axis == y.source_axis && x.divisor == y.divisor && x.extent == y.extent;
  };
  return a.buffer->type == b.buffer->type && a.buffer->shape == b.buffer->shape &&
         a.layout.logical_shape == b.layout.logical_shape && a.layout.axes.size() == b.layout.axes.size() &&
         std::equal(a.layout.axes.begin(), a.layout.axes.end(), b.layout.axes.begin(), same_axis);
}

std::string packed_name(const std::string& tensor, const loop::Param& param) {
  return tensor + "@" + layout_name(param.layout, kActivationAxes);
}

/// Steps for a graph whose layers have been scheduled or given to the host.
class Partitioner {
 public:
  Partitioner(CompiledModel& model, std::vector<std::optional<loop::Kernel>> kernels)
      : model_(model), kernels_(std::move(kernels)) {
    for (const graph::Port& port : model.graph.inputs) logical_.insert(port.tensor);
  }

  Result<void> run() {
    std::vector<int> group;
    for (int i = 0; i < static_cast<int>(model_.layers.size()); ++i) {
      if (!kernel(i)) {
        TANDEM_TRY(emit(group));
        group.clear();
        for (graph::TensorId input : layer(i).inputs) need_logical(input);
        model_.steps.push_back(HostStep{i});
        logical_.insert(layer(i).output);
        continue;
      }
      if (!agrees(group, i)) {
        TANDEM_TRY(emit(group));
        group.clear();
      }
      group.push_back(i);
    }
    TANDEM_TRY(emit(group));
    for (const graph::Port& port : model_.graph.outputs) need_logical(port.tensor);
    return {};
  }

 private:
  const graph::Layer& layer(int i) const { return model_.graph.layers[static_cast<size_t>(i)]; }
  const std::optional<loop::Kernel>& kernel(int i) const { return kernels_[static_cast<size_t>(i)]; }
  const std::string& tensor_name(graph::TensorId id) const {
    return model_.graph.tensors[static_cast<size_t>(id)].name;
  }

  /// Whether the layer takes what the group's layers give as they give it.
  bool agrees(const std::vector<int>& group, int next) const {
    const std::vector<graph::TensorId>& inputs = layer(next).inputs;
    for (int before : group) {
      for (size_t k = 0; k < inputs.size(); ++k) {
        if (layer(before).output == inputs[k] && !same_layout(kernel(before)->params.back(), kernel(next)->params[k]))
          return false;
      }
    }
    return true;
  }

  void need_logical(graph::TensorId tensor) {
    if (!logical_.insert(tensor).second) return;
    const loop::Param& param = packed_.at(tensor).front();
    model_.steps.push_back(
        LayoutStep{packed_name(tensor_name(tensor), param), tensor_name(tensor), param.layout, false});
  }

  void need_packed(graph::TensorId tensor, const loop::Param& param) {
    std::vector<loop::Param>& known = packed_[tensor];
    if (std::any_of(known.begin(), known.end(), [&](const loop::Param& other) { return same_layout(other, param); }))
      return;
    if (logical_.count(tensor) == 0) need_logical(tensor);
    model_.steps.push_back(
        LayoutStep{tensor_name(tensor), packed_name(tensor_name(tensor), param), param.layout, true});
    known.push_back(param);
  }

  bool is_read_after(graph::TensorId tensor, int last) const {
    for (int i = last + 1; i < static_cast<int>(model_.layers.size()); ++i) {
      const auto& inputs = layer(i).inputs;
      if (std::find(inputs.begin(), inputs.end(), tensor) != inputs.end()) return true;
    }
    return std::any_of(model_.graph.outputs.begin(), model_.graph.outputs.end(),
                       [&](const graph::Port& port) { return port.tensor == tensor; });
  }

  /// One Program for the group.
  Result<void> emit(const std::vector<int>& group) {
    if (group.empty()) return {};
    const int last = group.back();
    const std::string name = group.size() == model_.layers.size()
                                 ? model_.graph.name
                                 : fmt::format("{}:{}-{}", model_.graph.name, layer(group[0]).name, layer(last).name);
    codegen::ProgramBuilder builder(name, *model_.hardware);
    std::map<std::string, codegen::DramTensor> tensors;  // by buffer name
    for (int i : group) {
      const graph::Layer& node = layer(i);
      const std::vector<loop::Param>& params = kernel(i)->params;
      std::vector<codegen::DramTensor> arguments;
      for (size_t k = 0; k < node.inputs.size(); ++k) {
        const std::string buffer = packed_name(tensor_name(node.inputs[k]), params[k]);
        if (tensors.count(buffer) == 0) {
          need_packed(node.inputs[k], params[k]);
          tensors[buffer] = builder.input(buffer, loop::tensor_type(params[k].buffer->type), params[k].buffer->shape,
                                          layout_name(params[k].layout, kActivationAxes));
        }
        arguments.push_back(tensors.at(buffer));
      }
      for (size_t k = node.inputs.size(); k + 1 < params.size(); ++k) {
        const bool is_weight = params[k].buffer->name == "weight";
        arguments.push_back(builder.constant(node.name + (is_weight ? ".weight" : ".bias"),
                                             loop::pack(params[k].layout, is_weight ? node.weight : node.bias)));
      }
      const loop::Param& out = params.back();
      const std::string buffer = packed_name(tensor_name(node.output), out);
      const DType type = loop::tensor_type(out.buffer->type);
      tensors[buffer] = is_read_after(node.output, last)
                            ? builder.output(buffer, type, out.buffer->shape, layout_name(out.layout, kActivationAxes))
                            : builder.scratch(buffer, type, out.buffer->shape);
      arguments.push_back(tensors.at(buffer));
      const PlacedLayer& placed = model_.layers[static_cast<size_t>(i)];
      TANDEM_TRY(builder.add_layer(node.name, *kernel(i), arguments, placed.macs, placed.roofline_cycles));
    }
    for (int i : group) {
      if (is_read_after(layer(i).output, last)) packed_[layer(i).output].push_back(kernel(i)->params.back());
    }
    TANDEM_ASSIGN(isa::Program program, builder.finish());
    model_.steps.push_back(AcceleratorStep{std::move(program), group});
    return {};
  }

  CompiledModel& model_;
  std::vector<std::optional<loop::Kernel>> kernels_;
  std::set<graph::TensorId> logical_;  // tensors whose logical buffer is filled by a step so far
  std::map<graph::TensorId, std::vector<loop::Param>> packed_;  // and their packed ones
};

}  // namespace

std::string layout_name(const loop::Layout& layout, const std::string& names) {
  if (layout.axes.empty()) return names;
  std::string text;
  for (const loop::PackedAxis& axis : layout.axes) {
    if (axis.source_axis < 0) {
      text += fmt::format("{}x", axis.extent);
      continue;
    }
    const char letter = names.at(static_cast<size_t>(axis.source_axis));
    const bool is_inner =
        axis.divisor == 1 && std::any_of(layout.axes.begin(), layout.axes.end(), [&](const loop::PackedAxis& other) {
          return &other < &axis && other.source_axis == axis.source_axis;
        });
    text +=
        is_inner ? fmt::format("{}{}", axis.extent, static_cast<char>(std::tolower(letter))) : std::string(1, letter);
  }
  return text;
}

Result<CompiledModel> compile_for_accelerator(const graph::Graph& graph, const isa::HwConfig& hardware,
                                              const LayerKnobs& knobs) {
  CompiledModel model;
  model.batch = hardware.batch;
  graph::LoweredGraph lowered = graph::lower_layers(graph::with_batch(graph, hardware.batch), hardware);
  model.graph = std::move(lowered.graph);
  model.hardware = hardware;
  std::vector<std::string> names;
  for (const graph::Layer& layer : graph.layers) names.push_back(layer.name);
  for (const auto& [name, values] : knobs) {
    if (std::find(names.begin(), names.end(), name) == names.end()) return unknown_name({}, "layer", name, names);
  }

  std::vector<std::optional<loop::Kernel>> kernels;
  for (const graph::Layer& layer : model.graph.layers) {
    PlacedLayer placed;
    placed.macs = lowered.macs[kernels.size()];
    placed.lowering = std::move(lowered.reasons[kernels.size()]);
    kernels.emplace_back();
    const auto given = knobs.find(layer.name);
    Result<ops::KnobValues> values =
        given != knobs.end() ? Result<ops::KnobValues>(given->second) : ops::default_knobs(layer.op, hardware);
    if (given != knobs.end()) {
      if (const std::string why = ops::infeasible(layer.op, hardware, *values); !why.empty()) {
        return Diagnostic{{}, fmt::format("the knobs of layer '{}' are infeasible: {}", layer.name, why), {}, ""};
      }
    }
    if (values.ok()) {
      TANDEM_ASSIGN(ops::ScheduledKernel scheduled, ops::schedule_for_accel(layer.op, hardware, *values));
      kernels.back() = std::move(scheduled.kernel);
      placed.place = Place::kAccelerator;
      placed.knobs = *values;
      placed.roofline_cycles = ops::roofline_cycles(layer.op, hardware);
    } else {
      placed.reason = values.error().what;
    }
    model.layers.push_back(std::move(placed));
  }
  TANDEM_TRY(Partitioner(model, std::move(kernels)).run());
  return model;
}

CompiledModel compile_for_host(const graph::Graph& graph) {
  CompiledModel model;
  model.graph = graph;
  for (const graph::Layer& layer : graph.layers) {
    PlacedLayer placed;
    placed.macs = ops::macs(layer.op);
    model.steps.push_back(HostStep{static_cast<int>(model.layers.size())});
    model.layers.push_back(std::move(placed));
  }
  return model;
}

}  // namespace tandem::runtime
