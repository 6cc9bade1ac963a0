// `tandem worker`: measures what the owner of a search asks for, line by line (tuner/measure/protocol.h). Not for
// people.
#include <sys/prctl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>

#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/simulator_argument.h"
#include "runtime/target.h"
#include "sim/platform/timing_simulator.h"
#include "sim/rtl/rtl_simulator.h"
#include "tuner/measure/layer_bench.h"
#include "tuner/space/spec.h"

namespace tandem::cli {
namespace {

Result<int> work(const std::string& simulator) {
  // A worker does not outlive its owner, however that ends.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  // Whatever else prints in this process must not mix with the answers.
  const int answers = ::dup(STDOUT_FILENO);
  ::dup2(STDERR_FILENO, STDOUT_FILENO);
  TANDEM_ASSIGN(std::unique_ptr<runtime::KernelRunner> reference, runtime::make_cpu_runner());
  const auto make = [&](const isa::HwConfig& hardware,
                        const sim::Platform& platform) -> Result<std::unique_ptr<sim::Simulator>> {
    if (simulator == kTiming) return sim::make_timing_simulator(hardware, platform);
    return sim::make_rtl_simulator(hardware, platform);
  };
  tuner::LayerBench bench(make, std::move(reference));
  tuner::serve(bench, STDIN_FILENO, answers);
  return kExitOk;
}

}  // namespace

void add_worker(Cli& cli) {
  auto simulator = std::make_shared<std::string>();
  CLI::App& command = cli.command("worker", "Measure for a search: JSON lines in, JSON lines out",
                                  [simulator](Format) { return work(*simulator); });
  add_choice(command, "simulator", *simulator, tuner::measurable(), "What counts cycles");
  command.get_option("simulator")->required();
}

}  // namespace tandem::cli
