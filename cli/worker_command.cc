// `tandem worker`: measures what the owner of a search asks for, line by line (tuner/measure/protocol.h). Not for
// people.
#include <sys/prctl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>

#include "cli/cli.h"
#include "cli/commands.h"
#include "runtime/target.h"
#include "sim/rtl/rtl_simulator.h"
#include "tuner/measure/layer_bench.h"

namespace tandem::cli {
namespace {

Result<std::unique_ptr<sim::Simulator>> make_rtl(const isa::HwConfig& hardware, const sim::Platform& platform) {
  return sim::make_rtl_simulator(hardware, platform);
}

Result<int> work() {
  // A worker does not outlive its owner, however that ends.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  // Whatever else prints in this process must not mix with the answers.
  const int answers = ::dup(STDOUT_FILENO);
  ::dup2(STDERR_FILENO, STDOUT_FILENO);
  TANDEM_ASSIGN(std::unique_ptr<runtime::KernelRunner> reference, runtime::make_cpu_runner());
  tuner::LayerBench bench(make_rtl, std::move(reference));
  tuner::serve(bench, STDIN_FILENO, answers);
  return kExitOk;
}

}  // namespace

void add_worker(Cli& cli) {
  cli.command("worker", "Measure for a search: JSON lines in, JSON lines out", [](Format) { return work(); });
}

}  // namespace tandem::cli
