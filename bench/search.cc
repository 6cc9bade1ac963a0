#include "bench/search.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "bench/vta_programs.h"
#include "sim/dram/platform.h"
#include "support/environment.h"
#include "support/file.h"
#include "support/process.h"

namespace tandem::bench {
namespace {

using Json = nlohmann::ordered_json;
namespace fs = std::filesystem;

/// A folder for the runs, gone at the end.
class RunsFolder {
 public:
  RunsFolder() : path_(fs::temp_directory_path() / fmt::format("tandem_bench_search_{}", ::getpid())) {}
  ~RunsFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  RunsFolder(const RunsFolder&) = delete;
  RunsFolder& operator=(const RunsFolder&) = delete;
  std::string operator/(const std::string& name) const { return (path_ / name).string(); }

 private:
  fs::path path_;
};

/// `tandem explore` by this very program.
struct Exploration {
  std::string specification;
  uint64_t seed = 1;
  std::string cache = {};  // of Verilated models; "": the usual one

  std::vector<std::string> line(const std::string& out) const {
    std::vector<std::string> words;
    if (!cache.empty()) words = {"env", "TANDEM_CACHE=" + cache};
    const std::string self = fs::read_symlink("/proc/self/exe").string();
    for (const std::string& word :
         {self, std::string("explore"), specification, std::string("--seed"), std::to_string(seed),
          std::string("--out"), out, std::string("--format"), std::string("json")}) {
      words.push_back(word);
    }
    return words;
  }
};

/// The result of a run that went to its end, and the seconds of the whole command.
struct Outcome {
  Json result;
  double seconds = 0;
};

Result<Outcome> run_to_end(const std::vector<std::string>& line) {
  const auto began = std::chrono::steady_clock::now();
  TANDEM_ASSIGN(const ProcessResult process, run_process(line));
  Outcome outcome;
  outcome.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  outcome.result = Json::parse(process.output, nullptr, false);
  if (outcome.result.is_discarded()) {
    return Diagnostic{
        {}, fmt::format("the exploration ended with exit {}: {}", process.exit_code, process.errors), {}, ""};
  }
  return outcome;
}

/// Entries in which two results differ, but for where and how fast they came to be.
double differences(const Json& a, const Json& b) {
  int64_t count = 0;
  for (const auto& [key, value] : a.items()) {
    if (key == "seconds" || key == "folder" || key == "resumed_trials") continue;
    count += !b.contains(key) || b[key] != value;
  }
  return static_cast<double>(count);
}

/// Cycles of the whole model, end to end: default, schedules alone, hardware alone, both.
void add_gains(const Json& result, std::vector<Figure>& figures) {
  const auto cycles = [&](size_t i) { return result["end_to_end"][i]["cycles"].get<double>(); };
  const std::string unit = fmt::format("cycles for {} samples", result["samples"].get<int64_t>());
  const char* names[] = {"default", "schedules_alone", "hardware_alone", "both"};
  for (size_t i = 0; i < 4; ++i) figures.push_back({fmt::format("{}.cycles", names[i]), cycles(i), unit});
  for (size_t i = 1; i < 4; ++i) figures.push_back({fmt::format("{}.gain", names[i]), cycles(0) / cycles(i), "x"});
  figures.push_back({"both.gain_over_tuned_default", cycles(1) / cycles(3), "x"});
  const auto& designs = result["designs"];
  const auto winner = std::find_if(designs.begin(), designs.end(),
                                   [&](const Json& design) { return design["name"] == result["winner"]; });
  for (const char* size : {"macs", "buffer_bits"}) {
    figures.push_back({fmt::format("winner.{}_over_default", size),
                       (*winner)[size].get<double>() / designs[0][size].get<double>(), "x"});
  }
  int64_t inexact = 0;
  for (const Json& run : result["end_to_end"]) inexact += run["exact"].get<bool>() ? 0 : 1;
  figures.push_back({"inexact_runs", static_cast<double>(inexact), "of the runs end to end"});
}

/// kill -9 in the middle of the search, then --resume. Where the kill came after the last trial, once more and earlier.
Result<void> measure_resume(const Exploration& exploration, const RunsFolder& folder, const Json& whole,
                            std::vector<Figure>& figures) {
  const auto trials = whole["trials"].get<int64_t>();
  double seconds = 0.5 * whole["seconds"]["search"].get<double>();
  for (int attempt = 1; attempt <= 4; ++attempt, seconds *= 0.5) {
    std::vector<std::string> line = exploration.line(folder / fmt::format("killed_{}", attempt));
    TANDEM_ASSIGN(const ProcessResult killed, run_process(line, ".", {seconds}));
    if (!killed.timed_out) continue;
    line.push_back("--resume");
    TANDEM_ASSIGN(const Outcome resumed, run_to_end(line));
    const auto recorded = resumed.result["resumed_trials"].get<int64_t>();
    if (recorded == trials) continue;
    figures.push_back({"resume.recorded_trials", static_cast<double>(recorded), fmt::format("of {} trials", trials)});
    figures.push_back({"resume.differences", differences(whole, resumed.result), "entries of the result"});
    return {};
  }
  return Diagnostic{{}, "the exploration ended before it could be killed", {}, "run the bench again"};
}

}  // namespace

Result<Measurement> measure_search(const Request& request) {
  Measurement measurement{{}, describe(isa::HwConfig{}), sim::Platform{}.name};
  std::vector<Figure>& figures = measurement.figures;
  const RunsFolder folder;
  Exploration exploration{checkout_path(request.quick ? "configs/explore/quick.yaml" : "configs/explore/demo.yaml"),
                          request.seed};
  Json first;
  if (!request.quick) {  // with no Verilated model at hand, as in a fresh checkout
    Exploration fresh = exploration;
    fresh.cache = folder / "cache";
    TANDEM_ASSIGN(const Outcome cold, run_to_end(fresh.line(folder / "cold")));
    figures.push_back({"fresh.seconds", cold.seconds, "s"});
    figures.push_back({"fresh.first_result", cold.result["seconds"]["first_result"].get<double>(), "s"});
    first = cold.result;
    exploration = fresh;
  }
  TANDEM_ASSIGN(const Outcome warm, run_to_end(exploration.line(folder / "warm")));
  figures.push_back({"again.seconds", warm.seconds, "s"});
  figures.push_back({"again.first_result", warm.result["seconds"]["first_result"].get<double>(), "s"});
  if (!first.is_null()) {
    figures.push_back({"again.differences", differences(first, warm.result), "entries of the result"});
  }
  figures.push_back({"trials", warm.result["trials"].get<double>(), "measurements"});
  figures.push_back({"failed_trials", warm.result["failed_trials"].get<double>(), "measurements"});
  add_gains(warm.result, figures);
  TANDEM_TRY(measure_resume(exploration, folder, warm.result, figures));
  return measurement;
}

}  // namespace tandem::bench
