// The simulators that every contract test runs over.
#pragma once

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "isa/hw_config.h"
#include "sim/api/simulator.h"
#include "sim/functional/functional_simulator.h"
#include "sim/platform/timing_simulator.h"
#include "sim/rtl/rtl_simulator.h"
#include "tests/value_or_fail.h"

namespace tandem::sim {

struct SimulatorUnderTest {
  std::string name;
  std::function<std::unique_ptr<Simulator>(const isa::HwConfig&)> make;
  bool has_time = false;
  bool extensions = true;  // executes what VTA does not have
};

inline std::ostream& operator<<(std::ostream& out, const SimulatorUnderTest& under_test) {
  return out << under_test.name;
}

/// The fleet of models that all RTL tests share: the smallest design has the assertions of the RTL on. A model that
/// cannot be built fails the test that asks for it.
inline std::unique_ptr<Simulator> make_rtl_under_test(const isa::HwConfig& hardware) {
  RtlModelOptions options;
  options.assertions = hardware.name == "b1_4x4";
  return value_or_fail(make_rtl_simulator(hardware, {}, options));
}

/// The RTL as a module of the SystemC platform.
inline std::unique_ptr<Simulator> make_rtl_in_platform(const isa::HwConfig& hardware) {
  Platform platform;
  platform.rtl_accelerator = true;
  return make_timing_simulator(hardware, platform);
}

inline std::vector<SimulatorUnderTest> all_simulators() {
  return {
      {"functional", [](const isa::HwConfig& hardware) { return make_functional_simulator(hardware); }, false},
      {"interleaved", [](const isa::HwConfig& hardware) { return make_functional_simulator(hardware, {uint64_t{7}}); },
       false},
      {"timing", [](const isa::HwConfig& hardware) { return make_timing_simulator(hardware); }, true},
      {"rtl", make_rtl_under_test, true},
  };
}

/// And the RTL inside the platform, which is the RTL again: for suites of few programs.
inline std::vector<SimulatorUnderTest> all_simulators_and_platforms() {
  std::vector<SimulatorUnderTest> simulators = all_simulators();
  simulators.push_back({"rtl_in_platform", make_rtl_in_platform, true});
  return simulators;
}

}  // namespace tandem::sim
