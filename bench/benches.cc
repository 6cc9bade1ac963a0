// The list of all benches.
#include "bench/accelerator.h"
#include "bench/bare_machine.h"
#include "bench/bench.h"
#include "bench/checker.h"
#include "bench/compile_time.h"
#include "bench/compiler.h"
#include "bench/fidelity.h"
#include "bench/models.h"
#include "bench/mutation.h"
#include "bench/search.h"
#include "bench/simulators.h"
#include "bench/synthesis.h"

namespace tandem::bench {

const std::vector<Bench>& benches() {
  static const std::vector<Bench> kBenches = {
      {"accelerator",
       "Cycles of the RTL, default hardware, 8-byte bus, latency 32: the shared VTA programs, then layers that the "
       "compiler schedules without tuning, requantised per channel to int8.",
       measure_accelerator},
      {"compiler",
       "Every layer of ResNet-18, MobileNetV1 and ResNet-50 on the RTL, default hardware, requantised per channel, "
       "outputs compared bit by bit: cycles over the roofline under the untuned schedule, and under the best of a few "
       "that the cost estimate ranks first.",
       measure_compiler},
      {"simulators", "Speed of the simulators on one core, on the shared VTA programs; building an RTL model.",
       measure_simulators},
      {"checker", "The static checker: its speed on one core, and faults seeded into right programs.", measure_checker},
      {"mutation",
       "How many of 200 random mutants of the smallest test design's RTL the programs of the tests notice, and which "
       "ones they do not.",
       measure_mutation},
      {"fidelity",
       "Cycles of the timing model against the RTL's: sampled accelerators, layers, schedules and memories.",
       measure_fidelity},
      {"compile_time", "From an operator to a Program: ResNet-18's convolutions and candidate schedules, one core.",
       measure_compile_time},
      {"synthesis",
       "The designs of configs/hw through Yosys (docs/synthesis.md), the time for the default from an empty cache, and "
       "the area model's error on configurations that it has not seen.",
       measure_synthesis},
      {"models", "Whole models on every target: wrong bits, accuracy, cycles of a sample.", measure_models},
      {"bare_machine", "The README's first lines on a Debian 12 that has git alone, 2 cores.", measure_bare_machine},
      {"search", "The demo's joint search: gains end to end on RTL, times, kill -9 and --resume.", measure_search},
  };
  return kBenches;
}

}  // namespace tandem::bench
