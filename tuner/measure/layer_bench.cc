#include "tuner/measure/layer_bench.h"

#include <fmt/format.h>

#include <chrono>

#include "compiler/codegen/accel/program_builder.h"
#include "compiler/loop/interpreter.h"
#include "compiler/ops/sample.h"
#include "isa/program.h"
#include "support/check.h"
#include "support/hash.h"
#include "support/rng.h"

namespace tandem::tuner {
namespace {

using Clock = std::chrono::steady_clock;

/// The first element in which two int8 tensors differ, in words; empty where they are equal.
std::string difference(const Tensor& got, const Tensor& expected) {
  for (int64_t i = 0; i < expected.size(); ++i) {
    const int a = got.as<int8_t>()[i], b = expected.as<int8_t>()[i];
    if (a != b) return fmt::format("y[{}] is {}, the definition gives {}", i, a, b);
  }
  return "";
}

Diagnostic failed(const std::string& what) { return {{}, what, {}, ""}; }

}  // namespace

LayerBench::LayerBench(SimulatorFactory factory, std::unique_ptr<runtime::KernelRunner> reference)
    : factory_(std::move(factory)), reference_(std::move(reference)) {}

Result<const LayerBench::Data*> LayerBench::data(const Request& request) {
  const std::string key = fmt::format("{} {}", ops::key(request.op), request.data_seed);
  if (const auto known = data_.find(key); known != data_.end()) return &known->second;
  const loop::Kernel definition = ops::define(request.op);
  Data fresh;
  Rng rng(hash64(key));
  for (const loop::Param& param : definition.params) {
    fresh.tensors.push_back(param.is_output ? Tensor(loop::tensor_type(param.buffer->type), param.buffer->shape)
                                            : ops::sample(request.op, param, rng));
  }
  TANDEM_ASSIGN(const runtime::KernelRunner::Function function, reference_->prepare(definition));
  std::vector<Tensor*> arguments;
  for (Tensor& tensor : fresh.tensors) arguments.push_back(&tensor);
  TANDEM_TRY(function(arguments));
  return &(data_[key] = std::move(fresh));
}

Result<sim::Simulator*> LayerBench::simulator(const isa::HwConfig& hardware, const sim::Platform& platform) {
  std::unique_ptr<sim::Simulator>& known = simulators_[hex(isa::hash(hardware)) + sim::to_yaml(platform)];
  if (!known) {
    TANDEM_ASSIGN(known, factory_(hardware, platform));
  }
  return known.get();
}

Result<uint64_t> LayerBench::run(const Request& request, std::string& stage) {
  stage = "reference";
  TANDEM_ASSIGN(const Data* reference, data(request));

  stage = "compile";
  if (const std::string why = ops::infeasible(request.op, request.hardware, request.knobs); !why.empty()) {
    return failed(why);
  }
  TANDEM_ASSIGN(const ops::ScheduledKernel scheduled,
                ops::schedule_for_accel(request.op, request.hardware, request.knobs));
  const std::vector<loop::Param>& params = scheduled.kernel.params;
  TANDEM_CHECK(params.size() == reference->tensors.size(), "a schedule keeps the parameters of the definition");
  codegen::ProgramBuilder builder("layer", request.hardware);
  std::vector<codegen::DramTensor> arguments;
  sim::Buffers inputs;
  for (size_t i = 0; i < params.size(); ++i) {
    const std::string& name = params[i].buffer->name;
    const DType type = loop::tensor_type(params[i].buffer->type);
    if (params[i].is_output) {
      arguments.push_back(builder.output(name, type, params[i].buffer->shape));
      continue;
    }
    const Tensor packed = loop::pack(params[i].layout, reference->tensors[i]);
    const bool is_constant = ops::is_constant(name);
    arguments.push_back(is_constant ? builder.constant(name, packed) : builder.input(name, type, packed.shape));
    if (!is_constant) inputs[name] = packed.data;
  }
  TANDEM_TRY(builder.add_layer("layer", scheduled.kernel, arguments, ops::macs(request.op)));
  TANDEM_ASSIGN(const isa::Program program, builder.finish());

  stage = "simulate";
  TANDEM_ASSIGN(sim::Simulator * machine, simulator(request.hardware, request.platform));
  TANDEM_ASSIGN(sim::RunResult result, machine->run(program, inputs, {request.cycle_limit}));

  stage = "compare";
  for (size_t i = 0; i < params.size(); ++i) {
    if (!params[i].is_output) continue;
    Tensor packed(loop::tensor_type(params[i].buffer->type), params[i].buffer->shape);
    packed.data = std::move(result.outputs.at(params[i].buffer->name));
    const std::string wrong = difference(loop::unpack(params[i].layout, packed), reference->tensors[i]);
    if (!wrong.empty()) return failed(wrong);
  }
  return result.cycles;
}

Measurement LayerBench::measure(const Request& request) {
  const Clock::time_point began = Clock::now();
  Measurement outcome;
  outcome.trial = request.trial;
  std::string stage;
  const Result<uint64_t> cycles = run(request, stage);
  if (cycles.ok()) {
    outcome.cycles = *cycles;
  } else {
    outcome.failure = stage + ": " + cycles.error().what;
  }
  outcome.seconds = std::chrono::duration<double>(Clock::now() - began).count();
  return outcome;
}

Measurement LayerBench::build(const isa::HwConfig& hardware) {
  const Clock::time_point began = Clock::now();
  Measurement outcome;
  const auto ready = simulator(hardware, {});
  if (!ready.ok()) outcome.failure = "build: " + ready.error().what;
  outcome.seconds = std::chrono::duration<double>(Clock::now() - began).count();
  return outcome;
}

}  // namespace tandem::tuner
