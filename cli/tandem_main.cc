// The `tandem` command: every command declares itself, then the line decides.
#include "cli/cli.h"
#include "cli/commands.h"

int main(int argc, char** argv) {
  tandem::cli::Cli cli;
  for (const auto add_command : tandem::cli::kCommands) add_command(cli);
  return cli.run(argc, argv);
}
