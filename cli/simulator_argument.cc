#include "cli/simulator_argument.h"

#include "sim/functional/functional_simulator.h"
#include "sim/platform/timing_simulator.h"
#include "sim/rtl/rtl_simulator.h"

namespace tandem::cli {

const std::vector<std::string>& simulator_names() {
  static const std::vector<std::string> kNames{kFunctional, kTiming, kRtl};
  return kNames;
}

bool has_time(const std::string& name) { return name != simulator_names()[0]; }

Result<std::unique_ptr<sim::Simulator>> make_simulator(const std::string& name, const isa::HwConfig& hardware,
                                                       const std::string& platform) {
  if (!has_time(name)) return sim::make_functional_simulator(hardware);
  sim::Platform memory;
  if (!platform.empty()) {
    TANDEM_ASSIGN(memory, sim::load_platform(platform));
  }
  if (name == kTiming) return sim::make_timing_simulator(hardware, memory);
  return sim::make_rtl_simulator(hardware, memory);
}

}  // namespace tandem::cli
