#include "sim/platform/timing_simulator.h"

#include <chrono>
#include <utility>

#include "isa/access.h"
#include "sim/api/admission.h"
#include "sim/api/hang.h"
#include "sim/api/program_memory.h"
#include "sim/platform/system.h"

namespace tandem::sim {
namespace {

class TimingSimulator final : public Simulator {
 public:
  TimingSimulator(const isa::HwConfig& hardware, const Platform& platform, const TimingOptions& options)
      : hardware_(hardware),
        timing_(dram_timing(platform)),
        rtl_in_place_(platform.rtl_accelerator),
        options_(options) {}
  std::string name() const override { return "timing"; }

  Result<RunResult> run(const isa::Program& program, const Buffers& inputs, const RunLimits& limits) override {
    error_ = std::nullopt;
    TANDEM_TRY(admit(program, hardware_, inputs));
    platform::Setup setup;
    setup.memory = timing_;
    setup.memory_bytes = isa::memory_bytes(program);
    setup.data = options_.data;
    setup.fill = [&](uint8_t* dram) {
      if (rtl_in_place_) fill_code(program, dram);
      fill_memory(program, inputs, dram);
    };
    platform::Job job;
    job.program = &program;
    job.data = options_.data;
    if (rtl_in_place_) {
      if (!options_.data) {
        return Diagnostic{{program.name}, "the RTL in the platform cannot run without data", {}, "accelerator: timing"};
      }
      if (!rtl_) {
        TANDEM_ASSIGN(rtl_, RtlModel::load(hardware_));
      }
      job.rtl = &*rtl_;
    }
    job.limit_cycles = limits.cycles;
    job.observer = observer_;
    setup.jobs = {job};
    platform::System& system = platform::System::instance();
    const auto start = std::chrono::steady_clock::now();
    TANDEM_ASSIGN(std::vector<platform::Outcome> outcomes, system.run(setup));
    platform::Outcome& outcome = outcomes.front();
    if (outcome.passed_limit) return limit_passed(program, limits.cycles);
    error_ = outcome.error;
    if (outcome.what) return *outcome.what;

    RunResult result;
    result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    result.cycles = outcome.cycles;
    result.macs = outcome.macs;
    result.counters = std::move(outcome.counters);
    result.mark_cycles = std::move(outcome.mark_cycles);
    if (options_.data) {
      result.outputs = read_outputs(program, system.memory());
    } else {
      for (const isa::Binding& binding : program.bindings) {
        if (binding.role == isa::Role::kOutput)
          result.outputs[binding.name].resize(static_cast<size_t>(binding.size_bytes()));
      }
    }
    return result;
  }
  bool observe(Observer* observer) override {
    observer_ = observer;
    return true;
  }
  std::optional<RunError> last_error() const override { return error_; }

 private:
  const isa::HwConfig hardware_;
  const DramTiming timing_;
  const bool rtl_in_place_;
  std::optional<RtlModel> rtl_;
  const TimingOptions options_;
  Observer* observer_ = nullptr;
  std::optional<RunError> error_;
};

}  // namespace

std::unique_ptr<Simulator> make_timing_simulator(const isa::HwConfig& hardware, const Platform& platform,
                                                 const TimingOptions& options) {
  return std::make_unique<TimingSimulator>(hardware, platform, options);
}

}  // namespace tandem::sim
