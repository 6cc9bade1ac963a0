#include "bench/mutation.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "bench/mutation_trials.h"
#include "sim/api/agreement.h"
#include "sim/functional/functional_simulator.h"
#include "sim/rtl/rtl_simulator.h"
#include "support/environment.h"
#include "support/hash.h"
#include "synth/gate_netlist.h"

namespace tandem::bench {
namespace {

constexpr char kDesign[] = "configs/hw/test/b1_4x4.yaml";

/// What happens when: every start and end of an instruction, and each change of what a unit does.
class Timeline final : public sim::Observer {
 public:
  void started(uint64_t cycle, int64_t instruction) override { add(cycle, static_cast<uint64_t>(instruction), 1); }
  void retired(uint64_t cycle, int64_t instruction, const uint8_t* /*dram*/) override {
    add(cycle, static_cast<uint64_t>(instruction), 2);
  }
  void does(uint64_t cycle, sim::Unit unit, sim::Activity activity) override {
    add(cycle, static_cast<uint64_t>(unit), 3 + static_cast<uint64_t>(activity));
  }
  uint64_t hash() const { return hash_; }

 private:
  void add(uint64_t cycle, uint64_t subject, uint64_t what) {
    for (const uint64_t word : {cycle, subject, what}) hash_ = (hash_ ^ word) * 0x100000001b3;  // FNV-1a by words
  }
  uint64_t hash_ = 0xcbf29ce484222325;
};

/// Everything that can be seen of a run.
std::string seen(sim::Simulator& simulator, const isa::Program& program, const sim::RunLimits& limits,
                 Result<sim::RunResult>& result) {
  Timeline timeline;
  simulator.observe(&timeline);
  result = simulator.run(program, {}, limits);
  simulator.observe(nullptr);
  std::string text = fmt::format("timeline {:x} ", timeline.hash());
  if (!result.ok()) return text + render(result.error()) + "\n";
  text += fmt::format("{} cycles", result->cycles);
  for (const auto& [name, value] : result->counters) text += fmt::format(" {}={}", name, value);
  for (const auto& [name, bytes] : result->outputs) {
    text += fmt::format(" {}:{:x}", name, hash64(std::string(bytes.begin(), bytes.end())));
  }
  for (const uint64_t cycle : result->mark_cycles) text += fmt::format(" {}", cycle);
  return text + "\n";
}

/// The trials on one model, and what each shows without a mutant.
class Campaign {
 public:
  Campaign(const isa::HwConfig& hardware, std::string model, uint64_t seed)
      : hardware_(hardware), model_(std::move(model)), trials_(mutation_trials(hardware, seed)) {}

  /// An error where the netlist itself is wrong.
  Result<void> prepare() {
    const auto functional = sim::make_functional_simulator(hardware_);
    for (const Trial& trial : trials_) {
      TANDEM_ASSIGN(const auto simulator, sim::load_rtl_simulator(model_, hardware_, trial.platform, trial.conditions));
      Expected expected;
      uint64_t longest = 0;
      for (const isa::Program& program : trial.programs) {
        Result<sim::RunResult> result = sim::RunResult{};
        expected.shown += seen(*simulator, program, {kMostCycles}, result);
        if (!result.ok()) {
          if (trial.undisturbed && functional->run(program, {}).ok()) return result.error();
          continue;
        }
        longest = std::max(longest, result->cycles);
        TANDEM_ASSIGN(sim::RunResult meant, functional->run(program, {}));
        sim::RunResult shown = *result;
        for (sim::RunResult* each : {&meant, &shown}) each->outputs.erase("memory");  // the code lies only in the RTL's
        const std::string difference = sim::disagreement(meant, shown);
        if (!difference.empty())
          return Diagnostic{{model_}, "the netlist computes something else: " + difference, {}, ""};
      }
      if (longest > 0) expected.limits.cycles = 2 * longest + 2 * trial.conditions.watchdog_cycles;
      expected_.push_back(std::move(expected));
    }
    return {};
  }

  /// The number of the trial that shows the mutant; 0: none does.
  Result<size_t> killer(int mutant) const {
    for (size_t i = 0; i < trials_.size(); ++i) {
      sim::RtlConditions conditions = trials_[i].conditions;
      conditions.mutant = static_cast<uint32_t>(mutant);
      TANDEM_ASSIGN(const auto simulator, sim::load_rtl_simulator(model_, hardware_, trials_[i].platform, conditions));
      std::string shown;
      for (const isa::Program& program : trials_[i].programs) {
        Result<sim::RunResult> result = sim::RunResult{};
        shown += seen(*simulator, program, expected_[i].limits, result);
        if (expected_[i].shown.compare(0, shown.size(), shown) != 0) return i + 1;
      }
    }
    return size_t{0};
  }

 private:
  static constexpr uint64_t kMostCycles = 2'000'000;
  struct Expected {
    sim::RunLimits limits{kMostCycles};
    std::string shown;
  };
  const isa::HwConfig hardware_;
  const std::string model_;
  const std::vector<Trial> trials_;
  std::vector<Expected> expected_;
};

}  // namespace

Result<Measurement> measure_mutation(const Request& request) {
  TANDEM_ASSIGN(const isa::HwConfig hardware, isa::load_hw(checkout_path(kDesign)));
  const int count = request.quick ? 40 : 200;
  std::error_code ignored;
  const std::string directory = fmt::format("{}/mutants{}", sim::default_rtl_cache(), ::getpid());
  std::filesystem::create_directories(directory, ignored);
  const std::string netlist = directory + "/mutants.v";
  TANDEM_ASSIGN(const std::vector<synth::Mutant> mutants, synth::write_mutants(hardware, request.seed, count, netlist));
  sim::RtlModelOptions options;
  options.netlist = netlist;
  options.mutants = true;
  TANDEM_ASSIGN(const std::string model, sim::build_rtl_model(hardware, options));
  std::filesystem::remove_all(directory, ignored);

  Campaign campaign(hardware, model, request.seed);
  TANDEM_TRY(campaign.prepare());
  Measurement measurement{{}, describe(hardware), sim::Platform{}.name};
  int killed = 0;
  for (size_t i = 0; i < mutants.size(); ++i) {
    TANDEM_ASSIGN(const size_t killer, campaign.killer(static_cast<int>(i) + 1));
    if (killer != 0) {
      ++killed;
      continue;
    }
    measurement.notes.push_back(
        fmt::format("survivor {}: {} ({})", i + 1, mutants[i].change, fmt::join(mutants[i].places, ", ")));
  }
  measurement.figures = {{"mutants", static_cast<double>(mutants.size()), "mutants"},
                         {"killed", 100.0 * killed / static_cast<double>(mutants.size()), "%"}};
  return measurement;
}

}  // namespace tandem::bench
