// The list of all commands. A command lives in cli/NAME_command.cc; to add one, declare it here and put it into the
// table.
#pragma once

namespace tandem::cli {

class Cli;

void add_bench(Cli& cli);
void add_doctor(Cli& cli);

/// In the order of `tandem --help`.
inline constexpr void (*kCommands[])(Cli&) = {
    add_bench,
    add_doctor,
};

}  // namespace tandem::cli
