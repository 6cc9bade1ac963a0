// `tandem trace`: a program's run as a timeline for Perfetto.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/model_options.h"
#include "cli/program_argument.h"
#include "cli/simulator_argument.h"
#include "sim/trace/gtkwave.h"
#include "sim/trace/timeline.h"
#include "support/file.h"

namespace tandem::cli {
namespace {

struct TraceOptions {
  ProgramArgument program;
  int64_t step = 0;
  std::string on = kTiming;
  std::string platform;
  std::string out = "trace.json";
  std::string fst;
  uint64_t first_cycle = 0, last_cycle = ~uint64_t{0};
};

/// The program of that number that the model is made of on this hardware.
Result<isa::Program> program_of_model(const TraceOptions& options) {
  ModelOptions model_options;
  model_options.model = options.program.path;
  model_options.hw = options.program.hardware;
  TANDEM_ASSIGN(const Model model, load_model(model_options));
  TANDEM_ASSIGN(const isa::HwConfig hardware, load_hardware(model_options, model));
  TANDEM_ASSIGN(const runtime::CompiledModel compiled, runtime::compile_for_accelerator(model.graph, hardware));
  int64_t programs = 0;
  for (const runtime::Step& step : compiled.steps) {
    const auto* accelerator = std::get_if<runtime::AcceleratorStep>(&step);
    if (accelerator != nullptr && programs++ == options.step) return accelerator->program;
  }
  return Diagnostic{{options.program.path},
                    fmt::format("the model has {} programs; there is no number {}", programs, options.step),
                    {},
                    "--step counts from 0"};
}

/// Of a model, of a compiled model's folder, or the file itself.
Result<isa::Program> program_of(const TraceOptions& options) {
  ProgramArgument argument = options.program;
  if (std::filesystem::path(argument.path).extension() == ".onnx") return program_of_model(options);
  if (std::filesystem::is_directory(argument.path)) argument.path += fmt::format("/program_{}.tandem", options.step);
  return load(argument);
}

/// Options that are of no effect without others.
Result<void> check(const TraceOptions& options) {
  const bool window = options.first_cycle != 0 || options.last_cycle != ~uint64_t{0};
  if (window && options.fst.empty()) {
    return Diagnostic{{}, "--from and --to are of a waveform", {}, "add --on rtl --fst FILE"};
  }
  if (options.first_cycle > options.last_cycle) {
    return Diagnostic{{},
                      fmt::format("--from {} lies behind --to {}", options.first_cycle, options.last_cycle),
                      {},
                      "the waveform has the cycles between them"};
  }
  if (options.on != kRtl && !options.fst.empty()) {
    return Diagnostic{{}, fmt::format("--fst needs the RTL: '{}' has no signals", options.on), {}, "add --on rtl"};
  }
  return {};
}

Result<std::unique_ptr<sim::Simulator>> simulator_of(const TraceOptions& options, const isa::HwConfig& hardware) {
  if (options.fst.empty()) return make_simulator(options.on, hardware, options.platform);
  // The harness cannot say why it cannot write.
  TANDEM_TRY(write_file(options.fst, ""));
  return make_waveform_simulator(hardware, options.platform, {options.fst, options.first_cycle, options.last_cycle});
}

Result<int> trace(const TraceOptions& options, Format format) {
  TANDEM_TRY(check(options));
  TANDEM_ASSIGN(const isa::Program program, program_of(options));
  TANDEM_ASSIGN(const auto simulator, simulator_of(options, program.hardware));
  sim::Timeline timeline(program);
  simulator->observe(&timeline);
  const Result<sim::RunResult> result = simulator->run(program, {});
  // A run that fails has a timeline, too: up to where it stands.
  TANDEM_TRY(write_file(options.out, timeline.to_chrome_json()));
  std::string save;
  if (!options.fst.empty()) {
    TANDEM_ASSIGN(save, sim::write_gtkwave_save(options.fst, program.hardware, options.first_cycle));
  }
  TANDEM_TRY(result);
  if (format == Format::kJson) {
    nlohmann::ordered_json json = {{"simulator", options.on}, {"cycles", result->cycles}, {"timeline", options.out}};
    if (!options.fst.empty()) json.update({{"waveform", options.fst}, {"save_file", save}});
    print_json(json);
  } else {
    print(fmt::format("{} on {}: {} cycles; open {} at https://ui.perfetto.dev", program.name, options.on,
                      result->cycles, options.out));
    if (!save.empty()) print(fmt::format("waveform in {}; gtkwave {} shows what matters", options.fst, save));
  }
  return kExitOk;
}

}  // namespace

void add_trace(Cli& cli) {
  auto options = std::make_shared<TraceOptions>();
  CLI::App& command = cli.command("trace", "Write a run as a timeline: engines, instructions, tokens, layers",
                                  [options](Format format) { return trace(*options, format); });
  add_program(command, options->program);
  command.get_option("program")->description(
      "A VTA manifest (*.txt), a saved program, an .onnx model, or a compiled model's folder");
  command.add_option("--step", options->step, "Which program of a model")->type_name("N");
  add_choice(command, "--on", options->on, {kTiming, kRtl}, "The simulator");
  command.add_option("--platform", options->platform, "The memory's YAML")->type_name("PLATFORM.yaml");
  command.add_option("--out", options->out, "The timeline (Chrome's JSON trace format)")->type_name("FILE.json");
  command.add_option("--fst", options->fst, "With --on rtl: all signals, and FILE.gtkw for GTKWave")
      ->type_name("FILE.fst");
  command.add_option("--from", options->first_cycle, "The waveform's first cycle")->type_name("CYCLE");
  command.add_option("--to", options->last_cycle, "The waveform's last cycle")->type_name("CYCLE");
}

}  // namespace tandem::cli
