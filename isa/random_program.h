// Random legal programs for tests that compare simulators: small, of every instruction, free of races, all results
// stored.
#pragma once

#include "isa/program.h"
#include "support/rng.h"

namespace tandem::isa {

struct RandomProgramOptions {
  int instructions =
      24;  // of the random part; a prologue that fills the buffers and an epilogue that stores them come on top
  bool eager_tokens = false;  // each wait is for the neighbour's latest instruction, not a random one that suffices
  bool extensions = false;    // also what VTA does not have, as far as the hardware has it
};

/// A program that check() accepts, unwritten reads included, and whose outputs do not depend on the order in which the
/// engines run. It has loads of every memory with strides and padding, GEMM and ALU with loops, dependences at every
/// distance and factors that no trip uses, stores, instructions that do nothing, and loads of what a store wrote; with
/// extensions, all other instructions and states too.
/// Outputs: "out", where random stores go, and "final", all four bytes of every accumulator that was used. A few
/// hundred to a few thousand cycles.
Program random_program(const HwConfig& config, Rng& rng, const RandomProgramOptions& options = {});

/// A random program with one mistake that every simulator reports in the same way: an index beyond a buffer, a block
/// beyond DRAM, an encoding that is not legal, a lost token, or FINISH in the wrong place. `mistake` says what was
/// done.
struct IllegalProgram {
  Program program;
  std::string mistake;
};
IllegalProgram illegal_program(const HwConfig& config, Rng& rng, const RandomProgramOptions& options = {});

}  // namespace tandem::isa
