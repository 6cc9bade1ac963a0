#include "cli/exploration.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <thread>

#include "cli/exploration_summary.h"
#include "cli/model_options.h"
#include "runtime/run.h"
#include "support/environment.h"
#include "support/file.h"
#include "support/hash.h"
#include "support/text.h"
#include "tuner/db/run_database.h"
#include "tuner/measure/process_pool.h"
#include "tuner/measure/sources.h"
#include "tuner/space/joint_space.h"
#include "tuner/space/spec.h"

namespace tandem::cli {
namespace {

using Clock = std::chrono::steady_clock;

double since(Clock::time_point began) { return std::chrono::duration<double>(Clock::now() - began).count(); }

/// The model's layers that the base accelerator takes, as the search and as the compiler name them.
struct Workload {
  graph::Graph graph;
  std::vector<tuner::Layer> layers;  // unique
  std::vector<std::string> names;    // of all layers on the accelerator ...
  std::vector<size_t> unique;        // ... and the unique layer that each is
};

Result<Workload> load_workload(const tuner::ExploreSpec& spec, const tuner::Templates& templates) {
  ModelOptions options;
  options.model = spec.model;
  TANDEM_ASSIGN(Model model, load_model(options));
  Workload workload;
  workload.graph = std::move(model.graph);
  std::vector<ops::Operator> operators;
  for (const graph::Layer& layer : workload.graph.layers) {
    const auto fits = templates.default_knobs({layer.name, "", layer.op, 1}, spec.hardware.base());
    if (!fits.ok()) {
      note(fmt::format("layer '{}' stays on the host and out of the search: {}", layer.name, fits.error().what));
      continue;
    }
    workload.names.push_back(layer.name);
    operators.push_back(layer.op);
  }
  workload.layers = tuner::unique_layers(workload.names, operators);
  for (const ops::Operator& op : operators) {
    const std::string key = ops::key(op);
    const auto found = std::find_if(workload.layers.begin(), workload.layers.end(),
                                    [&](const tuner::Layer& layer) { return layer.key == key; });
    workload.unique.push_back(static_cast<size_t>(found - workload.layers.begin()));
  }
  return workload;
}

runtime::LayerKnobs schedules(const Workload& workload, const std::vector<tuner::LayerOutcome>& outcomes) {
  runtime::LayerKnobs knobs;
  for (size_t i = 0; i < workload.names.size(); ++i) knobs[workload.names[i]] = outcomes[workload.unique[i]].knobs;
  return knobs;
}

// ---- the run's folder -----------------------------------------------------------------------------------------------

/// runs/NAME-1, runs/NAME-2, ...: the first that is free, or the last that exists.
Result<std::string> run_folder(const ExplorationJob& job, const std::string& name) {
  if (!job.out.empty()) return job.out;
  int number = 1;
  const auto folder = [&](int n) { return fmt::format("runs/{}-{}", name, n); };
  while (std::filesystem::exists(folder(number))) ++number;
  if (!job.resume) return folder(number);
  if (number > 1) return folder(number - 1);
  return Diagnostic{{}, fmt::format("there is no {} to resume", folder(1)), {}, "name the run's folder by --out"};
}

Result<std::unique_ptr<tuner::RunDatabase>> open_records(const ExplorationJob& job, const std::string& folder,
                                                         const tuner::ExploreSpec& spec, const Workload& workload) {
  std::error_code error;
  if (!job.resume) std::filesystem::create_directories(folder, error);
  if (error) return Diagnostic{{folder}, fmt::format("cannot make the folder: {}", error.message()), {}, ""};
  const tuner::RunIdentity identity = {
      {{"specification", spec.text},
       {"seed", std::to_string(spec.options.seed)},
       {"model", hex(hash64(graph::to_text(workload.graph)))},
       {"base accelerator", isa::to_yaml(spec.hardware.base())},
       {"platform", sim::to_yaml(spec.options.platform)},
       {"simulator", spec.measure_on},
       {"accelerator, compiler or tuner (their sources changed)", tuner::hash_of_sources(checkout_path(""))}},
      revision()};
  const std::string path = folder + "/run.sqlite";
  return job.resume ? tuner::RunDatabase::resume(path, identity) : tuner::RunDatabase::create(path, identity);
}

// ---- progress -------------------------------------------------------------------------------------------------------

/// A bar that redraws itself on a terminal; elsewhere a line whenever there is news.
class ProgressView {
 public:
  explicit ProgressView(Clock::time_point began) : began_(began) {}

  /// Seconds from the begin to the first result; none before it.
  std::optional<double> first_result() const { return first_; }

  void show(const tuner::Progress& now) {
    if (now.base_cycles && !first_) {
      first_ = since(began_);
      line(fmt::format("first result after {:.1f} s: the default accelerator needs {} cycles", *first_,
                       grouped(*now.base_cycles)));
    }
    const std::string text = describe(now);
    if (is_terminal()) {
      constexpr int kWidth = 30;
      const int filled = static_cast<int>(kWidth * now.trials / std::max<int64_t>(1, now.planned));
      fmt::print(stderr, "\r\033[K[{}{}] {}", std::string(static_cast<size_t>(filled), '#'),
                 std::string(static_cast<size_t>(kWidth - filled), '.'), text);
      std::fflush(stderr);
      drawn_ = true;
    } else if (now.phase != phase_ || now.best_cycles != best_) {
      note(text);
    }
    phase_ = now.phase;
    best_ = now.best_cycles;
  }
  void end() {
    if (drawn_) fmt::print(stderr, "\n");
    drawn_ = false;
  }

 private:
  std::string describe(const tuner::Progress& now) const {
    std::string text = fmt::format("{:5.1f} s  {}/{} trials, {} accelerators, {}", since(began_), now.trials,
                                   now.planned, now.accelerators, now.phase);
    if (now.best_cycles) text += fmt::format(", best {} cycles", grouped(*now.best_cycles));
    if (now.failed > 0) text += fmt::format(", {} failed", now.failed);
    return text;
  }
  void line(const std::string& text) {
    end();
    note(text);
  }

  Clock::time_point began_;
  std::optional<double> first_;
  bool drawn_ = false;
  std::string phase_;
  std::optional<uint64_t> best_;
};

// ---- proof ----------------------------------------------------------------------------------------------------------

/// The whole model end to end on RTL.
Result<EndToEnd> run_end_to_end(const tuner::ExploreSpec& spec, const Workload& workload, const std::string& what,
                                const isa::HwConfig& hardware, const runtime::LayerKnobs& knobs, int64_t samples) {
  TANDEM_ASSIGN(Tensor input, read_npy(spec.input));
  if (input.shape.empty()) return Diagnostic{{spec.input}, "a scalar holds no samples", {}, ""};
  samples = std::min(samples, input.shape[0]);
  TANDEM_ASSIGN(runtime::Target target, runtime::make_target("rtl", hardware, spec.options.platform));
  TANDEM_ASSIGN(const runtime::CompiledModel compiled, target.compile(workload.graph, knobs));
  TANDEM_ASSIGN(const runtime::ModelRun run, runtime::run(compiled, target, slice_first_axis(input, 0, samples)));
  EndToEnd result;
  result.what = what;
  result.hardware = hardware.name;
  result.samples = samples;
  result.cycles = run.cycles;
  for (const runtime::HostWork& work : run.host) result.host_bytes += work.bytes;
  Tensor expected;
  if (spec.expected.empty()) {
    TANDEM_ASSIGN(runtime::Target cpu, runtime::make_target("cpu", hardware, spec.options.platform));
    TANDEM_ASSIGN(runtime::ModelRun reference,
                  runtime::run(runtime::compile_for_host(workload.graph), cpu, slice_first_axis(input, 0, samples)));
    expected = std::move(reference.output);
  } else {
    TANDEM_ASSIGN(expected, read_npy(spec.expected));
    if (expected.shape.empty() || expected.shape[0] < samples) {
      return Diagnostic{{spec.expected}, fmt::format("fewer than {} samples", samples), {}, ""};
    }
    expected = slice_first_axis(expected, 0, samples);
  }
  result.exact = run.output.data == expected.data;
  return result;
}

/// Schedules of the whole network on one accelerator. Layers overlap where they meet, so that the best schedules of the
/// layers by themselves need not be the best in a row: from the better of all default and all tuned ones, each layer in
/// turn keeps the other choice where that saves cycles end to end on RTL.
Result<runtime::LayerKnobs> settle(const tuner::ExploreSpec& spec, const Workload& workload,
                                   const tuner::Design& design) {
  TANDEM_ASSIGN(Tensor input, read_npy(spec.input));
  TANDEM_ASSIGN(runtime::Target target, runtime::make_target("rtl", design.hardware, spec.options.platform));
  const Tensor one_run =
      slice_first_axis(input, 0, std::min<int64_t>(input.shape.empty() ? 1 : input.shape[0], design.hardware.batch));
  const auto cycles = [&](const std::vector<tuner::LayerOutcome>& choice) -> Result<uint64_t> {
    TANDEM_ASSIGN(const runtime::CompiledModel compiled, target.compile(workload.graph, schedules(workload, choice)));
    TANDEM_ASSIGN(const runtime::ModelRun run, runtime::run(compiled, target, one_run));
    return run.cycles;
  };
  std::vector<tuner::LayerOutcome> chosen = design.best, other = design.untuned;
  TANDEM_ASSIGN(uint64_t fewest, cycles(chosen));
  TANDEM_ASSIGN(const uint64_t untuned, cycles(other));
  if (untuned < fewest) {
    std::swap(chosen, other);
    fewest = untuned;
  }
  for (size_t layer = 0; layer < chosen.size(); ++layer) {
    if (chosen[layer].knobs == other[layer].knobs) continue;
    std::swap(chosen[layer], other[layer]);
    TANDEM_ASSIGN(const uint64_t now, cycles(chosen));
    if (now < fewest) {
      fewest = now;
    } else {
      std::swap(chosen[layer], other[layer]);
    }
  }
  return schedules(workload, chosen);
}

/// The four answers end to end, and the winner on more samples.
Result<std::vector<EndToEnd>> prove(const tuner::ExploreSpec& spec, const Workload& workload,
                                    const tuner::Exploration& found, const runtime::LayerKnobs& winning) {
  constexpr int64_t kSamplesOfProof = 64;
  const tuner::Design &base = found.designs[0], &best = found.designs[found.best],
                      &untuned = found.designs[found.best_untuned];
  const int64_t samples = spec.options.samples;
  TANDEM_ASSIGN(const runtime::LayerKnobs tuned_base, settle(spec, workload, base));
  struct Answer {
    const char* what;
    const isa::HwConfig& hardware;
    runtime::LayerKnobs knobs;
    int64_t samples;
  };
  const Answer answers[] = {{"default hardware, default schedules", base.hardware, {}, samples},
                            {"schedules alone", base.hardware, tuned_base, samples},
                            {"hardware alone", untuned.hardware, {}, samples},
                            {"both", best.hardware, winning, samples},
                            {"the winner on more samples", best.hardware, winning, kSamplesOfProof}};
  std::vector<EndToEnd> runs;
  for (const Answer& answer : answers) {
    TANDEM_ASSIGN(EndToEnd run,
                  run_end_to_end(spec, workload, answer.what, answer.hardware, answer.knobs, answer.samples));
    runs.push_back(std::move(run));
  }
  return runs;
}

/// The files that outlive the run.
Result<void> write_winner(const std::string& folder, const Workload& workload, const tuner::Design& best,
                          const runtime::LayerKnobs& knobs) {
  TANDEM_TRY(write_file(folder + "/winner.yaml", isa::to_yaml(best.hardware)));
  TANDEM_TRY(write_file(folder + "/schedules.json", nlohmann::ordered_json(knobs).dump(2) + "\n"));
  TANDEM_ASSIGN(const runtime::CompiledModel compiled,
                runtime::compile_for_accelerator(workload.graph, best.hardware, knobs));
  return runtime::save_model(folder + "/winner", compiled);
}

}  // namespace

Result<int> run_exploration(const ExplorationJob& job, Format format) {
  const Clock::time_point began = Clock::now();
  TANDEM_ASSIGN(tuner::ExploreSpec spec, tuner::load_spec(job.specification));
  if (job.seed) spec.options.seed = *job.seed;
  if (!job.measure_on.empty()) spec.measure_on = job.measure_on;
  const std::unique_ptr<tuner::Templates> templates = tuner::accelerator_templates();
  TANDEM_ASSIGN(const Workload workload, load_workload(spec, *templates));
  TANDEM_ASSIGN(const std::string folder, run_folder(job, spec.name));
  TANDEM_ASSIGN(const std::unique_ptr<tuner::RunDatabase> records, open_records(job, folder, spec, workload));

  const int64_t recorded = records->trials();
  if (job.resume) note(fmt::format("{}: going on after {} recorded trials", folder, recorded));
  const tuner::JointSpace space(spec.hardware, workload.layers, *templates);
  note(fmt::format(
      "{}: {} unique layers of '{}'; {} of {} accelerators are legal and within {} MACs and {} buffer bits; "
      "{:.2g} candidates with their schedules",
      folder, workload.layers.size(), workload.graph.name, space.accelerators().size(), spec.hardware.count(),
      spec.hardware.limits().budget.macs, grouped(static_cast<uint64_t>(spec.hardware.limits().budget.buffer_bits)),
      space.count()));

  const int cores = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  const auto pool = tuner::make_process_pool({{"/proc/self/exe", "worker", spec.measure_on},
                                              job.workers > 0 ? job.workers : cores,
                                              spec.measure_seconds,
                                              spec.build_seconds});
  const auto executor = tuner::make_recorded_executor(*pool, *records);
  ProgressView view(began);
  auto searched = tuner::explore(spec.hardware, workload.layers, *templates, *executor, spec.options,
                                 [&](const tuner::Progress& now) { view.show(now); });
  view.end();
  if (!searched.ok()) return searched.error();

  ExplorationSummary summary{spec, workload.layers, *templates, *searched, {}, folder, recorded, {}};
  if (view.first_result()) summary.times.emplace_back("first result", *view.first_result());
  summary.times.emplace_back("search", since(began));
  const Clock::time_point proving = Clock::now();
  note("the answers end to end on RTL");
  const tuner::Design& best = searched->designs[searched->best];
  TANDEM_ASSIGN(const runtime::LayerKnobs winning, settle(spec, workload, best));
  TANDEM_ASSIGN(summary.proof, prove(spec, workload, *searched, winning));
  TANDEM_TRY(write_winner(folder, workload, best, winning));
  summary.times.emplace_back("proof", since(proving));
  TANDEM_TRY(write_report(summary));
  TANDEM_TRY(write_file(folder + "/result.json", to_json(summary).dump(2) + "\n"));
  if (format == Format::kJson) {
    print_json(to_json(summary));
  } else {
    print_text(summary);
  }
  const bool exact =
      std::all_of(summary.proof.begin(), summary.proof.end(), [](const EndToEnd& run) { return run.exact; });
  return exact ? kExitOk : kExitWrong;
}

}  // namespace tandem::cli
