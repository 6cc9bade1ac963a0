#include "bench/simulators.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>

#include "bench/cpu_time.h"
#include "bench/vta_programs.h"
#include "sim/functional/functional_simulator.h"
#include "sim/platform/timing_simulator.h"
#include "sim/rtl/rtl_simulator.h"
#include "support/environment.h"

namespace tandem::bench {
namespace {

double cycles(const sim::RunResult& result) { return static_cast<double>(result.cycles); }
double macs(const sim::RunResult& result) { return static_cast<double>(result.macs); }

/// The best of some runs, per second of one core.
Result<double> best_rate(sim::Simulator& simulator, const isa::Program& program, int runs,
                         double (*work)(const sim::RunResult&)) {
  double best = 0;
  for (int i = 0; i < runs; ++i) {
    const double start = cpu_seconds();
    TANDEM_ASSIGN(const sim::RunResult result, simulator.run(program, {}));
    best = std::max(best, work(result) / (cpu_seconds() - start));
  }
  return best;
}

/// The rate of each timed program, as PREFIX.NAME.
Result<void> measure_rates(const std::string& prefix, sim::Simulator& simulator, int runs,
                           double (*work)(const sim::RunResult&), const char* unit, std::vector<Figure>& figures) {
  const std::string missing = without_shared_data("vta/programs");
  for (const std::string& name : timed_programs()) {
    figures.push_back({prefix + "." + name, 0, unit, missing});
    if (!missing.empty()) continue;
    TANDEM_ASSIGN(const isa::Program program, load_vta_program(name));
    TANDEM_ASSIGN(figures.back().value, best_rate(simulator, program, runs, work));
  }
  return {};
}

/// NAME.PROGRAM for each timed program: the rate of `over` divided by that of `under`.
void add_ratios(const std::string& over, const std::string& under, const std::string& name,
                std::vector<Figure>& figures) {
  const auto find = [&](const std::string& figure) {
    return *std::find_if(figures.begin(), figures.end(), [&](const Figure& each) { return each.name == figure; });
  };
  for (const std::string& program : timed_programs()) {
    const Figure a = find(over + "." + program), b = find(under + "." + program);
    figures.push_back({name + "." + program, a.skipped.empty() ? a.value / b.value : 0, "x", a.skipped});
  }
}

/// 32,768 steps of GEMM and next to nothing else, for hardware with buffers of 512 elements or more and 256 weights.
Result<isa::Program> gemm_program(const isa::HwConfig& hardware) {
  std::string text = fmt::format("program \"gemm\"\nhardware {{\n{}}}\ndram 65536\n", isa::to_yaml(hardware));
  text += "segment \"uops\" at 0x0 uops {\n";
  for (int i = 0; i < 16; ++i) text += fmt::format("  uop dst={} src={} wgt={}\n", i, i, i);
  text +=
      "}\ncode at 0x8000 {\n  load uop sram=0 dram=0x0 y=1 x=16 stride=16\n"
      "  gemm uop=[0,16) iter=(32,64) dst=(8,0) src=(4,4) wgt=(0,2)\n  finish\n}\n";
  return isa::assemble(text, "gemm.asm");
}

/// Seconds by the wall clock until a model is built, in a cache of its own.
Result<double> build_seconds(const isa::HwConfig& hardware) {
  namespace fs = std::filesystem;
  const std::string cache = fs::temp_directory_path() / fmt::format("tandem-bench-{}", ::getpid());
  sim::RtlModelOptions options;
  options.cache_directory = cache;
  const auto start = std::chrono::steady_clock::now();
  const Result<std::string> model = sim::build_rtl_model(hardware, options);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  std::error_code ignored;
  fs::remove_all(cache, ignored);
  if (!model.ok()) return model.error();
  return seconds;
}

/// A large array at work, and how long the model of a middling one takes to build.
Result<void> measure_other_hardware(int runs, std::vector<Figure>& figures) {
  TANDEM_ASSIGN(const isa::HwConfig large, isa::load_hw(checkout_path("configs/hw/large.yaml")));
  TANDEM_ASSIGN(const auto rtl, sim::make_rtl_simulator(large, {}));
  TANDEM_ASSIGN(const isa::Program gemm, gemm_program(large));
  TANDEM_ASSIGN(const double rate, best_rate(*rtl, gemm, runs, cycles));
  figures.push_back({"rtl.large.gemm", rate, "cycles/s"});
  TANDEM_ASSIGN(const isa::HwConfig middling, isa::load_hw(checkout_path("configs/hw/test/b1_32x32.yaml")));
  TANDEM_ASSIGN(const double seconds, build_seconds(middling));
  figures.push_back({"rtl.b1_32x32.build", seconds, "s"});
  return {};
}

}  // namespace

Result<Measurement> measure_simulators(const Request& request) {
  const isa::HwConfig hardware;
  const sim::Platform platform;
  Measurement measurement{{}, describe(hardware), platform.name};
  const auto functional = sim::make_functional_simulator(hardware);
  const int runs = request.quick ? 2 : 10;
  TANDEM_TRY(measure_rates("functional", *functional, runs, macs, "MAC/s", measurement.figures));
  TANDEM_ASSIGN(const auto rtl, sim::make_rtl_simulator(hardware, platform));
  TANDEM_TRY(measure_rates("rtl", *rtl, runs, cycles, "cycles/s", measurement.figures));
  const auto timing = sim::make_timing_simulator(hardware, platform);
  const auto timing_alone = sim::make_timing_simulator(hardware, platform, {/*data=*/false});
  TANDEM_TRY(measure_rates("timing", *timing_alone, runs, cycles, "cycles/s", measurement.figures));
  TANDEM_TRY(measure_rates("timing_with_data", *timing, runs, macs, "MAC/s", measurement.figures));
  add_ratios("timing", "rtl", "timing_over_rtl", measurement.figures);
  add_ratios("functional", "timing_with_data", "timing_with_data_over_functional", measurement.figures);
  if (!request.quick) TANDEM_TRY(measure_other_hardware(3, measurement.figures));
  return measurement;
}

}  // namespace tandem::bench
