// The list of all benches.
#include "bench/bench.h"
#include "bench/simulators.h"

namespace tandem::bench {

const std::vector<Bench>& benches() {
  static const std::vector<Bench> kBenches = {
      {"simulators", "Speed of the simulators on one core, on the shared VTA programs.", measure_simulators},
  };
  return kBenches;
}

}  // namespace tandem::bench
