#include "cli/simulator_argument.h"

#include "sim/functional/functional_simulator.h"
#include "sim/platform/timing_simulator.h"

namespace tandem::cli {

const std::vector<std::string>& simulator_names() {
  static const std::vector<std::string> kNames{kFunctional, kTiming, kRtl};
  return kNames;
}

bool has_time(const std::string& name) { return name != simulator_names()[0]; }

namespace {

Result<sim::Platform> memory_of(const std::string& platform) {
  if (platform.empty()) return sim::Platform{};
  return sim::load_platform(platform);
}

}  // namespace

Result<std::unique_ptr<sim::Simulator>> make_simulator(const std::string& name, const isa::HwConfig& hardware,
                                                       const std::string& platform) {
  if (!has_time(name)) return sim::make_functional_simulator(hardware);
  TANDEM_ASSIGN(const sim::Platform memory, memory_of(platform));
  if (name == kTiming) return sim::make_timing_simulator(hardware, memory);
  return sim::make_rtl_simulator(hardware, memory);
}

Result<std::unique_ptr<sim::Simulator>> make_waveform_simulator(const isa::HwConfig& hardware,
                                                                const std::string& platform,
                                                                const sim::Waveform& waveform) {
  TANDEM_ASSIGN(const sim::Platform memory, memory_of(platform));
  sim::RtlConditions conditions;
  conditions.waveform = waveform;
  return sim::make_rtl_simulator(hardware, memory, {}, conditions);
}

}  // namespace tandem::cli
