#include "sim/timing/verdict.h"

#include <algorithm>
#include <array>

#include "sim/api/hang.h"

namespace tandem::sim::timing {
namespace {

using isa::Engine;

constexpr std::array<Engine, 3> kEngines{Engine::kLoad, Engine::kCompute, Engine::kStore};

struct Between {
  Direction direction;
  Engine from, to;
};
constexpr std::array<Between, kDirections> kNeighbours{{{kLoadToCompute, Engine::kLoad, Engine::kCompute},
                                                        {kComputeToLoad, Engine::kCompute, Engine::kLoad},
                                                        {kComputeToStore, Engine::kCompute, Engine::kStore},
                                                        {kStoreToCompute, Engine::kStore, Engine::kCompute}}};

Wait waits_for(const Accelerator::Head& head) {
  if (!head.there) return Wait::kWork;
  if (head.lacks_previous) return Wait::kPrevToken;
  if (head.lacks_next) return Wait::kNextToken;
  if (head.lacks_room_previous) return Wait::kPrevRoom;
  return head.lacks_room_next ? Wait::kNextRoom : Wait::kOthers;
}

Failure deadlock(const isa::Program& program, const Accelerator& accelerator) {
  std::vector<EngineState> states;
  int64_t first = accelerator.fetched();
  states.push_back(accelerator.fetched_all() ? EngineState{} : EngineState{{}, Wait::kQueueRoom, first});
  for (const Engine engine : kEngines) {
    const Accelerator::Head head = accelerator.head(engine);
    if (head.there) first = std::min<int64_t>(first, head.instruction);
    states.push_back({engine, waits_for(head), head.there ? int64_t{head.instruction} : -1});
  }
  return {{ErrorCode::kDeadlock, first}, hang(program, states)};
}

Failure left_over(const isa::Program& program, const Accelerator& accelerator) {
  const auto finish = static_cast<int64_t>(program.code.size()) - 1;
  std::vector<LeftOver> left;
  for (const Between& between : kNeighbours) {
    const uint32_t tokens = accelerator.tokens(between.direction);
    if (tokens != 0) left.push_back({between.from, between.to, tokens});
  }
  return {{ErrorCode::kTokens, finish}, tokens_left(program, finish, left)};
}

}  // namespace

std::optional<Failure> verdict(const isa::Program& program, const ProgramSteps& steps, const Accelerator& accelerator) {
  if (accelerator.finished()) return std::nullopt;
  std::optional<int64_t> failed;  // the smallest index
  for (const Engine engine : kEngines) {
    const Accelerator::Head head = accelerator.head(engine);
    if (head.there && (head.faulty || accelerator.failed(engine)))
      failed = std::min(failed.value_or(head.instruction), int64_t{head.instruction});
  }
  if (failed) {
    const InstructionFault what = *steps.fault(static_cast<uint32_t>(*failed));
    return Failure{{what.code, *failed}, fault(program, *failed, what.what)};
  }
  if (program.code.empty())
    return Failure{{ErrorCode::kNoFinish, -1}, fault(program, -1, "the program does not end with finish")};
  return accelerator.failed(Engine::kCompute) ? left_over(program, accelerator) : deadlock(program, accelerator);
}

}  // namespace tandem::sim::timing
