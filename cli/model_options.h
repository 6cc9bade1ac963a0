// What `run` and `compile` share: the MODEL argument and the --hw, --knobs and --platform options.
#pragma once

#include <optional>
#include <string>

#include "compiler/graph/graph.h"
#include "isa/hw_config.h"
#include "runtime/compiled_model.h"
#include "sim/dram/platform.h"

namespace CLI {
class App;
}

namespace tandem::cli {

struct ModelOptions {
  std::string model;
  std::string hw;        // "": VTA's default
  std::string knobs;     // "": default schedules
  std::string platform;  // "": the default platform
  std::string rule;      // "": what the model asks for
};

/// Declares MODEL, --hw, --knobs and --rule.
void add_model_options(CLI::App& command, ModelOptions& options);

/// A model as the user names it: an .onnx file, a graph's text, or a folder that `tandem compile -o` wrote.
struct Model {
  graph::Graph graph;
  std::optional<runtime::CompiledModel> compiled;  // of a folder
};
Result<Model> load_model(const ModelOptions& options);

/// --hw, else the compiled model's own hardware, else VTA's default.
Result<isa::HwConfig> load_hardware(const ModelOptions& options, const Model& model);

/// Those of --knobs, by layer; none without it. Error where the model is compiled already.
Result<runtime::LayerKnobs> load_knobs(const ModelOptions& options, const Model& model, const isa::HwConfig& hardware);

Result<sim::Platform> load_platform(const ModelOptions& options);

}  // namespace tandem::cli
