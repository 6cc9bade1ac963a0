#include "cli/cli.h"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstring>
#include <nlohmann/json.hpp>

namespace tandem::cli {

struct Cli::Impl {
  CLI::App root{"Tandem searches accelerators and their software together, with cycle counts from the real RTL.",
                "tandem"};
  std::string format = "text";
  Action chosen;
};

namespace {

std::vector<std::string> command_names(const CLI::App& root) {
  std::vector<std::string> names;
  for (const CLI::App* command : root.get_subcommands(nullptr)) names.push_back(command->get_name());
  return names;
}

std::vector<std::string> option_names(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    for (const std::string& name : option->get_snames()) names.push_back("-" + name);
  }
  return names;
}

/// The first word that `app` could not place, as a diagnostic.
Diagnostic unexpected(const CLI::App& root, const CLI::App& app, const std::string& word) {
  if (word.size() > 1 && word[0] == '-') {
    return unknown_name({}, "option", word.substr(0, word.find('=')), option_names(app));
  }
  if (&app == &root) return unknown_name({}, "command", word, command_names(root));
  return Diagnostic{{},
                    fmt::format("unexpected argument '{}'", word),
                    {},
                    fmt::format("'tandem {} --help' shows what it takes", app.get_name())};
}

int usage_error(const Diagnostic& diagnostic) {
  std::fprintf(stderr, "%s\n", render(diagnostic).c_str());
  return kExitBadInput;
}

/// CLI11's words, where ours are better.
std::string reworded(const std::string& what) {
  const std::string conversion = "Could not convert: ";  // "Could not convert: --seed = many"
  const size_t equals = what.find(" = ");
  if (what.compare(0, conversion.size(), conversion) != 0 || equals == std::string::npos) return what;
  return fmt::format("{}: '{}' is not a number that it takes",
                     what.substr(conversion.size(), equals - conversion.size()), what.substr(equals + 3));
}

/// What is wrong with a line that CLI11 refused: words that it did not know come before what it then missed.
int explain(const CLI::App& root, const CLI::ParseError& error) {
  const CLI::App* command = &root;
  std::string flag;
  if (!root.remaining().empty()) return usage_error(unexpected(root, root, root.remaining().front()));
  if (!root.get_subcommands().empty()) {
    command = root.get_subcommands().front();
    if (!command->remaining().empty()) return usage_error(unexpected(root, *command, command->remaining().front()));
  }
  const std::string name = command == &root ? "tandem" : "tandem " + command->get_name();
  std::string what = reworded(error.what());
  const bool has_hint = what.find("\n  hint: ") != std::string::npos;
  return usage_error({{}, std::move(what), {}, has_hint ? "" : fmt::format("'{} --help' shows the usage", name)});
}

/// Results that could not be written are not results.
int flushed(int status) {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return status;
  return usage_error({{}, fmt::format("cannot write to standard output: {}", std::strerror(errno)), {}, ""});
}

}  // namespace

Cli::Cli() : impl_(std::make_unique<Impl>()) {
  impl_->root.set_version_flag("--version", "tandem " TANDEM_VERSION);
  impl_->root.require_subcommand(0, 1);
}

Cli::~Cli() = default;

CLI::App& Cli::command(const std::string& name, const std::string& description, Action action) {
  CLI::App* command = impl_->root.add_subcommand(name, description);
  add_choice(*command, "--format", impl_->format, {"text", "json"}, "Form of the results");
  command->callback([this, action = std::move(action)] { impl_->chosen = action; });
  return *command;
}

int Cli::run(int argc, const char* const* argv) {
  try {
    impl_->root.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    const auto commands = impl_->root.get_subcommands();
    const CLI::App& app = commands.empty() ? impl_->root : *commands.front();
    std::fputs(app.help(commands.empty() ? "" : "tandem").c_str(), stdout);
    return flushed(kExitOk);
  } catch (const CLI::CallForVersion& version) {
    print(version.what());
    return flushed(kExitOk);
  } catch (const CLI::ParseError& error) {
    return explain(impl_->root, error);
  }
  if (!impl_->chosen) {
    std::fputs(impl_->root.help().c_str(), stderr);
    return kExitBadInput;
  }
  const Result<int> status = impl_->chosen(impl_->format == "json" ? Format::kJson : Format::kText);
  return flushed(status.ok() ? *status : usage_error(status.error()));
}

void add_choice(CLI::App& command, const std::string& flag, std::string& value, const std::vector<std::string>& choices,
                const std::string& description) {
  const auto check = [choices, flag](const std::string& word) -> std::string {
    for (const std::string& choice : choices) {
      if (word == choice) return "";
    }
    const std::string text = render(unknown_name({}, "value", word, choices));
    return text.substr(std::strlen("error: "));
  };
  command.add_option(flag, value, description)
      ->check(check, "")
      ->type_name(fmt::format("{}", fmt::join(choices, "|")))
      ->capture_default_str();
}

std::string check_positive(const std::string& word) {
  const bool digits = !word.empty() && word.size() < 19 && word.find_first_not_of("0123456789") == std::string::npos;
  return digits && word.find_first_not_of('0') != std::string::npos
             ? ""
             : fmt::format("'{}' is not a positive integer", word);
}

void print_json(const nlohmann::ordered_json& document) { print(document.dump(2)); }

void print(const std::string& line) {
  std::fwrite(line.data(), 1, line.size(), stdout);
  std::fputc('\n', stdout);
}

void note(const std::string& line) { std::fprintf(stderr, "%s\n", line.c_str()); }

bool is_terminal() { return ::isatty(STDERR_FILENO) != 0; }

}  // namespace tandem::cli
