// The frame of the `tandem` command: how a command declares itself, and what all commands have in common. No domain
// knowledge.
#pragma once

#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "support/result.h"

namespace CLI {
class App;
}

namespace tandem::cli {

/// What `--format` asked for. Results go to standard output in this form; all else goes to standard error.
enum class Format { kText, kJson };

constexpr int kExitOk = 0;
constexpr int kExitWrong = 1;     // a wrong result or a failed check
constexpr int kExitBadInput = 2;  // bad usage or bad input: what a Diagnostic becomes

/// What a command does once its line has been parsed: it prints its results and returns an exit status, or the
/// diagnostic that the frame prints before it exits with kExitBadInput.
using Action = std::function<Result<int>(Format)>;

class Cli {
 public:
  Cli();
  ~Cli();
  Cli(const Cli&) = delete;
  Cli& operator=(const Cli&) = delete;

  /// Declares `tandem NAME`. `--help` and `--format text|json` come by themselves; add the rest to the returned parser,
  /// bound to memory that `action` owns:
  ///
  ///     auto options = std::make_shared<Options>();
  ///     CLI::App& command = cli.command("exec", "Run a program", [options](Format format) { return exec(*options,
  ///     format); }); command.add_option("program", options->program, "Manifest or saved program")->required();
  CLI::App& command(const std::string& name, const std::string& description, Action action);

  /// Parses the line and runs the command that it names; the process's exit status.
  int run(int argc, const char* const* argv);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// An option that takes one word out of `choices`; a wrong word is an error that lists them and names the nearest.
void add_choice(CLI::App& command, const std::string& flag, std::string& value, const std::vector<std::string>& choices,
                const std::string& description);

/// For `option->check(check_positive)`: "" for a positive integer, else what is wrong with the word.
std::string check_positive(const std::string& word);

/// One JSON document and a new line on standard output.
void print_json(const nlohmann::ordered_json& document);

/// A line of text on standard output.
void print(const std::string& line);

/// A line on standard error: progress, phases, notes.
void note(const std::string& line);

/// Whether standard error is a terminal, so that progress may redraw a line.
bool is_terminal();

}  // namespace tandem::cli
