#include "bench/mutation.h"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>

#include "bench/vta_programs.h"
#include "isa/access.h"
#include "isa/random_program.h"
#include "sim/api/agreement.h"
#include "sim/functional/functional_simulator.h"
#include "sim/rtl/rtl_simulator.h"
#include "support/environment.h"
#include "support/hash.h"
#include "synth/gate_netlist.h"

namespace tandem::bench {
namespace {

constexpr char kDesign[] = "configs/hw/test/b1_4x4.yaml";
constexpr uint32_t kWatchdogCycles = 3000;  // a mutant that hangs is soon told

/// Programs that one device runs after each other, and the conditions.
struct Trial {
  sim::RtlConditions conditions;
  std::vector<isa::Program> programs;
  sim::RunLimits limits;
  std::string expected;  // what it shows without a mutant
};

/// Everything that can be seen of a run.
std::string seen(const Result<sim::RunResult>& result) {
  if (!result.ok()) return render(result.error());
  std::string text = fmt::format("{} cycles", result->cycles);
  for (const auto& [name, value] : result->counters) text += fmt::format(" {}={}", name, value);
  for (const auto& [name, bytes] : result->outputs) {
    text += fmt::format(" {}:{:x}", name, hash64(std::string(bytes.begin(), bytes.end())));
  }
  for (const uint64_t cycle : result->mark_cycles) text += fmt::format(" {}", cycle);
  return text;
}

class Trials {
 public:
  Trials(const isa::HwConfig& hardware, std::string model, uint64_t seed)
      : hardware_(hardware), model_(std::move(model)), rng_(seed) {
    for (int i = 0; i < 6; ++i) add({legal(24)}, {});
    for (int i = 0; i < 4; ++i) add({legal(40)}, restless());
    for (int i = 0; i < 8; ++i) add({illegal(), legal(8)}, {});
    sim::RtlConditions reset;
    reset.soft_reset_cycle = 700;
    add({legal(30), legal(10)}, reset);
    for (const auto& [reads, writes] : {std::pair{uint64_t{9}, ~uint64_t{0}}, std::pair{~uint64_t{0}, uint64_t{1}}}) {
      sim::RtlConditions silent;
      silent.memory = sim::Restlessness{1, false, reads, writes};
      add({legal(12)}, silent);
    }
    for (int i = 0; i < 12; ++i) add({legal(60)}, i % 3 == 0 ? restless() : sim::RtlConditions{});
  }

  /// What every trial shows without a mutant; an error where the netlist itself is wrong.
  Result<void> prepare() {
    const auto functional = sim::make_functional_simulator(hardware_);
    for (Trial& trial : trials_) {
      trial.limits.cycles = 100'000;
      TANDEM_ASSIGN(const auto simulator, sim::load_rtl_simulator(model_, hardware_, {}, trial.conditions));
      uint64_t longest = 0;
      for (const isa::Program& program : trial.programs) {
        const Result<sim::RunResult> result = simulator->run(program, {}, trial.limits);
        trial.expected += seen(result) + "\n";
        if (!result.ok()) continue;
        longest = std::max(longest, result->cycles);
        TANDEM_ASSIGN(const sim::RunResult meant, functional->run(program, {}));
        const std::string difference = sim::disagreement(meant, *result);
        if (!difference.empty())
          return Diagnostic{{model_}, "the netlist computes something else: " + difference, {}, ""};
      }
      if (longest > 0) trial.limits.cycles = 2 * longest + 2 * kWatchdogCycles;
    }
    return {};
  }

  /// The number of the trial that shows the mutant; 0: none does.
  Result<size_t> killer(int mutant) const {
    for (size_t i = 0; i < trials_.size(); ++i) {
      const Trial& trial = trials_[i];
      sim::RtlConditions conditions = trial.conditions;
      conditions.mutant = static_cast<uint32_t>(mutant);
      TANDEM_ASSIGN(const auto simulator, sim::load_rtl_simulator(model_, hardware_, {}, conditions));
      std::string shown;
      for (const isa::Program& program : trial.programs) {
        shown += seen(simulator->run(program, {}, trial.limits)) + "\n";
        if (trial.expected.compare(0, shown.size(), shown) != 0) return i + 1;
      }
    }
    return size_t{0};
  }

 private:
  sim::RtlConditions restless() {
    sim::RtlConditions conditions;
    conditions.memory = sim::Restlessness{rng_.next()};
    return conditions;
  }

  void add(std::vector<isa::Program> programs, sim::RtlConditions conditions) {
    conditions.relaunch = true;
    conditions.watch_registers = true;
    conditions.watchdog_cycles = kWatchdogCycles;
    conditions.memory_base = (rng_.next() & 0xffff'ffff'ffff) / isa::kWidestBusBytes * isa::kWidestBusBytes;
    trials_.push_back({conditions, std::move(programs), {}, ""});
  }

  /// With a mark at every instruction, so that the cycle of each one's end shows.
  static isa::Program marked(isa::Program program) {
    for (size_t i = 0; i < program.code.size(); ++i) {
      program.marks.push_back({fmt::format("{}", i), static_cast<int64_t>(i)});
    }
    return program;
  }
  isa::Program legal(int instructions) {
    return marked(isa::random_program(hardware_, rng_, {instructions, rng_.chance(0.5), /*extensions=*/true}));
  }
  isa::Program illegal() { return marked(isa::illegal_program(hardware_, rng_, {12, false, true}).program); }

  const isa::HwConfig hardware_;
  const std::string model_;
  Rng rng_;
  std::vector<Trial> trials_;
};

}  // namespace

Result<Measurement> measure_mutation(const Request& request) {
  TANDEM_ASSIGN(const isa::HwConfig hardware, isa::load_hw(checkout_path(kDesign)));
  const int count = request.quick ? 40 : 200;
  std::error_code ignored;
  std::filesystem::create_directories(sim::default_rtl_cache(), ignored);
  const std::string netlist = fmt::format("{}/mutants{}.v", sim::default_rtl_cache(), ::getpid());
  TANDEM_ASSIGN(const std::vector<synth::Mutant> mutants, synth::write_mutants(hardware, request.seed, count, netlist));
  sim::RtlModelOptions options;
  options.netlist = netlist;
  options.mutants = true;
  TANDEM_ASSIGN(const std::string model, sim::build_rtl_model(hardware, options));
  std::filesystem::remove(netlist, ignored);

  Trials trials(hardware, model, request.seed);
  TANDEM_TRY(trials.prepare());
  Measurement measurement{{}, describe(hardware), sim::Platform{}.name};
  int killed = 0;
  for (size_t i = 0; i < mutants.size(); ++i) {
    TANDEM_ASSIGN(const size_t killer, trials.killer(static_cast<int>(i) + 1));
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
