// `tandem exec`: runs one program on a simulator and compares what it leaves in DRAM with what is expected.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/program_argument.h"
#include "cli/simulator_argument.h"
#include "sim/functional/functional_simulator.h"

namespace tandem::cli {
namespace {

struct ExecOptions {
  ProgramArgument program;
  std::string on = kFunctional;
  std::string platform;
  std::optional<uint64_t> interleave;
  uint64_t max_cycles = 0;
};

/// Options that the chosen simulator does not have.
Result<void> check(const ExecOptions& options) {
  if (options.on == kFunctional && (!options.platform.empty() || options.max_cycles != 0)) {
    return Diagnostic{{}, "--platform and --max-cycles need a simulator with time", {}, "add --on timing or --on rtl"};
  }
  if (options.on != kFunctional && options.interleave) {
    return Diagnostic{
        {}, "--interleave needs the functional simulator: the others have one order", {}, "add --on functional"};
  }
  return {};
}

Result<std::unique_ptr<sim::Simulator>> simulator_of(const ExecOptions& options, const isa::HwConfig& hardware) {
  if (options.interleave) return sim::make_functional_simulator(hardware, {options.interleave});
  return make_simulator(options.on, hardware, options.platform);
}

/// One output of the program against what it should be.
struct Dump {
  std::string file;
  int64_t size_bytes = 0;
  std::optional<bool> match;  // absent where nothing says what it should be
  std::string verdict;
};

Dump compare(const isa::Binding& binding, const Bytes& actual) {
  Dump dump{binding.name, binding.size_bytes(), {}, "not compared"};
  if (binding.expected.empty()) return dump;
  const auto [got, wanted] =
      std::mismatch(actual.begin(), actual.end(), binding.expected.begin(), binding.expected.end());
  dump.match = got == actual.end() && wanted == binding.expected.end();
  if (*dump.match) {
    dump.verdict = "match";
  } else if (got == actual.end() || wanted == binding.expected.end()) {
    dump.verdict = fmt::format("MISMATCH: {} bytes are expected", binding.expected.size());
  } else {
    dump.verdict = fmt::format("MISMATCH from byte {}: {:#04x}, expected {:#04x}", got - actual.begin(), *got, *wanted);
  }
  return dump;
}

std::string to_text(const isa::Program& program, const std::string& simulator, const sim::RunResult& result,
                    bool has_time, const std::vector<Dump>& dumps) {
  std::string text = fmt::format("{} on {}: ", program.name, simulator);
  if (has_time) text += fmt::format("{} cycles, ", result.cycles);
  text += fmt::format("{} MACs, {:.6f} s", result.macs, result.seconds);
  for (const auto& [name, value] : result.counters) text += fmt::format("\n  {:<24} {:>14}", name, value);
  for (const Dump& dump : dumps)
    text += fmt::format("\n  {:<24} {:>14} bytes  {}", dump.file, dump.size_bytes, dump.verdict);
  return text;
}

nlohmann::ordered_json to_json(const std::string& simulator, const sim::RunResult& result, bool has_time,
                               const std::vector<Dump>& dumps) {
  nlohmann::ordered_json json;
  json["simulator"] = simulator;
  json["cycles"] = has_time ? nlohmann::ordered_json(result.cycles) : nlohmann::ordered_json(nullptr);
  json["seconds"] = result.seconds;
  json["macs"] = result.macs;
  json["counters"] = nlohmann::ordered_json::object();
  for (const auto& [name, value] : result.counters) json["counters"][name] = value;
  json["dumps"] = nlohmann::ordered_json::array();
  for (const Dump& dump : dumps) {
    json["dumps"].push_back(
        {{"file", dump.file},
         {"bytes", dump.size_bytes},
         {"match", dump.match ? nlohmann::ordered_json(*dump.match) : nlohmann::ordered_json(nullptr)}});
  }
  return json;
}

Result<int> exec(const ExecOptions& options, Format format) {
  TANDEM_TRY(check(options));
  TANDEM_ASSIGN(const isa::Program program, load(options.program));
  TANDEM_ASSIGN(const std::unique_ptr<sim::Simulator> simulator, simulator_of(options, program.hardware));
  TANDEM_ASSIGN(const sim::RunResult result, simulator->run(program, {}, {options.max_cycles}));
  std::vector<Dump> dumps;
  for (const isa::Binding& binding : program.bindings) {
    if (binding.role == isa::Role::kOutput) dumps.push_back(compare(binding, result.outputs.at(binding.name)));
  }
  const bool has_time = options.on != kFunctional;
  if (format == Format::kJson) {
    print_json(to_json(simulator->name(), result, has_time, dumps));
  } else {
    print(to_text(program, simulator->name(), result, has_time, dumps));
  }
  const bool wrong = std::any_of(dumps.begin(), dumps.end(), [](const Dump& dump) { return dump.match == false; });
  return wrong ? kExitWrong : kExitOk;
}

}  // namespace

void add_exec(Cli& cli) {
  auto options = std::make_shared<ExecOptions>();
  CLI::App& command = cli.command("exec", "Run a VTA manifest or a saved program and compare its outputs",
                                  [options](Format format) { return exec(*options, format); });
  add_program(command, options->program);
  add_choice(command, "--on", options->on, simulator_names(), "The simulator");
  command.add_option("--platform", options->platform, "The memory's YAML, for simulators with time");
  command.add_option("--interleave", options->interleave,
                     "Functional: take the engines' turns at random from this seed");
  command.add_option("--max-cycles", options->max_cycles, "Give up after so many cycles, for simulators with time");
}

}  // namespace tandem::cli
