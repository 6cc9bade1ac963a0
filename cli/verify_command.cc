// `tandem verify`: whether intrinsics do what their patterns say.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/intrinsic_argument.h"
#include "cli/simulator_argument.h"
#include "sim/functional/functional_simulator.h"
#include "sim/rtl/rtl_simulator.h"
#include "verify/verify.h"

namespace tandem::cli {
namespace {

struct VerifyOptions {
  std::string intrinsic;
  bool all = false;
  std::string on = kFunctional;
  std::string hw;
  uint64_t seed = 1;
  int cases = 64;
};

/// What became of one intrinsic.
struct Verdict {
  std::string name;
  std::string skipped;  // the reason
  std::optional<verify::Counterexample> found;
  std::string text;  // of the counterexample
};

Result<Verdict> verdict(const tensorize::IntrinsicDeclaration& declaration, verify::Executor& executor,
                        const VerifyOptions& options) {
  Verdict result{declaration.name, {}, {}, {}};
  if (!declaration.lacks.empty()) {
    result.skipped = fmt::format(
        options.on == kCpu ? "this CPU has no {}" : "needs {} of at least 1; the hardware has 0", declaration.lacks);
    return result;
  }
  TANDEM_ASSIGN(result.found, verify::verify(declaration, executor, options.cases, options.seed));
  if (result.found) result.text = verify::to_text(declaration, *result.found);
  return result;
}

std::string to_text(const Verdict& verdict, const VerifyOptions& options) {
  if (!verdict.skipped.empty()) return fmt::format("{:<28} skipped: {}", verdict.name, verdict.skipped);
  if (!verdict.found) return fmt::format("{:<28} ok, {} cases", verdict.name, options.cases);
  std::string text = fmt::format("{:<28} WRONG: pattern and emission differ", verdict.name);
  size_t begin = 0;
  for (size_t end; begin < verdict.text.size(); begin = end + 1) {
    end = std::min(verdict.text.find('\n', begin), verdict.text.size());
    text += "\n  " + verdict.text.substr(begin, end - begin);
  }
  return text;
}

nlohmann::ordered_json to_json(const Verdict& verdict) {
  nlohmann::ordered_json json = {{"intrinsic", verdict.name}};
  json["verdict"] = !verdict.skipped.empty() ? "skipped" : verdict.found ? "wrong" : "ok";
  if (!verdict.skipped.empty()) json["reason"] = verdict.skipped;
  if (!verdict.found) return json;
  json["operands"] = verdict.found->inputs.operands;
  json["scalars"] = verdict.found->inputs.scalars;
  json["parameter"] = verdict.found->param;
  json["position"] = verdict.found->position;
  json["expected"] = verdict.found->expected;
  json["got"] = verdict.found->got;
  return json;
}

Result<int> run(const VerifyOptions& options, Format format) {
  if (options.all != options.intrinsic.empty()) {
    return Diagnostic{{}, "verify takes an intrinsic or --all", {}, "tandem verify alu_add, or tandem verify --all"};
  }
  isa::HwConfig hardware;
  if (!options.hw.empty()) {
    TANDEM_ASSIGN(hardware, isa::load_hw(options.hw));
  }
  std::unique_ptr<sim::CpuJit> jit;
  std::unique_ptr<sim::Simulator> simulator;
  ChosenIntrinsics intrinsics;
  std::unique_ptr<verify::Executor> executor;
  if (options.on == kCpu) {
    TANDEM_ASSIGN(jit, sim::CpuJit::create());
    TANDEM_ASSIGN(intrinsics, load_intrinsics(kCpu, options.intrinsic, hardware, jit->features()));
    executor = verify::make_cpu_executor(*jit, intrinsics.set);
  } else {
    TANDEM_ASSIGN(intrinsics, load_intrinsics(kAccel, options.intrinsic, hardware));
    simulator = sim::make_functional_simulator(hardware);
    if (options.on == kRtl) {
      TANDEM_ASSIGN(simulator, sim::make_rtl_simulator(hardware));
    }
    executor = verify::make_accel_executor(*simulator, hardware);
  }
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  int wrong = 0, skipped = 0;
  for (const tensorize::IntrinsicDeclaration* declaration : intrinsics.chosen) {
    TANDEM_ASSIGN(const Verdict result, verdict(*declaration, *executor, options));
    wrong += result.found ? 1 : 0;
    skipped += result.skipped.empty() ? 0 : 1;
    if (format == Format::kText) print(to_text(result, options));
    list.push_back(to_json(result));
  }
  if (format == Format::kJson) {
    print_json({{"on", executor->name()}, {"seed", options.seed}, {"cases", options.cases}, {"intrinsics", list}});
  } else {
    const size_t count = intrinsics.chosen.size();
    print(fmt::format("{} intrinsic{} on {}: {} wrong, {} skipped", count, count == 1 ? "" : "s", executor->name(),
                      wrong, skipped));
  }
  return wrong > 0 ? kExitWrong : kExitOk;
}

}  // namespace

void add_verify(Cli& cli) {
  auto options = std::make_shared<VerifyOptions>();
  CLI::App& command = cli.command("verify", "Check that intrinsics do what their patterns say",
                                  [options](Format format) { return run(*options, format); });
  command.add_option("intrinsic", options->intrinsic, "An intrinsic's name, or the file of a declaration (.yaml)");
  command.add_flag("--all", options->all, "Every intrinsic");
  add_choice(command, "--on", options->on, {kFunctional, kRtl, kCpu}, "What carries out the emission");
  command.add_option("--hw", options->hw, "The hardware's YAML; without it, VTA's default design");
  command.add_option("--seed", options->seed, "Of the random values");
  command.add_option("--cases", options->cases, "Values to try, of each intrinsic")->check(check_positive);
}

}  // namespace tandem::cli
