// Runs another program to its end, with captured output and limits. Always exec'd, never a bare fork.
#pragma once

#include <string>
#include <vector>

#include "support/result.h"

namespace tandem {

struct ProcessResult {
  int exit_code = 0;       // the program's status; 128 + signal where a signal ended it
  bool timed_out = false;  // killed, with its children, at the limit
  std::string output;      // standard output
  std::string errors;      // standard error
};

struct ProcessLimits {
  double wall_seconds =
      0;  // 0: none. With a limit the program gets a process group of its own, which is killed as one.
};

/// Runs argv[0] (looked up on PATH) in `directory` with an empty standard input. An error where it cannot be started
/// ("'verilator' is not installed", with the remedy).
Result<ProcessResult> run_process(const std::vector<std::string>& argv, const std::string& directory = ".",
                                  const ProcessLimits& limits = {});

/// The full path of a program on PATH (or of `name` itself where it has a slash), or "".
std::string find_program(const std::string& name);

}  // namespace tandem
