// `tandem schedule`: a kernel's text and a trace make the scheduled kernel's text.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/cli.h"
#include "cli/commands.h"
#include "compiler/loop/interpreter.h"
#include "compiler/loop/parser.h"
#include "compiler/loop/random_kernel.h"
#include "compiler/schedule/schedule.h"
#include "isa/hw_config.h"
#include "support/environment.h"
#include "support/file.h"

namespace tandem::cli {
namespace {

struct ScheduleOptions {
  std::string kernel;
  std::string trace;
  std::vector<std::string> changes;
  std::string hw;
  bool check = false;
};

/// The trace with "STEP.ARGUMENT=VALUE" done.
Result<schedule::Trace> changed(const schedule::Trace& trace, const std::string& change) {
  const size_t point = change.find('.'), equals = change.find('=');
  const bool has_parts = point != std::string::npos && equals != std::string::npos && point < equals;
  const std::string step = change.substr(0, point);
  if (!has_parts || step.empty() || step.find_first_not_of("0123456789") != std::string::npos || step.size() > 6) {
    return Diagnostic{{},
                      fmt::format("--set: '{}' is no change of a step", change),
                      {},
                      "write STEP.ARGUMENT=VALUE, e.g. 0.factor=4"};
  }
  return schedule::with_argument_text(trace, std::stoul(step), change.substr(point + 1, equals - point - 1),
                                      change.substr(equals + 1));
}

/// Both kernels on random inputs.
Result<bool> is_equal(const loop::Kernel& definition, const loop::Kernel& scheduled) {
  for (uint64_t seed = 0; seed < 3; ++seed) {
    Rng rng(seed);
    std::map<std::string, Tensor> expected = loop::random_inputs(definition, rng), buffers = expected;
    TANDEM_TRY(loop::interpret(definition, expected));
    TANDEM_TRY(loop::interpret_logical(scheduled, buffers));
    for (const loop::Param& param : definition.params) {
      const std::string& name = param.buffer->name;
      if (param.is_output && !(buffers[name] == expected[name])) return false;
    }
  }
  return true;
}

Result<int> run(const ScheduleOptions& options, Format format) {
  TANDEM_ASSIGN(const std::string text, read_text_file(options.kernel));
  TANDEM_ASSIGN(const loop::Kernel kernel, loop::parse_kernel(text, options.kernel));
  schedule::Trace trace;
  if (!options.trace.empty()) {
    TANDEM_ASSIGN(const std::string json, read_text_file(options.trace));
    Result<schedule::Trace> parsed = schedule::parse_trace(json);
    if (!parsed.ok()) {
      Diagnostic error = parsed.error();
      error.where.file = options.trace;
      return error;
    }
    trace = std::move(parsed).value();
  }
  for (const std::string& change : options.changes) {
    TANDEM_ASSIGN(trace, changed(trace, change));
  }
  TANDEM_ASSIGN(const isa::HwConfig hardware,
                isa::load_hw(options.hw.empty() ? checkout_path("configs/hw/vta_default.yaml") : options.hw));
  TANDEM_ASSIGN(const tensorize::IntrinsicSet intrinsics, tensorize::IntrinsicSet::load("accel", hardware));
  const Result<schedule::Schedule> result = schedule::replay(kernel, trace, intrinsics);
  if (!result.ok()) {
    Diagnostic error = result.error();
    if (error.where.file.empty()) error.where.file = options.trace;
    return error;
  }
  bool equal = true;
  if (options.check) {
    TANDEM_ASSIGN(equal, is_equal(kernel, result->kernel));
    note(equal ? "equal to the definition on 3 random inputs" : "NOT equal to the definition");
  }
  const std::string scheduled = to_text(result->kernel);
  if (format == Format::kJson) {
    print_json({{"kernel", result->kernel.name},
                {"text", scheduled},
                {"trace", nlohmann::ordered_json::parse(schedule::to_json(result->trace))}});
  } else {
    print(scheduled.substr(0, scheduled.size() - 1));
  }
  return equal ? kExitOk : kExitWrong;
}

}  // namespace

void add_schedule(Cli& cli) {
  auto options = std::make_shared<ScheduleOptions>();
  CLI::App& command = cli.command("schedule", "Apply a trace of schedule primitives to a kernel's text",
                                  [options](Format format) { return run(*options, format); });
  command.add_option("kernel", options->kernel, "The kernel, in the text form of the loop IR")->required();
  command.add_option("--trace", options->trace, "The trace: a JSON list of steps (docs/schedule.md)")
      ->type_name("FILE");
  command.add_option("--set", options->changes, "Change an argument of a step first, e.g. 0.factor=8")
      ->type_name("STEP.ARGUMENT=VALUE");
  command.add_option("--hw", options->hw, "Hardware for tensorize; without it, the default")->type_name("FILE");
  command.add_flag("--check", options->check, "Interpret both kernels on random inputs and compare");
}

}  // namespace tandem::cli
