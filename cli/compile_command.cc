// `tandem compile`: a model for one accelerator; every stage on the way as text.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/model_options.h"
#include "compiler/graph/passes.h"

namespace tandem::cli {
namespace {

struct CompileOptions {
  ModelOptions model;
  std::string emit;
  std::string layer;
  std::string output;
};

/// The stages in the order of the data's way. Each text parses back: graphs, kernels, traces (JSON), assembly.
const std::vector<std::string> kStages = {"graph", "loops", "schedule", "insns", "asm"};

/// One layer's text at a stage before the Program.
Result<std::string> layer_text(const std::string& stage, const runtime::CompiledModel& model, size_t index) {
  const graph::Layer& layer = model.graph.layers[index];
  const runtime::PlacedLayer& placed = model.layers[index];
  if (stage == "loops") return loop::to_text(ops::define(layer.op));
  if (placed.place == runtime::Place::kHost) return fmt::format("# on the host: {}\n", placed.reason);
  TANDEM_ASSIGN(const ops::ScheduledKernel scheduled, ops::schedule_for_accel(layer.op, *model.hardware, placed.knobs));
  return stage == "schedule" ? scheduled.trace + "\n" : loop::to_text(scheduled.kernel);
}

Result<std::string> stage_text(const std::string& stage, const runtime::CompiledModel& model) {
  if (stage == "graph") return graph::to_text(model.graph);
  std::string text;
  if (stage == "asm") {
    for (const runtime::Step& step : model.steps) {
      if (const auto* accelerator = std::get_if<runtime::AcceleratorStep>(&step))
        text += isa::disassemble(accelerator->program);
    }
    return text;
  }
  for (size_t i = 0; i < model.layers.size(); ++i) {
    TANDEM_ASSIGN(const std::string layer, layer_text(stage, model, i));
    if (model.layers.size() > 1) {
      text += fmt::format("{}# layer {}: {}\n", i == 0 ? "" : "\n", model.graph.layers[i].name,
                          ops::to_string(model.graph.layers[i].op));
    }
    text += layer;
  }
  return text;
}

/// Where every layer went, the Programs and the host's work.
void print_summary(const runtime::CompiledModel& model) {
  print(fmt::format("model '{}' for hardware '{}', {} sample{} a run", model.graph.name, model.hardware->name,
                    model.batch, model.batch == 1 ? "" : "s"));
  for (size_t i = 0; i < model.layers.size(); ++i) {
    const runtime::PlacedLayer& placed = model.layers[i];
    std::string how;
    for (const auto& [name, value] : placed.knobs) how += fmt::format(" {}={}", name, value);
    if (!placed.lowering.empty() && placed.place == runtime::Place::kAccelerator)
      print(fmt::format("  {:<10} {}", model.graph.layers[i].name, placed.lowering));
    print(fmt::format("  {:<10} {}: {}", model.graph.layers[i].name, ops::to_string(model.graph.layers[i].op),
                      placed.place == runtime::Place::kHost
                          ? "on the host: " + placed.reason
                          : fmt::format("at least {} cycles;{}", placed.roofline_cycles, how)));
  }
  for (const runtime::Step& step : model.steps) {
    if (const auto* accelerator = std::get_if<runtime::AcceleratorStep>(&step)) {
      print(fmt::format("program '{}': {} layers, {} instructions, {} bytes of DRAM", accelerator->program.name,
                        accelerator->layers.size(), accelerator->program.code.size(), accelerator->program.dram_bytes));
    } else if (const auto* layout = std::get_if<runtime::LayoutStep>(&step)) {
      print(fmt::format("host: {} '{}' to '{}'", layout->is_pack ? "pack" : "unpack", layout->from, layout->to));
    } else {
      print(fmt::format("host: layer '{}'",
                        model.graph.layers[static_cast<size_t>(std::get<runtime::HostStep>(step).layer)].name));
    }
  }
}

Result<int> compile(const CompileOptions& options, Format format) {
  TANDEM_ASSIGN(const Model model, load_model(options.model));
  if (model.compiled) {
    return Diagnostic{
        {options.model.model, 0, 0}, "this model is compiled already", {}, "'tandem run' takes it as it is"};
  }
  graph::Graph graph = model.graph;
  if (!options.layer.empty()) {
    TANDEM_ASSIGN(graph, graph::single_layer(model.graph, options.layer));
  }
  if (options.emit == "graph" && options.output.empty()) {  // needs no hardware
    const std::string text = graph::to_text(graph);
    if (format == Format::kText) print(text.substr(0, text.size() - 1));
    if (format == Format::kJson) print_json({{"stage", "graph"}, {"text", text}});
    return kExitOk;
  }
  TANDEM_ASSIGN(const isa::HwConfig hardware, load_hardware(options.model, model));
  TANDEM_ASSIGN(runtime::LayerKnobs knobs, load_knobs(options.model, model, hardware));
  for (auto at = knobs.begin(); at != knobs.end();) {  // of other layers than --layer
    const bool is_there = std::any_of(graph.layers.begin(), graph.layers.end(),
                                      [&](const graph::Layer& layer) { return layer.name == at->first; });
    at = is_there ? std::next(at) : knobs.erase(at);
  }
  TANDEM_ASSIGN(const runtime::CompiledModel compiled, runtime::compile_for_accelerator(graph, hardware, knobs));
  if (!options.output.empty()) {
    TANDEM_TRY(runtime::save_model(options.output, compiled));
    note(fmt::format("wrote {}", options.output));
  }
  if (!options.emit.empty()) {
    TANDEM_ASSIGN(const std::string text, stage_text(options.emit, compiled));
    if (format == Format::kText) print(text.substr(0, text.size() - 1));
    if (format == Format::kJson) print_json({{"stage", options.emit}, {"text", text}});
    return kExitOk;
  }
  if (format == Format::kText) {
    print_summary(compiled);
    return kExitOk;
  }
  nlohmann::ordered_json layers = nlohmann::ordered_json::array();
  for (size_t i = 0; i < compiled.layers.size(); ++i) {
    const runtime::PlacedLayer& placed = compiled.layers[i];
    layers.push_back({{"name", compiled.graph.layers[i].name},
                      {"operator", ops::to_string(compiled.graph.layers[i].op)},
                      {"where", placed.place == runtime::Place::kHost ? "host" : "accelerator"},
                      {"reason", placed.reason},
                      {"lowering", placed.lowering},
                      {"knobs", placed.knobs},
                      {"roofline_cycles", placed.roofline_cycles}});
  }
  print_json({{"model", compiled.graph.name},
              {"hardware", hardware.name},
              {"samples_per_run", compiled.batch},
              {"layers", layers}});
  return kExitOk;
}

}  // namespace

void add_compile(Cli& cli) {
  auto options = std::make_shared<CompileOptions>();
  CLI::App& command = cli.command("compile", "Compile a model for an accelerator, and show any stage as text",
                                  [options](Format format) { return compile(*options, format); });
  add_model_options(command, options->model);
  add_choice(command, "--emit", options->emit, kStages, "Print this stage; without it, a summary");
  command.add_option("--layer", options->layer, "This layer of the model alone");
  command.add_option("-o,--output", options->output, "Save the compiled model in this folder")->type_name("FOLDER");
}

}  // namespace tandem::cli
