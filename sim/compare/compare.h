// Lock-step: what two simulators say of a program instruction by instruction, where they part first, and the smallest
// program that still shows it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "isa/program.h"
#include "sim/api/simulator.h"

namespace tandem::sim {

/// What is compared of one instruction.
struct InstructionRecord {
  bool started = false, retired = false;
  uint64_t start_cycle = 0, retire_cycle = 0;
  uint64_t stored = 0;       // a hash of the DRAM rows that a STORE wrote, when it retired
  bool overwritten = false;  // a later STORE into these rows had started by then: the hash says nothing
};

/// A run that has been looked at.
struct Observation {
  Result<RunResult> result = Diagnostic{};
  std::vector<InstructionRecord> instructions;
};
Observation observe(Simulator& simulator, const isa::Program& program, const Buffers& inputs);

/// Where two runs part.
struct Difference {
  int64_t instruction = -1;  // -1: the run as a whole
  std::string what;          // "stores other bytes", "retires in cycle 120 and in cycle 121"
  uint64_t cycle = 0;        // of the first run
};

struct CompareOptions {
  bool cycles = true;  // compare starts and ends, too: both simulators have time
};
/// The first difference: in what is stored, by the order of the program; else in time, by the cycles; else in the
/// outcome.
std::optional<Difference> difference(const isa::Program& program, const Observation& a, const Observation& b,
                                     const CompareOptions& options);

struct Shrunk {
  isa::Program program;
  Difference first;
  int runs = 0;  // of each simulator
};
/// Takes instructions and pairs of tokens out of the program as long as the static checker accepts it and the
/// simulators differ. `program` differs, with `inputs`, which become part of the result.
Shrunk shrink(Simulator& a, Simulator& b, const isa::Program& program, const Buffers& inputs,
              const CompareOptions& options, int most_runs = 300);

/// `program` with its inputs in it: what it needs to run again alone.
isa::Program with_inputs(const isa::Program& program, const Buffers& inputs);

}  // namespace tandem::sim
