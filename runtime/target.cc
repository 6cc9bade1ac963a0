#include "runtime/target.h"

#include <fmt/format.h>

#include "compiler/codegen/llvm/llvm_codegen.h"
#include "compiler/loop/interpreter.h"
#include "sim/cpu/cpu_jit.h"
#include "sim/functional/functional_simulator.h"
#include "sim/platform/timing_simulator.h"
#include "sim/rtl/rtl_simulator.h"

namespace tandem::runtime {
namespace {

class Interpreter : public KernelRunner {
 public:
  Result<Function> prepare(const loop::Kernel& kernel) override {
    return Function([kernel](const std::vector<Tensor*>& arguments) -> Result<void> {
      std::map<std::string, Tensor> buffers;
      for (size_t i = 0; i < kernel.params.size(); ++i) buffers[kernel.params[i].buffer->name] = *arguments[i];
      TANDEM_TRY(loop::interpret(kernel, buffers));
      for (size_t i = 0; i < kernel.params.size(); ++i) {
        if (kernel.params[i].is_output) *arguments[i] = buffers.at(kernel.params[i].buffer->name);
      }
      return {};
    });
  }
};

class CpuRunner : public KernelRunner {
 public:
  explicit CpuRunner(std::unique_ptr<sim::CpuJit> jit) : jit_(std::move(jit)) {}
  Result<Function> prepare(const loop::Kernel& kernel) override {
    TANDEM_ASSIGN(const codegen::CpuCode code, codegen::compile_cpu(kernel));
    TANDEM_ASSIGN(const sim::CpuFunction function, jit_->add(code.llvm_ir, code.entry));
    return Function([function](const std::vector<Tensor*>& arguments) -> Result<void> {
      std::vector<void*> addresses;
      for (Tensor* argument : arguments) addresses.push_back(argument->data.data());
      function(addresses);
      return {};
    });
  }

 private:
  std::unique_ptr<sim::CpuJit> jit_;
};

}  // namespace

std::unique_ptr<KernelRunner> make_interpreter() { return std::make_unique<Interpreter>(); }

Result<std::unique_ptr<KernelRunner>> make_cpu_runner() {
  TANDEM_ASSIGN(std::unique_ptr<sim::CpuJit> jit, sim::CpuJit::create());
  return std::unique_ptr<KernelRunner>(std::make_unique<CpuRunner>(std::move(jit)));
}

std::vector<std::string> target_names() { return {"functional", "timing", "rtl", "cpu", "interpreter"}; }

Result<CompiledModel> Target::compile(const graph::Graph& graph, const LayerKnobs& knobs) const {
  if (hardware) return compile_for_accelerator(graph, *hardware, knobs);
  return compile_for_host(graph);
}

Result<Target> make_target(const std::string& name, const isa::HwConfig& hardware, const sim::Platform& platform) {
  Target target;
  target.name = name;
  if (name == "interpreter") {
    target.description = "the loop interpreter";
    target.host = make_interpreter();
    return target;
  }
  TANDEM_ASSIGN(target.host, make_cpu_runner());
  if (name == "cpu") {
    target.description = "this machine's CPU";
    return target;
  }
  target.hardware = hardware;
  if (name == "functional") {
    target.description = fmt::format("the functional simulator of '{}'", hardware.name);
    target.accelerator = sim::make_functional_simulator(hardware);
    return target;
  }
  if (name == "timing") {
    target.description = fmt::format("the timing model of '{}', platform '{}'", hardware.name, platform.name);
    target.accelerator = sim::make_timing_simulator(hardware, platform);
    return target;
  }
  if (name == "rtl") {
    target.description = fmt::format("the RTL of '{}', platform '{}'", hardware.name, platform.name);
    TANDEM_ASSIGN(target.accelerator, sim::make_rtl_simulator(hardware, platform));
    return target;
  }
  return unknown_name({}, "target", name, target_names());
}

}  // namespace tandem::runtime
