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

namespace tandem::sim {

struct SimulatorUnderTest {
  std::string name;
  std::function<std::unique_ptr<Simulator>(const isa::HwConfig&)> make;
  bool has_time = false;
};

inline std::ostream& operator<<(std::ostream& out, const SimulatorUnderTest& under_test) {
  return out << under_test.name;
}

inline std::vector<SimulatorUnderTest> all_simulators() {
  return {
      {"functional", [](const isa::HwConfig& hardware) { return make_functional_simulator(hardware); }, false},
      {"interleaved", [](const isa::HwConfig& hardware) { return make_functional_simulator(hardware, {uint64_t{7}}); },
       false},
  };
}

}  // namespace tandem::sim
