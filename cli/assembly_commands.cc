// `tandem asm` and `tandem disasm`: programs as text and back.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/program_argument.h"
#include "support/file.h"

namespace tandem::cli {
namespace {

struct AsmOptions {
  std::string source;
  std::string output;
};

Result<int> assemble(const AsmOptions& options, Format format) {
  TANDEM_ASSIGN(const std::string text, read_text_file(options.source));
  TANDEM_ASSIGN(const isa::Program program, isa::assemble(text, options.source));
  TANDEM_TRY(isa::save_program(options.output, program));
  if (format == Format::kJson) {
    print_json({{"program", options.output}, {"instructions", program.code.size()}});
  } else {
    note(fmt::format("{}: {} instructions for '{}'", options.output, program.code.size(), program.hardware.name));
  }
  return kExitOk;
}

Result<int> disassemble(const ProgramArgument& argument, Format format) {
  TANDEM_ASSIGN(const isa::Program program, load(argument));
  std::string text = isa::disassemble(program);
  if (format == Format::kJson) {
    print_json({{"assembly", text}});
    return kExitOk;
  }
  while (!text.empty() && text.back() == '\n') text.pop_back();
  print(text);
  return kExitOk;
}

}  // namespace

void add_asm(Cli& cli) {
  auto options = std::make_shared<AsmOptions>();
  CLI::App& command =
      cli.command("asm", "Assemble a program", [options](Format format) { return assemble(*options, format); });
  command.add_option("source", options->source, "Assembly text")->required();
  command.add_option("-o,--output", options->output, "Where the program goes")->required();
}

void add_disasm(Cli& cli) {
  auto argument = std::make_shared<ProgramArgument>();
  CLI::App& command = cli.command("disasm", "Print a VTA manifest or a saved program as assembly text",
                                  [argument](Format format) { return disassemble(*argument, format); });
  add_program(command, *argument);
}

}  // namespace tandem::cli
