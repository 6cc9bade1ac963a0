#include "cli/program_argument.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>

namespace tandem::cli {

void add_program(CLI::App& command, ProgramArgument& argument) {
  command.add_option("program", argument.path, "A VTA manifest (*.txt) or a saved program")->required();
  command.add_option("--hw", argument.hardware, "The hardware's YAML (default: VTA's default design)");
}

Result<isa::Program> load(const ProgramArgument& argument) {
  isa::HwConfig hardware;
  if (!argument.hardware.empty()) {
    TANDEM_ASSIGN(hardware, isa::load_hw(argument.hardware));
  }
  if (std::filesystem::path(argument.path).extension() == ".txt") return isa::load_manifest(argument.path, hardware);
  TANDEM_ASSIGN(isa::Program program, isa::load_program(argument.path));
  if (!argument.hardware.empty() && !(program.hardware == hardware)) {
    return Diagnostic{
        {argument.path},
        fmt::format("the program was made for the hardware '{}', not for '{}'", program.hardware.name, hardware.name),
        {},
        "leave --hw away, or compile the program again"};
  }
  return program;
}

}  // namespace tandem::cli
