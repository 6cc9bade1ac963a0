// `tandem run`: a model end to end on any target; where each layer ran, what it cost, whether the outputs are right.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/model_options.h"
#include "runtime/outputs.h"
#include "runtime/run.h"
#include "support/text.h"

namespace tandem::cli {
namespace {

using Json = nlohmann::ordered_json;

struct RunOptions {
  ModelOptions model;
  std::string on;
  std::string input;
  std::string expect;
  std::string labels;
  int64_t count = 0;  // 0: all
};

/// What the outputs are held against: read and checked before anything runs.
struct References {
  std::optional<Tensor> expected;
  std::optional<Tensor> labels;
};

Result<References> read_references(const RunOptions& options, const graph::Graph& graph, int64_t samples) {
  const graph::Port& port = graph.outputs[0];
  References result;
  if (!options.expect.empty()) {
    TANDEM_ASSIGN(result.expected, read_npy(options.expect));
    const Tensor& expected = *result.expected;
    const bool same = expected.shape.size() == port.shape.size() && expected.shape[0] >= samples &&
                      std::equal(expected.shape.begin() + 1, expected.shape.end(), port.shape.begin() + 1);
    const bool is_real = expected.type == DType::kF32 && graph.tensors[static_cast<size_t>(port.tensor)].exponent;
    if (!same || (expected.type != DType::kI8 && !is_real)) {
      Shape shape = port.shape;
      shape[0] = samples;
      return Diagnostic{{options.expect, 0, 0},
                        fmt::format("the expected outputs are {} {}; the model gives i8 {}", name(expected.type),
                                    to_string(expected.shape), to_string(shape)),
                        {},
                        ""};
    }
  }
  if (!options.labels.empty()) {
    TANDEM_ASSIGN(result.labels, read_npy(options.labels));
    const Tensor& labels = *result.labels;
    if (labels.shape.size() != 1 || labels.shape[0] < samples || labels.type == DType::kF32) {
      return Diagnostic{{options.labels, 0, 0},
                        fmt::format("the labels are {} {}; an integer for each of {} samples is needed",
                                    name(labels.type), to_string(labels.shape), samples),
                        {},
                        ""};
    }
  }
  return result;
}

void print_table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  for (const auto& row : rows) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      line += i < 3 ? fmt::format("{:<{}}  ", row[i], widths[i]) : fmt::format("{:>{}}  ", row[i], widths[i]);
    }
    print(line.substr(0, line.find_last_not_of(' ') + 1));
  }
}

/// Layers' figures of one run, from those of all runs.
struct LayerFigures {
  uint64_t cycles = 0;
  double macs_per_cycle = 0;
  double over_roofline = 0;  // cycles / roofline; 0 where one of them is not known
};

LayerFigures figures(uint64_t cycles, int64_t runs, int64_t macs, int64_t roofline) {
  LayerFigures result;
  result.cycles = cycles / static_cast<uint64_t>(runs);
  if (result.cycles == 0) return result;
  result.macs_per_cycle = static_cast<double>(macs) / static_cast<double>(result.cycles);
  if (roofline > 0) result.over_roofline = static_cast<double>(result.cycles) / static_cast<double>(roofline);
  return result;
}

void print_report(const runtime::CompiledModel& model, const runtime::Target& target, const runtime::ModelRun& run) {
  print(fmt::format("model '{}' on {}: {} samples, {} a run, rule {}", model.graph.name, target.description,
                    run.samples, model.batch, model.graph.rule));
  print("");
  std::vector<std::vector<std::string>> rows = {
      {"layer", "operator", "where", "cycles", "MACs", "MACs/cycle", "roofline", "distance"}};
  int64_t macs = 0, roofline = 0;
  for (size_t i = 0; i < model.layers.size(); ++i) {
    const runtime::PlacedLayer& placed = model.layers[i];
    const LayerFigures f = figures(run.layers[i].cycles, run.runs, placed.macs, placed.roofline_cycles);
    const bool timed = f.cycles > 0;
    macs += placed.macs;
    roofline += placed.roofline_cycles;
    rows.push_back({model.graph.layers[i].name, ops::to_string(model.graph.layers[i].op),
                    placed.place == runtime::Place::kAccelerator
                        ? "accelerator"
                        : fmt::format("host, {:.0f} us", 1e6 * run.layers[i].seconds / static_cast<double>(run.runs)),
                    timed ? grouped(f.cycles) : "-",
                    placed.macs > 0 ? grouped(static_cast<uint64_t>(placed.macs)) : "-",
                    timed && placed.macs > 0 ? fmt::format("{:.1f}", f.macs_per_cycle) : "-",
                    placed.roofline_cycles > 0 ? grouped(static_cast<uint64_t>(placed.roofline_cycles)) : "-",
                    f.over_roofline > 0 ? fmt::format("{:.2f}x", f.over_roofline) : "-"});
  }
  const LayerFigures total = figures(run.cycles, run.runs, macs, roofline);
  rows.push_back({"total", "", "", total.cycles > 0 ? grouped(total.cycles) : "-", grouped(static_cast<uint64_t>(macs)),
                  total.cycles > 0 ? fmt::format("{:.1f}", total.macs_per_cycle) : "-",
                  roofline > 0 ? grouped(static_cast<uint64_t>(roofline)) : "-",
                  total.over_roofline > 0 ? fmt::format("{:.2f}x", total.over_roofline) : "-"});
  print_table(rows);
  print("");
  for (size_t i = 0; i < model.layers.size(); ++i) {
    if (!model.layers[i].reason.empty())
      print(fmt::format("'{}' is on the host: {}", model.graph.layers[i].name, model.layers[i].reason));
  }
  for (const runtime::HostWork& work : run.host) {
    print(fmt::format("host work: {}: {} bytes, {:.0f} us a run", work.what, work.bytes / run.runs,
                      1e6 * work.seconds / static_cast<double>(run.runs)));
  }
  if (run.cycles > 0) {
    print(
        "a layer's cycles begin where the layer before it ends, under which its first loads may lie: only the total is "
        "a time");
    print(fmt::format("cycles of all {} runs: {}", run.runs, grouped(run.cycles)));
  }
  print(fmt::format("wall time: {:.2f} s", run.seconds));
}

Json report_json(const runtime::CompiledModel& model, const runtime::Target& target, const sim::Platform& platform,
                 const runtime::ModelRun& run) {
  const auto number = [](double value) { return value > 0 ? Json(value) : Json(); };
  const auto count = [](uint64_t value) { return value > 0 ? Json(value) : Json(); };
  Json json = {{"model", model.graph.name},
               {"target", target.name},
               {"hardware", target.hardware ? Json(target.hardware->name) : Json()},
               {"platform", target.name == "rtl" || target.name == "timing" ? Json(platform.name) : Json()},
               {"rule", model.graph.rule},
               {"samples", run.samples},
               {"samples_per_run", model.batch},
               {"layers", Json::array()}};
  int64_t macs = 0, roofline = 0;
  for (size_t i = 0; i < model.layers.size(); ++i) {
    const runtime::PlacedLayer& placed = model.layers[i];
    const LayerFigures f = figures(run.layers[i].cycles, run.runs, placed.macs, placed.roofline_cycles);
    macs += placed.macs;
    roofline += placed.roofline_cycles;
    json["layers"].push_back({{"name", model.graph.layers[i].name},
                              {"operator", ops::to_string(model.graph.layers[i].op)},
                              {"where", placed.place == runtime::Place::kAccelerator ? "accelerator" : "host"},
                              {"reason", placed.reason},
                              {"cycles", count(f.cycles)},
                              {"macs", placed.macs},
                              {"macs_per_cycle", number(f.macs_per_cycle)},
                              {"roofline_cycles", placed.roofline_cycles},
                              {"over_roofline", number(f.over_roofline)},
                              {"host_seconds", run.layers[i].seconds / static_cast<double>(run.runs)}});
  }
  const LayerFigures total = figures(run.cycles, run.runs, macs, roofline);
  json["total"] = {{"cycles", count(total.cycles)},
                   {"macs", macs},
                   {"macs_per_cycle", number(total.macs_per_cycle)},
                   {"roofline_cycles", roofline},
                   {"over_roofline", number(total.over_roofline)}};
  json["host"] = Json::array();
  for (const runtime::HostWork& work : run.host) {
    json["host"].push_back({{"what", work.what},
                            {"bytes", work.bytes / run.runs},
                            {"seconds", work.seconds / static_cast<double>(run.runs)}});
  }
  json["runs"] = run.runs;
  json["cycles"] = count(run.cycles);
  json["seconds"] = run.seconds;
  return json;
}

/// Compares, prints, and says whether everything is right.
int check_outputs(const RunOptions& options, const References& references, const graph::Graph& graph,
                  const Tensor& output, Format format, Json& json) {
  int status = kExitOk;
  if (references.expected) {
    const auto exponent = graph.tensors[static_cast<size_t>(graph.outputs[0].tensor)].exponent;
    const runtime::Comparison c = runtime::compare(*references.expected, output, exponent);
    const bool equal = c.all_equal();
    status = equal ? kExitOk : kExitWrong;
    json["expect"] = {{"file", options.expect}, {"match", equal}, {"equal_samples", c.equal_samples}};
    if (!equal) {
      json["expect"]["first_difference"] = {
          {"sample", c.sample}, {"element", c.element}, {"actual", c.actual}, {"expected", c.expected}};
    }
    if (format == Format::kText) {
      print(fmt::format("outputs: {} of {} samples equal {}", c.equal_samples, output.shape[0], options.expect));
      if (!equal) {
        print(fmt::format("first difference: sample {}, element {} is {}, expected {}", c.sample, c.element, c.actual,
                          c.expected));
      }
    }
  }
  if (references.labels) {
    const int64_t right = runtime::count_right(*references.labels, output);
    const double percent = 100.0 * static_cast<double>(right) / static_cast<double>(output.shape[0]);
    json["accuracy"] = {{"right", right}, {"samples", output.shape[0]}, {"percent", percent}};
    if (format == Format::kText)
      print(fmt::format("accuracy: {} of {} right ({:.2f} %)", right, output.shape[0], percent));
  }
  return status;
}

Result<int> run(const RunOptions& options, Format format) {
  TANDEM_ASSIGN(const Model model, load_model(options.model));
  TANDEM_ASSIGN(const isa::HwConfig hardware, load_hardware(options.model, model));
  TANDEM_ASSIGN(const sim::Platform platform, load_platform(options.model));
  TANDEM_ASSIGN(Tensor input, read_npy(options.input));
  if (options.count > 0 && !input.shape.empty())
    input = slice_first_axis(input, 0, std::min(options.count, input.shape[0]));
  if (Result<void> takes = runtime::check_input(model.graph, input); !takes.ok()) {
    Diagnostic error = takes.error();
    error.where.file = options.input;
    return error;
  }
  const int64_t samples = input.shape[0];
  TANDEM_ASSIGN(const References references, read_references(options, model.graph, samples));
  TANDEM_ASSIGN(const runtime::LayerKnobs knobs, load_knobs(options.model, model, hardware));
  if (options.on == "rtl")
    note(fmt::format("preparing the RTL model of '{}' (built where it is not cached)", hardware.name));
  TANDEM_ASSIGN(runtime::Target target, runtime::make_target(options.on, hardware, platform));
  if (!options.model.knobs.empty() && !target.hardware) {
    return Diagnostic{{},
                      fmt::format("--knobs are schedules for the accelerator; '{}' does not have it", target.name),
                      {},
                      "--on functional, timing or rtl"};
  }
  runtime::CompiledModel compiled;
  if (model.compiled) {
    compiled = *model.compiled;
  } else {
    TANDEM_ASSIGN(compiled, target.compile(model.graph, knobs));
  }
  const bool shows_progress = is_terminal();
  auto progress = [&](int64_t done) {
    if (shows_progress && (done % 10 == 0 || done == samples)) {
      fmt::print(stderr, "\r{} of {} samples{}", done, samples, done == samples ? "\r\033[K" : "");
    }
  };
  TANDEM_ASSIGN(const runtime::ModelRun result, runtime::run(compiled, target, input, progress));
  Json json;
  if (format == Format::kText) print_report(compiled, target, result);
  if (format == Format::kJson) json = report_json(compiled, target, platform, result);
  const int status = check_outputs(options, references, compiled.graph, result.output, format, json);
  if (format == Format::kJson) print_json(json);
  return status;
}

}  // namespace

void add_run(Cli& cli) {
  auto options = std::make_shared<RunOptions>();
  CLI::App& command = cli.command("run", "Run a model end to end and say what each layer cost",
                                  [options](Format format) { return run(*options, format); });
  add_model_options(command, options->model);
  command.add_option("--platform", options->model.platform, "Memory of the accelerator (YAML)")
      ->type_name("PLATFORM.yaml");
  add_choice(command, "--on", options->on, runtime::target_names(), "Where to run it");
  command.get_option("--on")->required();
  command.add_option("--input", options->input, "Samples: int8 or float32 [N, ...]")->type_name("F.npy")->required();
  command.add_option("--expect", options->expect, "Outputs to compare with, exactly")->type_name("F.npy");
  command.add_option("--labels", options->labels, "The right class of each sample")->type_name("F.npy");
  command.add_option("--count", options->count, "Only the first N samples")->check(check_positive)->type_name("N");
}

}  // namespace tandem::cli
