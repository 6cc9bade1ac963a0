// Why a run cannot go on or must not count, in the same words from every simulator: who waits for what, which
// instruction failed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "isa/program.h"
#include "support/diagnostic.h"

namespace tandem::sim {

/// What an engine that does not move waits for. Tokens pass between neighbours in the order load - compute - store:
/// compute's previous engine is load, its next engine store.
enum class Wait {
  kWork,       // nothing: its command queue is empty (fetch: every instruction is issued)
  kPrevToken,  // a token from its previous engine
  kNextToken,  // a token from its next engine
  kPrevRoom,   // the token queue to its previous engine is full
  kNextRoom,   // the token queue to its next engine is full
  kQueueRoom,  // fetch only: the command queue of `instruction`'s engine is full
  kOthers,     // FINISH only: load and store have not done all of theirs
  kMemory,     // a response of the memory
};

/// One engine at the moment of the hang.
struct EngineState {
  std::optional<isa::Engine> engine;  // none: fetch
  Wait wait = Wait::kWork;
  int64_t instruction = -1;  // index in Program::code; not used with kWork
};

/// The engine on the other side of load's next, compute's prev or next, and store's prev queues.
isa::Engine previous(isa::Engine engine);
isa::Engine next(isa::Engine engine);

/// "deadlock: no engine can go on" and a line for each state in the order given, with the instruction's index and text:
///
///     deadlock: no engine can go on
///       compute waits for a token from load at instruction 3: gemm.pop_prev ...
///       load has nothing to do
Diagnostic hang(const isa::Program& program, const std::vector<EngineState>& states);

/// A fault that the machine finds when it executes an instruction: "instruction 12 (TEXT): WHAT"; of the program as a
/// whole where it has no such instruction.
Diagnostic fault(const isa::Program& program, int64_t instruction, const std::string& what);

/// RunLimits::cycles was passed.
Diagnostic limit_passed(const isa::Program& program, uint64_t cycles);

/// Tokens that nobody took when FINISH, at `finish`, was done.
struct LeftOver {
  isa::Engine from = isa::Engine::kLoad;
  isa::Engine to = isa::Engine::kCompute;
  uint64_t tokens = 0;
};
Diagnostic tokens_left(const isa::Program& program, int64_t finish, const std::vector<LeftOver>& left);

}  // namespace tandem::sim
