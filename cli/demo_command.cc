// `tandem demo`: the joint search on the shipped model.
#include <CLI/CLI.hpp>

#include "cli/commands.h"
#include "cli/exploration.h"
#include "support/environment.h"

namespace tandem::cli {

void add_demo(Cli& cli) {
  auto job = std::make_shared<ExplorationJob>();
  job->specification = checkout_path("configs/explore/demo.yaml");
  CLI::App& command = cli.command("demo", "Search hardware and schedules for the shipped model, in a few minutes",
                                  [job](Format format) { return run_exploration(*job, format); });
  command.add_option("--out", job->out, "The run's folder (default: the next free runs/demo-N)")->type_name("DIR");
  command.add_option("--workers", job->workers, "Worker processes (default: one per core)")
      ->check(check_positive)
      ->type_name("N");
  command.add_option("--seed", job->seed, "Instead of the demo's")->type_name("N");
}

}  // namespace tandem::cli
