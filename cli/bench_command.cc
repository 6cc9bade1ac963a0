// `tandem bench`: measures the figures that the project claims and holds them against what they must be.
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "bench/bench.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "support/environment.h"
#include "support/file.h"

namespace tandem::cli {
namespace {

struct BenchOptions {
  std::vector<std::string> names;
  bool all = false;
  bool write = false;
  bench::Request request;
};

std::vector<std::string> bench_names() {
  std::vector<std::string> names;
  for (const bench::Bench& candidate : bench::benches()) names.push_back(candidate.name);
  return names;
}

/// The benches that the line asks for.
Result<std::vector<bench::Bench>> chosen(const BenchOptions& options) {
  std::vector<bench::Bench> chosen;
  for (const bench::Bench& candidate : bench::benches()) {
    if (options.all) chosen.push_back(candidate);
  }
  if (options.all && !options.names.empty()) {
    return Diagnostic{{}, "both --all and a bench are given", {}, "name benches, or ask for all"};
  }
  for (const std::string& name : options.names) {
    const size_t before = chosen.size();
    for (const bench::Bench& candidate : bench::benches()) {
      if (candidate.name == name) chosen.push_back(candidate);
    }
    if (chosen.size() == before) return unknown_name({}, "bench", name, bench_names());
  }
  if (chosen.empty()) return Diagnostic{{}, "no bench is named", bench_names(), "--all runs every one"};
  if (options.write && options.request.quick) {
    return Diagnostic{{}, "--write and --quick are both given: docs/results.md holds full runs", {}, "leave one out"};
  }
  return chosen;
}

Result<int> run(const BenchOptions& options, Format format) {
  TANDEM_ASSIGN(const std::vector<bench::Bench> benches, chosen(options));
  std::vector<bench::Report> reports;
  bool ok = true;
  for (const bench::Bench& bench : benches) {
    TANDEM_ASSIGN(bench::Report report, bench::run(bench, options.request, checkout_path("configs/bench/musts.yaml")));
    if (format == Format::kText) print(to_text(report) + (reports.size() + 1 < benches.size() ? "\n" : ""));
    ok &= report.ok();
    reports.push_back(std::move(report));
  }
  if (format == Format::kJson && reports.size() == 1) print_json(to_json(reports[0]));
  if (format == Format::kJson && reports.size() > 1) {
    nlohmann::ordered_json all = nlohmann::ordered_json::array();
    for (const bench::Report& report : reports) all.push_back(to_json(report));
    print_json(all);
  }
  if (options.write) {
    const std::string path = checkout_path("docs/results.md");
    const Result<std::string> page = read_text_file(path);
    TANDEM_TRY(write_file(path, to_markdown(reports, page.ok() ? *page : "")));
    note("wrote docs/results.md");
  }
  return ok ? kExitOk : kExitWrong;
}

}  // namespace

void add_bench(Cli& cli) {
  auto options = std::make_shared<BenchOptions>();
  CLI::App& command = cli.command("bench", "Measure the figures that the project claims, against what they must be",
                                  [options](Format format) { return run(*options, format); });
  std::string what = "Which:";
  for (const bench::Bench& bench : bench::benches()) what += "\n" + bench.name + ": " + bench.what;
  command.add_option("name", options->names, what)->type_name("");
  command.add_flag("--all", options->all, "Every bench");
  command.add_flag("--quick", options->request.quick, "Fewer and shorter measurements");
  command.add_option("--seed", options->request.seed, "Seed of whatever a bench draws at random")
      ->type_name("N")
      ->capture_default_str();
  command.add_flag("--write", options->write, "Write what was measured into docs/results.md");
}

}  // namespace tandem::cli
