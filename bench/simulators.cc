#include "bench/simulators.h"

#include <time.h>

#include <algorithm>

#include "bench/vta_programs.h"
#include "sim/functional/functional_simulator.h"
#include "sim/rtl/rtl_simulator.h"

namespace tandem::bench {
namespace {

/// Processor time of this process, all threads together: unlike the wall's, it does not depend on what else runs.
double cpu_seconds() {
  timespec time{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

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

double cycles(const sim::RunResult& result) { return static_cast<double>(result.cycles); }
double macs(const sim::RunResult& result) { return static_cast<double>(result.macs); }

}  // namespace

Result<Measurement> measure_simulators(const Request& request) {
  const isa::HwConfig hardware;
  const sim::Platform platform;
  Measurement measurement{{}, describe(hardware), platform.name};
  const auto functional = sim::make_functional_simulator(hardware);
  for (const std::string& name : timed_programs()) {
    TANDEM_ASSIGN(const isa::Program program, load_vta_program(name));
    TANDEM_ASSIGN(const double rate, best_rate(*functional, program, request.quick ? 2 : 10, macs));
    measurement.figures.push_back({"functional." + name, rate, "MAC/s"});
  }
  TANDEM_ASSIGN(const auto rtl, sim::make_rtl_simulator(hardware, platform));
  for (const std::string& name : timed_programs()) {
    TANDEM_ASSIGN(const isa::Program program, load_vta_program(name));
    TANDEM_ASSIGN(const double rate, best_rate(*rtl, program, request.quick ? 2 : 10, cycles));
    measurement.figures.push_back({"rtl." + name, rate, "cycles/s"});
  }
  return measurement;
}

}  // namespace tandem::bench
