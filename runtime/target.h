// A target is a code generator paired with a way to run its output; `tandem run --on` names one.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "compiler/loop/ir.h"
#include "isa/hw_config.h"
#include "runtime/compiled_model.h"
#include "sim/api/simulator.h"
#include "sim/dram/platform.h"

namespace tandem::runtime {

/// Runs kernels on the host, one layer at a time.
class KernelRunner {
 public:
  virtual ~KernelRunner() = default;
  /// Runs the kernel that it was prepared for on its parameters' tensors, in order, all of the right type and shape.
  using Function = std::function<Result<void>(const std::vector<Tensor*>&)>;
  /// Valid while the runner lives.
  virtual Result<Function> prepare(const loop::Kernel& kernel) = 0;
};

struct Target {
  std::string name;
  std::string description;
  std::optional<isa::HwConfig> hardware;        // absent: every layer runs on the host
  std::unique_ptr<sim::Simulator> accelerator;  // runs Programs; null where hardware is absent
  std::unique_ptr<KernelRunner> host;           // runs the layers that the accelerator does not take

  /// This target's code for a model.
  Result<CompiledModel> compile(const graph::Graph& graph, const LayerKnobs& knobs = {}) const;
};

/// "functional", "timing", "rtl", "cpu", "interpreter": those that this build has.
std::vector<std::string> target_names();

/// Errors: an unknown name; what the target needs and the machine lacks. The RTL simulator of `hardware` is built where
/// it is not cached.
Result<Target> make_target(const std::string& name, const isa::HwConfig& hardware, const sim::Platform& platform);

/// The loop interpreter, the oracle; and LLVM for this machine's CPU.
std::unique_ptr<KernelRunner> make_interpreter();
Result<std::unique_ptr<KernelRunner>> make_cpu_runner();

}  // namespace tandem::runtime
