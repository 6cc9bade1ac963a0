#include "cli/model_options.h"

#include <CLI/CLI.hpp>
#include <filesystem>

#include "compiler/graph/import_onnx.h"
#include "support/environment.h"
#include "support/file.h"

namespace tandem::cli {

void add_model_options(CLI::App& command, ModelOptions& options) {
  command
      .add_option("model", options.model, "An .onnx file, a graph's text, or a folder that 'tandem compile -o' wrote")
      ->required();
  command.add_option("--hw", options.hw, "Hardware configuration (YAML)")->type_name("HW.yaml");
}

Result<Model> load_model(const ModelOptions& options) {
  Model model;
  if (std::filesystem::is_directory(options.model)) {
    TANDEM_ASSIGN(model.compiled, runtime::load_model(options.model));
    model.graph = model.compiled->graph;
    return model;
  }
  TANDEM_ASSIGN(const std::string content, read_text_file(options.model));
  if (content.compare(0, 6, "graph ") == 0) {
    TANDEM_ASSIGN(model.graph, graph::parse_graph(content, options.model));
  } else {
    TANDEM_ASSIGN(model.graph, graph::import_onnx(options.model));
  }
  return model;
}

Result<isa::HwConfig> load_hardware(const ModelOptions& options, const Model& model) {
  if (!options.hw.empty()) return isa::load_hw(options.hw);
  if (model.compiled && model.compiled->hardware) return *model.compiled->hardware;
  return isa::load_hw(checkout_path("configs/hw/vta_default.yaml"));
}

Result<sim::Platform> load_platform(const ModelOptions& options) {
  return sim::load_platform(options.platform.empty() ? checkout_path("configs/platform/default.yaml")
                                                     : options.platform);
}

}  // namespace tandem::cli
