// `tandem explore`: hardware and schedules searched together for a model's layers, proved on RTL.
#include <CLI/CLI.hpp>

#include "cli/commands.h"
#include "cli/exploration.h"
#include "tuner/space/spec.h"

namespace tandem::cli {

void add_explore(Cli& cli) {
  auto job = std::make_shared<ExplorationJob>();
  CLI::App& command = cli.command("explore", "Search hardware and schedules together, proved on RTL",
                                  [job](Format format) { return run_exploration(*job, format); });
  command.add_option("specification", job->specification, "What to search (configs/explore/demo.yaml is an example)")
      ->required()
      ->type_name("SPEC.yaml");
  command.add_option("--out", job->out, "The run's folder (default: the next free runs/NAME-N)")->type_name("DIR");
  command.add_flag("--resume", job->resume, "Go on with the run in --out (default: the last runs/NAME-N)");
  command.add_option("--workers", job->workers, "Worker processes (default: one per core)")
      ->check(check_positive)
      ->type_name("N");
  add_choice(command, "--on", job->measure_on, tuner::measurable(),
             "What measures candidates, instead of the specification's");
  command.add_option("--seed", job->seed, "Instead of the specification's")->type_name("N");
}

}  // namespace tandem::cli
