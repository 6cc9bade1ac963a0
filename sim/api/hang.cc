#include "sim/api/hang.h"

#include <fmt/format.h>

#include "isa/assembly.h"
#include "support/check.h"

namespace tandem::sim {
namespace {

using isa::Engine;

std::string text_of(const isa::Program& program, int64_t index) {
  const Result<isa::Instruction> instruction = isa::decode(program.hardware, program.code[static_cast<size_t>(index)]);
  return instruction.ok() ? isa::to_text(*instruction) : "not an instruction";
}

std::string describe(const isa::Program& program, const EngineState& state) {
  const std::string who = state.engine ? isa::name(*state.engine) : "fetch";
  if (state.wait == Wait::kWork) return who + (state.engine ? " has nothing to do" : " has issued every instruction");
  const std::string at = fmt::format("at instruction {}: {}", state.instruction, text_of(program, state.instruction));
  switch (state.wait) {
    case Wait::kPrevToken:
      return fmt::format("{} waits for a token from {} {}", who, isa::name(previous(*state.engine)), at);
    case Wait::kNextToken:
      return fmt::format("{} waits for a token from {} {}", who, isa::name(next(*state.engine)), at);
    case Wait::kPrevRoom:
    case Wait::kNextRoom: {
      const Engine to = state.wait == Wait::kPrevRoom ? previous(*state.engine) : next(*state.engine);
      return fmt::format("{} waits for room in the token queue to {} ({} tokens) {}", who, isa::name(to),
                         program.hardware.token_queue_depth, at);
    }
    case Wait::kQueueRoom: {
      const Result<isa::Instruction> instruction =
          isa::decode(program.hardware, program.code[static_cast<size_t>(state.instruction)]);
      return fmt::format("{} waits for room in the command queue of {} ({} instructions) {}", who,
                         instruction.ok() ? isa::name(isa::engine_of(*instruction)) : "an engine",
                         program.hardware.command_queue_depth, at);
    }
    case Wait::kOthers:
      return fmt::format("{} waits for load and store to finish {}", who, at);
    case Wait::kMemory:
      return fmt::format("{} waits for the memory {}", who, at);
    case Wait::kWork:
      break;
  }
  return who;
}

std::string remedy(const std::vector<EngineState>& states) {
  for (const EngineState& state : states) {
    if (!state.engine || (state.wait != Wait::kPrevToken && state.wait != Wait::kNextToken)) continue;
    const bool from_previous = state.wait == Wait::kPrevToken;
    return fmt::format("an earlier instruction of {} must have {}",
                       isa::name(from_previous ? previous(*state.engine) : next(*state.engine)),
                       from_previous ? "push_next" : "push_prev");
  }
  return "";
}

}  // namespace

isa::Engine previous(isa::Engine engine) {
  TANDEM_CHECK(engine != Engine::kLoad, "load has no previous engine");
  return engine == Engine::kStore ? Engine::kCompute : Engine::kLoad;
}

isa::Engine next(isa::Engine engine) {
  TANDEM_CHECK(engine != Engine::kStore, "store has no next engine");
  return engine == Engine::kLoad ? Engine::kCompute : Engine::kStore;
}

Diagnostic hang(const isa::Program& program, const std::vector<EngineState>& states) {
  std::string what = "deadlock: no engine can go on";
  for (const EngineState& state : states) what += "\n    " + describe(program, state);
  return Diagnostic{{program.name}, what, {}, remedy(states)};
}

Diagnostic fault(const isa::Program& program, int64_t instruction, const std::string& what) {
  const bool known = instruction >= 0 && instruction < static_cast<int64_t>(program.code.size());
  if (!known) return Diagnostic{{program.name}, what, {}, ""};
  return Diagnostic{
      {program.name}, fmt::format("instruction {} ({}): {}", instruction, text_of(program, instruction), what), {}, ""};
}

Diagnostic limit_passed(const isa::Program& program, uint64_t cycles) {
  return Diagnostic{{program.name},
                    fmt::format("the run passed its limit of {} cycles", cycles),
                    {},
                    "raise the limit, or look where the time goes in a shorter program"};
}

Diagnostic tokens_left(const isa::Program& program, int64_t finish, const std::vector<LeftOver>& left) {
  std::vector<std::string> parts;
  for (const LeftOver& each : left) {
    parts.push_back(fmt::format("{} from {} to {}", each.tokens, isa::name(each.from), isa::name(each.to)));
  }
  return fault(program, finish, fmt::format("tokens are left over: {}", fmt::join(parts, ", ")));
}

}  // namespace tandem::sim
