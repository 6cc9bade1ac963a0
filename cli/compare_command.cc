// `tandem compare`: two simulators in lock-step; where they part, the first instruction and the smallest program that
// shows it.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/program_argument.h"
#include "cli/simulator_argument.h"
#include "isa/assembly.h"
#include "sim/compare/compare.h"
#include "sim/trace/gtkwave.h"

namespace tandem::cli {
namespace {

using Json = nlohmann::ordered_json;

struct CompareOptions {
  std::string a, b;
  ProgramArgument program;
  std::string platform, other_platform;
  std::string replay = "replay.tandem";
  int most_runs = 300;
};

std::string text_of(const isa::Program& program, int64_t instruction) {
  if (instruction < 0) return "the run as a whole";
  const Result<isa::Instruction> decoded =
      isa::decode(program.hardware, program.code[static_cast<size_t>(instruction)]);
  return fmt::format("instruction {} ({})", instruction, decoded.ok() ? isa::to_text(*decoded) : "not an instruction");
}

/// Where one of the two is the RTL: its signals around the cycle in which they part. Returns GTKWave's save file.
Result<std::string> write_waveform(const CompareOptions& options, const sim::Shrunk& shrunk) {
  if (options.a != kRtl && options.b != kRtl) return std::string{};
  constexpr uint64_t kAround = 200;  // cycles
  const std::string fst = std::filesystem::path(options.replay).replace_extension(".fst");
  const uint64_t cycle = shrunk.first.cycle, first = cycle - std::min(cycle, kAround);
  const std::string& platform =
      options.a == kRtl || options.other_platform.empty() ? options.platform : options.other_platform;
  TANDEM_ASSIGN(const auto rtl,
                make_waveform_simulator(shrunk.program.hardware, platform, {fst, first, cycle + kAround}));
  static_cast<void>(rtl->run(shrunk.program, {}));  // that it may fail is why one looks
  return sim::write_gtkwave_save(fst, shrunk.program.hardware, first);
}

Result<int> compare(const CompareOptions& options, Format format) {
  TANDEM_ASSIGN(const isa::Program program, load(options.program));
  TANDEM_ASSIGN(const auto a, make_simulator(options.a, program.hardware, options.platform));
  TANDEM_ASSIGN(const auto b,
                make_simulator(options.b, program.hardware,
                               options.other_platform.empty() ? options.platform : options.other_platform));
  sim::CompareOptions how;
  how.cycles = has_time(options.a) && has_time(options.b);
  const sim::Observation first = sim::observe(*a, program, {}), second = sim::observe(*b, program, {});
  const std::optional<sim::Difference> difference = sim::difference(program, first, second, how);
  Json json = {{"a", options.a}, {"b", options.b}, {"instructions", program.code.size()}, {"equal", !difference}};
  if (!difference) {
    const std::string same = how.cycles ? "what is stored, and every start and end" : "what is stored";
    if (format == Format::kText)
      print(fmt::format("{}: {} and {} agree on {} instructions: {}", program.name, options.a, options.b,
                        program.code.size(), same));
    if (format == Format::kJson) print_json(json);
    return kExitOk;
  }
  note(fmt::format("{} and {} part; shrinking the program", options.a, options.b));
  const sim::Shrunk shrunk = sim::shrink(*a, *b, program, {}, how, options.most_runs);
  TANDEM_TRY(isa::save_program(options.replay, shrunk.program));
  TANDEM_ASSIGN(const std::string waveform, write_waveform(options, shrunk));
  if (format == Format::kJson) {
    json["first"] = {{"instruction", difference->instruction}, {"what", difference->what}};
    json["shrunk"] = {{"instructions", shrunk.program.code.size()},
                      {"instruction", shrunk.first.instruction},
                      {"what", shrunk.first.what},
                      {"runs", shrunk.runs},
                      {"replay", options.replay}};
    if (!waveform.empty()) json["shrunk"]["waveform"] = waveform;
    print_json(json);
    return kExitWrong;
  }
  print(fmt::format("{}: {} and {} part first at {}: it {}", program.name, options.a, options.b,
                    text_of(program, difference->instruction), difference->what));
  print(fmt::format("shrunk from {} to {} instructions in {} runs: {} {}", program.code.size(),
                    shrunk.program.code.size(), shrunk.runs, text_of(shrunk.program, shrunk.first.instruction),
                    shrunk.first.what));
  print(fmt::format("again: tandem compare {} {} {}", options.a, options.b, options.replay));
  if (!waveform.empty()) print(fmt::format("the RTL's signals around it: gtkwave {}", waveform));
  return kExitWrong;
}

}  // namespace

void add_compare(Cli& cli) {
  auto options = std::make_shared<CompareOptions>();
  CLI::App& command = cli.command("compare", "Run a program on two simulators in lock-step and find where they part",
                                  [options](Format format) { return compare(*options, format); });
  add_choice(command, "a", options->a, simulator_names(), "The first simulator");
  add_choice(command, "b", options->b, simulator_names(), "The second one");
  command.get_option("a")->required();
  command.get_option("b")->required();
  add_program(command, options->program);
  command.add_option("--platform", options->platform, "The memory's YAML, for simulators with time")
      ->type_name("PLATFORM.yaml");
  command.add_option("--other-platform", options->other_platform, "Another memory for the second one")
      ->type_name("PLATFORM.yaml");
  command.add_option("--replay", options->replay, "Where the shrunk program goes")->type_name("FILE");
  command.add_option("--most-runs", options->most_runs, "Of each simulator, while shrinking")->check(check_positive);
}

}  // namespace tandem::cli
