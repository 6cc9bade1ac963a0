#include "bench/accelerator.h"

#include "bench/vta_programs.h"
#include "sim/rtl/rtl_simulator.h"

namespace tandem::bench {

Result<Measurement> measure_accelerator(const Request&) {
  const isa::HwConfig hardware;
  const sim::Platform platform;
  TANDEM_ASSIGN(const std::unique_ptr<sim::Simulator> rtl, sim::make_rtl_simulator(hardware, platform));
  Measurement measurement{{}, describe(hardware), platform.name};
  int64_t wrong = 0;
  for (const std::string& name : timed_programs()) {
    TANDEM_ASSIGN(const isa::Program program, load_vta_program(name));
    TANDEM_ASSIGN(const sim::RunResult result, rtl->run(program, {}));
    measurement.figures.push_back({name, static_cast<double>(result.cycles), "cycles"});
    wrong += wrong_bytes(program, result);
  }
  measurement.figures.push_back({"wrong_bytes", static_cast<double>(wrong), "bytes"});
  return measurement;
}

}  // namespace tandem::bench
