#include "bench/simulators.h"

#include <algorithm>

#include "bench/cpu_time.h"
#include "bench/vta_programs.h"
#include "sim/functional/functional_simulator.h"
#include "sim/platform/timing_simulator.h"
#include "sim/rtl/rtl_simulator.h"

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
  return measurement;
}

}  // namespace tandem::bench
