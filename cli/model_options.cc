#include "cli/model_options.h"

#include <CLI/CLI.hpp>
#include <filesystem>

#include "cli/cli.h"
#include "compiler/graph/import_onnx.h"
#include "runtime/knobs_file.h"
#include "support/environment.h"
#include "support/file.h"

namespace tandem::cli {
namespace {

const std::vector<std::string>& rules() {
  static const std::vector<std::string> kRules = {ops::name(ops::Rounding::kSingle), ops::name(ops::Rounding::kTflite)};
  return kRules;
}

}  // namespace

void add_model_options(CLI::App& command, ModelOptions& options) {
  command
      .add_option("model", options.model, "An .onnx file, a graph's text, or a folder that 'tandem compile -o' wrote")
      ->required();
  command.add_option("--hw", options.hw, "Hardware configuration (YAML)")->type_name("HW.yaml");
  command
      .add_option("--knobs", options.knobs,
                  "Schedules by layer, as 'tandem explore' writes them; what is left out keeps its default")
      ->type_name("SCHEDULES.json");
  add_choice(
      command, "--rule", options.rule, rules(),
      "How an ONNX model's sums are rounded: one shift, or as TFLite does; default: shifts where they do, else tflite");
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
    std::optional<ops::Rounding> rule;
    if (!options.rule.empty()) rule = options.rule == rules()[0] ? ops::Rounding::kSingle : ops::Rounding::kTflite;
    TANDEM_ASSIGN(model.graph, graph::import_onnx(options.model, rule));
    for (const std::string& left_out : model.graph.notes) note(left_out);
  }
  return model;
}

Result<isa::HwConfig> load_hardware(const ModelOptions& options, const Model& model) {
  if (!options.hw.empty()) return isa::load_hw(options.hw);
  if (model.compiled && model.compiled->hardware) return *model.compiled->hardware;
  return isa::load_hw(checkout_path("configs/hw/vta_default.yaml"));
}

Result<runtime::LayerKnobs> load_knobs(const ModelOptions& options, const Model& model, const isa::HwConfig& hardware) {
  if (options.knobs.empty()) return runtime::LayerKnobs{};
  if (model.compiled) {
    return Diagnostic{{options.model},
                      "this model is compiled already, with its schedules",
                      {},
                      "give --knobs with the model that it was compiled from"};
  }
  return runtime::load_knobs(options.knobs, model.graph, hardware);
}

Result<sim::Platform> load_platform(const ModelOptions& options) {
  return sim::load_platform(options.platform.empty() ? checkout_path("configs/platform/default.yaml")
                                                     : options.platform);
}

}  // namespace tandem::cli
