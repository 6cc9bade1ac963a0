#include "sim/rtl/rtl_simulator.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <optional>
#include <vector>

#include "isa/access.h"
#include "sim/api/admission.h"
#include "sim/api/program_memory.h"
#include "sim/rtl/rtl_model.h"
#include "sim/rtl/rtl_run.h"

namespace tandem::sim {
namespace {

struct FreeMemory {
  void operator()(uint8_t* bytes) const { std::free(bytes); }
};
/// Zeroed; pages that nobody touches cost nothing.
using Memory = std::unique_ptr<uint8_t[], FreeMemory>;

class RtlSimulator final : public Simulator {
 public:
  RtlSimulator(const isa::HwConfig& hardware, const Platform& platform, const RtlConditions& conditions, RtlModel model)
      : hardware_(hardware),
        timing_(dram_timing(platform)),
        conditions_(conditions),
        model_(std::move(model)),
        device_(model_.no_device()) {}

  std::string name() const override { return "rtl"; }

  Result<RunResult> run(const isa::Program& program, const Buffers& inputs, const RunLimits& limits) override {
    error_ = std::nullopt;
    TANDEM_TRY(admit(program, hardware_, inputs));
    const uint64_t size = isa::memory_bytes(program);
    const Memory dram(static_cast<uint8_t*>(std::calloc(std::max<uint64_t>(size, 1), 1)));
    if (dram == nullptr) {
      return Diagnostic{{program.name},
                        fmt::format("cannot allocate the program's {} bytes of DRAM", program.dram_bytes),
                        {},
                        "place its tensors lower"};
    }
    fill_code(program, dram.get());
    fill_memory(program, inputs, dram.get());

    std::vector<uint64_t> retired(program.code.size());
    TandemRtlRun run{};
    run.dram = dram.get();
    run.dram_bytes = size;
    run.code_address = program.code_address;
    run.instruction_count = program.code.size();
    run.memory = &timing_;
    run.max_cycles = limits.cycles;
    run.retire_cycles = retired.data();
    run.soft_reset_cycle = conditions_.soft_reset_cycle;
    run.memory_base = conditions_.memory_base;
    run.watch_registers = conditions_.watch_registers ? 1 : 0;
    run.mutant = conditions_.mutant;
    if (conditions_.waveform) {
      run.waveform = conditions_.waveform->path.c_str();
      run.waveform_first_cycle = conditions_.waveform->first_cycle;
      run.waveform_last_cycle = conditions_.waveform->last_cycle;
    }
    run.watchdog_cycles = conditions_.watchdog_cycles;
    run.free_running = conditions_.free_running ? 1 : 0;
    if (conditions_.memory) {
      run.restless = 1;
      run.restless_stalls = conditions_.memory->stalls ? 1 : 0;
      run.restless_seed = conditions_.memory->seed;
      run.silent_after_reads = conditions_.memory->silent_after_reads;
      run.silent_after_writes = conditions_.memory->silent_after_writes;
    }
    RtlWatch watch{observer_, dram.get()};
    if (observer_ != nullptr) watch.attach(run);
    const auto start = std::chrono::steady_clock::now();
    if (device_ == nullptr) device_ = model_.open();
    model_.run(device_.get(), &run);
    if (!conditions_.relaunch) device_.reset();
    RunResult result;
    result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    error_ = rtl_error(run);
    TANDEM_TRY(rtl_verdict(program, run, limits));

    result.cycles = run.cycles;
    rtl_counters(hardware_, run, result);
    result.outputs = read_outputs(program, dram.get());
    result.mark_cycles = mark_cycles(program, retired);
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
  const RtlConditions conditions_;
  const RtlModel model_;
  Observer* observer_ = nullptr;
  std::optional<RunError> error_;
  RtlModel::Device device_;  // closed before the model
};

}  // namespace

Result<std::unique_ptr<Simulator>> make_rtl_simulator(const isa::HwConfig& hardware, const Platform& platform,
                                                      const RtlModelOptions& options, const RtlConditions& conditions) {
  RtlModelOptions built = options;
  built.waveforms = built.waveforms || conditions.waveform.has_value();
  TANDEM_ASSIGN(const std::string model, build_rtl_model(hardware, built));
  return load_rtl_simulator(model, hardware, platform, conditions);
}

Result<std::unique_ptr<Simulator>> load_rtl_simulator(const std::string& path, const isa::HwConfig& hardware,
                                                      const Platform& platform, const RtlConditions& conditions) {
  TANDEM_ASSIGN(RtlModel model, RtlModel::load_file(path));
  return std::unique_ptr<Simulator>(std::make_unique<RtlSimulator>(hardware, platform, conditions, std::move(model)));
}

}  // namespace tandem::sim
