#include "isa/token_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <optional>

namespace tandem::isa {
namespace {

constexpr size_t kEngines = 3;
constexpr Engine kAllEngines[] = {Engine::kLoad, Engine::kCompute, Engine::kStore};

std::optional<Engine> previous_of(Engine engine) {
  if (engine == Engine::kLoad) return std::nullopt;
  return engine == Engine::kCompute ? Engine::kLoad : Engine::kCompute;
}

std::optional<Engine> next_of(Engine engine) {
  if (engine == Engine::kStore) return std::nullopt;
  return engine == Engine::kLoad ? Engine::kCompute : Engine::kStore;
}

void merge(EngineCounts& into, const EngineCounts& other) {
  for (size_t i = 0; i < kEngines; ++i) into[i] = std::max(into[i], other[i]);
}

class Machine {
 public:
  Machine(const HwConfig& config, const std::vector<Instruction>& instructions)
      : config_(config), instructions_(instructions) {
    run_.before.resize(instructions.size());
    for (const Instruction& instruction : instructions) engines_.push_back(engine_of(instruction));
  }

  TokenRun run() {
    check_neighbours();
    if (!run_.faults.empty()) return std::move(run_);
    bool progress = true;
    while (progress) {
      progress = fetch();
      for (const Engine engine : kAllEngines) {
        while (step(engine)) progress = true;
      }
    }
    if (run_.order.size() < instructions_.size()) {
      explain_deadlock();
    } else {
      check_left_over();
    }
    return std::move(run_);
  }

 private:
  struct State {
    std::deque<int64_t> queue;
    EngineCounts known{};  // what is done when the engine's next instruction starts, tokens that it pops apart
  };

  /// One direction between two neighbours.
  struct Direction {
    std::deque<EngineCounts> tokens;    // what is done when the instruction that pushed it is
    std::vector<EngineCounts> emptied;  // for each token ever popped: what was done before the instruction that did
    int64_t pushed = 0;
  };

  void check_neighbours() {
    for (size_t i = 0; i < instructions_.size(); ++i) {
      const TokenFlags flags = token_flags(instructions_[i]);
      const Engine engine = engines_[i];
      const bool prev = previous_of(engine).has_value();
      const bool next = next_of(engine).has_value();
      const char* flag = flags.pop_prev && !prev    ? "pop_prev"
                         : flags.push_prev && !prev ? "push_prev"
                         : flags.pop_next && !next  ? "pop_next"
                         : flags.push_next && !next ? "push_next"
                                                    : nullptr;
      if (flag == nullptr) continue;
      run_.faults.push_back({static_cast<int64_t>(i), fmt::format("{}: the {} engine has no {} engine", flag,
                                                                  name(engine), prev ? "next" : "previous")});
    }
  }

  Direction& direction(Engine from, Engine to) { return directions_[index_of(from)][index_of(to)]; }
  bool has_room(Engine from, Engine to) {
    return direction(from, to).tokens.size() < static_cast<size_t>(config_.token_queue_depth);
  }

  bool fetch() {
    bool progress = false;
    while (fetched_ < instructions_.size()) {
      std::deque<int64_t>& queue = states_[index_of(engines_[fetched_])].queue;
      if (queue.size() >= static_cast<size_t>(config_.command_queue_depth)) break;
      queue.push_back(static_cast<int64_t>(fetched_++));
      progress = true;
    }
    return progress;
  }

  /// The neighbour for whose token the instruction waits.
  std::optional<Engine> missing(Engine engine, const TokenFlags& flags) {
    if (flags.pop_prev && direction(*previous_of(engine), engine).tokens.empty()) return previous_of(engine);
    if (flags.pop_next && direction(*next_of(engine), engine).tokens.empty()) return next_of(engine);
    return std::nullopt;
  }
  /// The neighbour in whose queue it finds no room.
  std::optional<Engine> full(Engine engine, const TokenFlags& flags) {
    if (flags.push_prev && !has_room(engine, *previous_of(engine))) return previous_of(engine);
    if (flags.push_next && !has_room(engine, *next_of(engine))) return next_of(engine);
    return std::nullopt;
  }

  /// FINISH starts when load and store have done all of theirs.
  bool is_finish(int64_t current) const {
    return std::holds_alternative<Finish>(instructions_[static_cast<size_t>(current)]);
  }
  bool others_drained() const {
    return fetched_ == instructions_.size() && states_[index_of(Engine::kLoad)].queue.empty() &&
           states_[index_of(Engine::kStore)].queue.empty();
  }

  void pop(Engine from, Engine to, EngineCounts& known) {
    Direction& queue = direction(from, to);
    queue.emptied.push_back(states_[index_of(to)].known);
    merge(known, queue.tokens.front());
    queue.tokens.pop_front();
  }

  /// A token that needed room was pushed after an earlier one was popped, and `next`, what is known behind it, with it.
  void push(Engine from, Engine to, const EngineCounts& done, EngineCounts& next) {
    Direction& queue = direction(from, to);
    const int64_t earlier = queue.pushed++ - config_.token_queue_depth;
    if (earlier >= 0) merge(next, queue.emptied[static_cast<size_t>(earlier)]);
    queue.tokens.push_back(done);
  }

  bool step(Engine engine) {
    State& state = states_[index_of(engine)];
    if (state.queue.empty()) return false;
    const int64_t current = state.queue.front();
    const TokenFlags flags = token_flags(instructions_[static_cast<size_t>(current)]);
    if (missing(engine, flags) || full(engine, flags)) return false;
    if (is_finish(current) && !others_drained()) return false;
    EngineCounts known = state.known;
    if (flags.pop_prev) pop(*previous_of(engine), engine, known);
    if (flags.pop_next) pop(*next_of(engine), engine, known);
    run_.before[static_cast<size_t>(current)] = known;
    run_.own[index_of(engine)].push_back(current);
    EngineCounts done = known;
    done[index_of(engine)] = static_cast<int64_t>(run_.own[index_of(engine)].size());
    if (flags.push_prev) push(engine, *previous_of(engine), done, known);
    if (flags.push_next) push(engine, *next_of(engine), done, known);
    state.known = known;
    state.queue.pop_front();
    run_.order.push_back(current);
    return true;
  }

  std::string waiting(Engine engine) {
    const State& state = states_[index_of(engine)];
    if (state.queue.empty()) {
      if (fetched_ == instructions_.size()) return fmt::format("{} has finished", name(engine));
      return fmt::format("{} has nothing to do", name(engine));
    }
    const int64_t current = state.queue.front();
    const TokenFlags flags = token_flags(instructions_[static_cast<size_t>(current)]);
    if (const std::optional<Engine> from = missing(engine, flags)) {
      return fmt::format("{} waits at instruction {} for a token from {}", name(engine), current, name(*from));
    }
    if (const std::optional<Engine> to = full(engine, flags)) {
      return fmt::format("{} waits at instruction {} to push its token to {}, whose queue of {} tokens is full",
                         name(engine), current, name(*to), config_.token_queue_depth);
    }
    return fmt::format("{} waits at instruction {} for load and store to finish", name(engine), current);
  }

  void explain_deadlock() {
    std::string text = "deadlock: ";
    int64_t first = static_cast<int64_t>(instructions_.size());
    for (const Engine engine : kAllEngines) {
      text += (engine == Engine::kLoad ? "" : "; ") + waiting(engine);
      if (!states_[index_of(engine)].queue.empty()) first = std::min(first, states_[index_of(engine)].queue.front());
    }
    if (fetched_ < instructions_.size()) {
      text += fmt::format("; fetch waits at instruction {} for the full queue of {} ({} instructions)", fetched_,
                          name(engines_[fetched_]), config_.command_queue_depth);
    }
    run_.faults.push_back({first, text});
  }

  void check_left_over() {
    for (const Engine from : kAllEngines) {
      for (const Engine to : kAllEngines) {
        const size_t left = direction(from, to).tokens.size();
        if (left == 0) continue;
        run_.faults.push_back(
            {static_cast<int64_t>(instructions_.size()) - 1,
             fmt::format("{} tokens from {} to {} are left over at the end", left, name(from), name(to))});
      }
    }
  }

  const HwConfig& config_;
  const std::vector<Instruction>& instructions_;
  std::vector<Engine> engines_;
  size_t fetched_ = 0;
  std::array<State, kEngines> states_;
  std::array<std::array<Direction, kEngines>, kEngines> directions_;
  TokenRun run_;
};

}  // namespace

TokenRun run_tokens(const HwConfig& config, const std::vector<Instruction>& instructions) {
  return Machine(config, instructions).run();
}

}  // namespace tandem::isa
