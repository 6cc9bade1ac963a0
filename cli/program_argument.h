// A program as commands take it: a VTA manifest or a saved program.
#pragma once

#include <string>

#include "isa/program.h"

namespace CLI {
class App;
}

namespace tandem::cli {

struct ProgramArgument {
  std::string path;
  std::string hardware;  // YAML; "": the default design for a manifest, the program's own for a saved program
};

/// Declares the positional argument `program` and `--hw`.
void add_program(CLI::App& command, ProgramArgument& argument);

/// A path that ends in `.txt` is a manifest; any other file is a program that `tandem compile` or `tandem asm` has
/// saved, which must have been made for --hw where that is given.
Result<isa::Program> load(const ProgramArgument& argument);

}  // namespace tandem::cli
