#include "bench/bare_machine.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>

#include "support/environment.h"
#include "support/process.h"

namespace tandem::bench {
namespace {

/// What stands between a figure and its measurement; "": nothing.
std::string obstacle(const Request& request) {
  if (request.quick) return "ten minutes: a run without --quick measures it";
  if (::geteuid() != 0) return "debootstrap needs root";
  if (find_program("debootstrap").empty()) return "debootstrap is not installed";
  return "";
}

}  // namespace

Result<Measurement> measure_bare_machine(const Request& request) {
  constexpr double kMostSeconds = 3600;
  struct Line {
    const char *figure, *text;  // what the script's output says before the number
  };
  constexpr Line kLines[] = {{"install", "tandem: install: "},
                             {"build", "tandem: build: "},
                             {"first_result", "first result after "},
                             {"clone_to_end_of_demo", "clone to end of demo: "}};
  Measurement measurement{{}, "as the demo searches it", "default"};
  const std::string skipped = obstacle(request);
  std::string output;
  if (skipped.empty()) {
    TANDEM_ASSIGN(const ProcessResult result,
                  run_process({checkout_path("scripts/bare_machine.sh")}, checkout_path(""), {kMostSeconds}));
    output = result.output;
    if (result.exit_code != 0) {
      const size_t end = output.find_last_not_of('\n'), begin = output.rfind('\n', end);
      return Diagnostic{{"scripts/bare_machine.sh"},
                        fmt::format("status {}: {}", result.exit_code, output.substr(begin + 1, end - begin)),
                        {},
                        "run it to see all that it prints"};
    }
  }
  for (const Line& line : kLines) {
    const size_t at = output.find(line.text);
    if (skipped.empty() && at == std::string::npos) {
      return Diagnostic{{"scripts/bare_machine.sh"}, fmt::format("nothing says '{}'", line.text), {}, ""};
    }
    const double seconds =
        skipped.empty() ? std::strtod(output.c_str() + at + std::string(line.text).size(), nullptr) : 0;
    measurement.figures.push_back({line.figure, seconds, "s", skipped});
  }
  return measurement;
}

}  // namespace tandem::bench
