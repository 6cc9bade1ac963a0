#include "runtime/run.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>

#include "support/hash.h"

namespace tandem::runtime {
namespace {

class Stopwatch {
 public:
  double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count(); }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// The int8 input of a graph that takes `input`.
Tensor quantised_input(const graph::Graph& graph, const Tensor& input) {
  if (input.type == DType::kI8) return input;
  const int exponent = *graph.tensors[static_cast<size_t>(graph.inputs[0].tensor)].exponent;
  Tensor integers(DType::kI8, input.shape);
  for (int64_t i = 0; i < input.size(); ++i) {
    const double steps = std::nearbyint(std::ldexp(static_cast<double>(input.as<float>()[i]), -exponent));
    integers.as<int8_t>()[i] = static_cast<int8_t>(std::isnan(steps) ? 0 : std::clamp(steps, -128.0, 127.0));
  }
  return integers;
}

/// The state of one model on one target; `step` by step over the named buffers.
class Execution {
 public:
  Execution(const CompiledModel& model, Target& target, ModelRun& result)
      : model_(model), target_(target), result_(result) {}

  /// Compiles the host's layers, allocates their outputs.
  Result<void> prepare() {
    result_.layers.resize(model_.layers.size());
    for (const Step& step : model_.steps) {
      if (const auto* layout = std::get_if<LayoutStep>(&step)) {
        const size_t at = (layout->is_pack ? layout->to : layout->from).find('@');
        const std::string& packed = layout->is_pack ? layout->to : layout->from;
        result_.host.push_back({layout->is_pack ? fmt::format("pack {} to {}", layout->from, packed.substr(at + 1))
                                                : fmt::format("unpack {} from {}", layout->to, packed.substr(at + 1)),
                                0, 0});
      }
      const auto* host = std::get_if<HostStep>(&step);
      if (host == nullptr) continue;
      const graph::Layer& layer = model_.graph.layers[static_cast<size_t>(host->layer)];
      TANDEM_ASSIGN(functions_[host->layer], target_.host->prepare(ops::define(layer.op)));
      const graph::ActivationTensor& output = tensor(layer.output);
      buffers_[output.name] = Tensor(DType::kI8, output.shape);
    }
    return {};
  }

  /// One run; `samples` is logical input, the result logical output.
  Result<Tensor> run(Tensor samples) {
    const graph::ActivationTensor& in = tensor(model_.graph.inputs[0].tensor);
    samples.shape = in.shape;
    buffers_[in.name] = std::move(samples);
    size_t work = 0;
    for (const Step& step : model_.steps) {
      if (const auto* layout = std::get_if<LayoutStep>(&step)) {
        const Stopwatch watch;
        Tensor& to = buffers_[layout->to];
        to = layout->is_pack ? loop::pack(layout->layout, buffers_.at(layout->from))
                             : loop::unpack(layout->layout, buffers_.at(layout->from));
        result_.host[work].bytes += static_cast<int64_t>(to.data.size());
        result_.host[work++].seconds += watch.seconds();
      } else if (const auto* accelerator = std::get_if<AcceleratorStep>(&step)) {
        TANDEM_TRY(run_program(*accelerator));
      } else {
        TANDEM_TRY(run_on_host(std::get<HostStep>(step).layer));
      }
    }
    return buffers_.at(tensor(model_.graph.outputs[0].tensor).name);
  }

 private:
  const graph::ActivationTensor& tensor(graph::TensorId id) const {
    return model_.graph.tensors[static_cast<size_t>(id)];
  }

  Result<void> run_program(const AcceleratorStep& step) {
    sim::Buffers inputs;
    for (const isa::Binding& binding : step.program.bindings) {
      if (binding.role == isa::Role::kInput) inputs[binding.name] = buffers_.at(binding.name).data;
    }
    TANDEM_ASSIGN(sim::RunResult run, target_.accelerator->run(step.program, inputs));
    for (const isa::Binding& binding : step.program.bindings) {
      if (binding.role != isa::Role::kOutput) continue;
      Tensor& buffer = buffers_[binding.name];
      buffer.type = binding.type;
      buffer.shape = binding.shape;
      buffer.data = std::move(run.outputs.at(binding.name));
    }
    result_.cycles += run.cycles;
    uint64_t before = 0;  // a layer ends where its last instruction completes; what follows the last one is its own
    for (size_t i = 0; i < step.layers.size(); ++i) {
      const bool is_last = i + 1 == step.layers.size();
      const uint64_t end = std::max(before, is_last || i >= run.mark_cycles.size() ? run.cycles : run.mark_cycles[i]);
      result_.layers[static_cast<size_t>(step.layers[i])].cycles += end - before;
      before = end;
    }
    return {};
  }

  Result<void> run_on_host(int index) {
    const graph::Layer& layer = model_.graph.layers[static_cast<size_t>(index)];
    std::vector<Tensor*> arguments;
    for (graph::TensorId input : layer.inputs) arguments.push_back(&buffers_.at(tensor(input).name));
    Tensor weight = layer.weight, bias = layer.bias;
    const ops::ConstantShapes constants = ops::constant_shapes(layer.op);
    if (constants.weight) arguments.push_back(&weight);
    if (constants.bias) arguments.push_back(&bias);
    arguments.push_back(&buffers_.at(tensor(layer.output).name));
    const Stopwatch watch;
    TANDEM_TRY(functions_.at(index)(arguments));
    result_.layers[static_cast<size_t>(index)].seconds += watch.seconds();
    return {};
  }

  const CompiledModel& model_;
  Target& target_;
  ModelRun& result_;
  std::map<std::string, Tensor> buffers_;
  std::map<int, KernelRunner::Function> functions_;
};

}  // namespace

Result<void> check_input(const graph::Graph& graph, const Tensor& input) {
  const graph::Port& port = graph.inputs[0];
  const graph::ActivationTensor& tensor = graph.tensors[static_cast<size_t>(port.tensor)];
  const bool right_shape = input.shape.size() == port.shape.size() && input.shape[0] > 0 &&
                           std::equal(input.shape.begin() + 1, input.shape.end(), port.shape.begin() + 1);
  const bool right_type = input.type == DType::kI8 || (input.type == DType::kF32 && tensor.exponent);
  if (!right_shape || !right_type) {
    std::string wanted = "[N";
    for (size_t i = 1; i < port.shape.size(); ++i) wanted += fmt::format(", {}", port.shape[i]);
    return Diagnostic{{},
                      fmt::format("the input is {} {}; the model's input '{}' takes i8{} {}]", name(input.type),
                                  to_string(input.shape), tensor.name, tensor.exponent ? " or f32" : "", wanted),
                      {},
                      ""};
  }
  return {};
}

Result<ModelRun> run(const CompiledModel& model, Target& target, const Tensor& input,
                     const std::function<void(int64_t)>& on_run) {
  if (model.hardware && (!target.hardware || !(*model.hardware == *target.hardware))) {
    return Diagnostic{{},
                      fmt::format("the model was compiled for hardware '{}' ({}), not for target '{}'{}",
                                  model.hardware->name, hex(isa::hash(*model.hardware)), target.name,
                                  target.hardware ? fmt::format(" with hardware '{}' ({})", target.hardware->name,
                                                                hex(isa::hash(*target.hardware)))
                                                  : std::string()),
                      {},
                      "compile it again for this target"};
  }
  TANDEM_TRY(check_input(model.graph, input));
  const Tensor samples = quantised_input(model.graph, input);
  const Stopwatch watch;
  ModelRun result;
  result.samples = samples.shape[0];
  Execution execution(model, target, result);
  TANDEM_TRY(execution.prepare());

  const graph::Port& port = model.graph.outputs[0];
  Shape shape = port.shape;
  shape[0] = result.samples;
  result.output = Tensor(DType::kI8, shape);
  const int64_t in_bytes = samples.size() / result.samples;
  const int64_t out_bytes = element_count(port.shape) / model.batch;
  for (int64_t first = 0; first < result.samples; first += model.batch) {
    const int64_t count = std::min(model.batch, result.samples - first);
    Tensor part(DType::kI8, model.graph.inputs[0].shape);
    std::memcpy(part.data.data(), samples.data.data() + first * in_bytes, static_cast<size_t>(count * in_bytes));
    TANDEM_ASSIGN(const Tensor output, execution.run(std::move(part)));
    std::memcpy(result.output.data.data() + first * out_bytes, output.data.data(),
                static_cast<size_t>(count * out_bytes));
    ++result.runs;
    if (on_run) on_run(first + count);
  }
  result.seconds = watch.seconds();
  return result;
}

}  // namespace tandem::runtime
