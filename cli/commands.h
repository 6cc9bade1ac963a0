// The list of all commands. A command lives in cli/NAME_command.cc; to add one, declare it here and put it into the
// table.
#pragma once

namespace tandem::cli {

class Cli;

void add_asm(Cli& cli);
void add_bench(Cli& cli);
void add_compare(Cli& cli);
void add_compile(Cli& cli);
void add_demo(Cli& cli);
void add_disasm(Cli& cli);
void add_doctor(Cli& cli);
void add_exec(Cli& cli);
void add_explore(Cli& cli);
void add_run(Cli& cli);
void add_schedule(Cli& cli);
void add_synth(Cli& cli);
void add_tensorize(Cli& cli);
void add_trace(Cli& cli);
void add_verify(Cli& cli);
void add_worker(Cli& cli);

/// In the order of `tandem --help`.
inline constexpr void (*kCommands[])(Cli&) = {
    add_asm,
    add_bench,
    add_compare,
    add_compile,
    add_demo,
    add_disasm,
    add_doctor,
    add_exec,
    add_explore,
    add_run,
    add_schedule,
    add_synth,
    add_tensorize,
    add_trace,
    add_verify,
    add_worker,
};

}  // namespace tandem::cli
