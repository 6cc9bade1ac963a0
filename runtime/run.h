// Runs a compiled model over many samples and says what each layer cost.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "runtime/compiled_model.h"
#include "runtime/target.h"

namespace tandem::runtime {

/// What one layer needed, over all runs.
struct LayerCost {
  uint64_t cycles = 0;  // on the accelerator, from the end of the layer before it; 0 where time does not exist
  double seconds = 0;   // on the host
};

/// What the host did beside the layers, over all runs, e.g. "pack input to NCHW1n16c".
struct HostWork {
  std::string what;
  int64_t bytes = 0;  // written
  double seconds = 0;
};

struct ModelRun {
  Tensor output;  // int8 [samples, ...]
  int64_t samples = 0;
  int64_t runs = 0;               // each of CompiledModel::batch samples
  uint64_t cycles = 0;            // of all runs
  double seconds = 0;             // wall time, simulation included
  std::vector<LayerCost> layers;  // as CompiledModel::layers
  std::vector<HostWork> host;     // in the order of the steps
};

/// Whether the graph takes `input`: int8 or, where the input's scale is known, float32 of [samples, ...].
Result<void> check_input(const graph::Graph& graph, const Tensor& input);

/// `input` is what the model takes: int8 or float32 [samples, ...], float32 being quantised by the input's scale (round
/// half to even, saturated, as QuantizeLinear). Errors: another type or shape, a model for other hardware than the
/// target's, what the target reports. `on_run` is told after each run how many samples are done.
Result<ModelRun> run(const CompiledModel& model, Target& target, const Tensor& input,
                     const std::function<void(int64_t)>& on_run = {});

}  // namespace tandem::runtime
