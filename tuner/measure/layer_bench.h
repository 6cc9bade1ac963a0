// Measures one layer for real: compiles it, runs it on a simulator, and compares every output bit with its definition.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "runtime/target.h"
#include "sim/api/simulator.h"
#include "tuner/measure/measurement.h"

namespace tandem::tuner {

/// Makes the simulator of a configuration ready, building what it needs.
using SimulatorFactory =
    std::function<Result<std::unique_ptr<sim::Simulator>>(const isa::HwConfig&, const sim::Platform&)>;

/// What a worker does with a request. Inputs and weights are random by the request's seed; the reference is the
/// operator's definition, compiled for this machine's CPU.
class LayerBench {
 public:
  /// `reference` runs definitions.
  LayerBench(SimulatorFactory factory, std::unique_ptr<runtime::KernelRunner> reference);

  /// Failures name their stage: "compile: ...", "simulate: ...", "compare: y[17] is 3, the definition gives 4".
  Measurement measure(const Request& request);
  /// Makes the configuration's simulator ready; the failure is "build: ...".
  Measurement build(const isa::HwConfig& hardware);

 private:
  struct Data {  // logical tensors in the order of the definition's parameters, the output as the definition gives it
    std::vector<Tensor> tensors;
  };
  Result<const Data*> data(const Request& request);
  Result<sim::Simulator*> simulator(const isa::HwConfig& hardware, const sim::Platform& platform);
  Result<uint64_t> run(const Request& request, std::string& stage);

  SimulatorFactory factory_;
  std::unique_ptr<runtime::KernelRunner> reference_;
  std::map<std::string, Data> data_;
  std::map<std::string, std::unique_ptr<sim::Simulator>> simulators_;
};

/// The worker's loop: reads request lines from descriptor `input` until it ends and answers on `output`.
void serve(LayerBench& bench, int input, int output);

}  // namespace tandem::tuner
