// `tandem doctor`: what is installed, what is missing, what that disables, how to mend it.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstring>

#include "cli/cli.h"
#include "cli/commands.h"
#include "support/environment.h"

namespace tandem::cli {
namespace {

/// The doctor is a shell script, because it must also work where nothing has been built.
Result<int> doctor(Format format) {
  const std::string script = checkout_path("scripts/doctor.sh");
  const char* const argv[] = {"bash", script.c_str(), "--format", format == Format::kJson ? "json" : "text", nullptr};
  ::execvp(argv[0], const_cast<char* const*>(argv));
  return Diagnostic{{script}, fmt::format("cannot start bash: {}", std::strerror(errno)), {}, ""};
}

}  // namespace

void add_doctor(Cli& cli) {
  cli.command("doctor", "What is installed, what is missing and what that disables", doctor);
}

}  // namespace tandem::cli
