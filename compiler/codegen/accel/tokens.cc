#include "compiler/codegen/accel/tokens.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <utility>

#include "support/check.h"

namespace tandem::codegen {
namespace {

constexpr size_t kEngines = 3;
constexpr int64_t kNone = -1;
/// For each engine the last step (an index) of something.
using Known = std::array<int64_t, kEngines>;
constexpr Known kNothing = {kNone, kNone, kNone};

void raise(Known& to, const Known& from) {
  for (size_t e = 0; e < kEngines; ++e) to[e] = std::max(to[e], from[e]);
}

/// Who last wrote and read each address of one space: disjoint intervals by their begin.
class Intervals {
 public:
  /// Records the access by step `step` of `engine`; raises `dependences` to what it must wait for.
  void access(int64_t begin, int64_t end, bool is_write, size_t engine, int64_t step, Known& dependences) {
    if (begin >= end) return;
    cut(begin);
    cut(end);
    auto at = intervals_.lower_bound(begin);
    int64_t covered = begin;
    while (covered < end) {
      if (at == intervals_.end() || at->first > covered) {
        const int64_t gap_end = at == intervals_.end() ? end : std::min(end, at->first);
        at = intervals_.emplace_hint(at, covered, State{gap_end, kNothing, kNothing});
      }
      State& state = at->second;
      raise(dependences, state.writers);
      if (is_write) {
        raise(dependences, state.readers);
      } else {
        state.readers[engine] = step;
      }
      covered = state.end;
      at = is_write ? intervals_.erase(at) : std::next(at);
    }
    if (is_write) {
      // Whoever waits for this step waits, through it, for what it waited for.
      State written{end, kNothing, kNothing};
      written.writers[engine] = step;
      intervals_.emplace_hint(at, begin, written);
    }
  }

 private:
  struct State {
    int64_t end = 0;
    Known writers, readers;
  };

  void cut(int64_t at) {
    auto next = intervals_.upper_bound(at);
    if (next == intervals_.begin()) return;
    const auto previous = std::prev(next);
    if (previous->first == at || previous->second.end <= at) return;
    State tail = previous->second;
    previous->second.end = at;
    intervals_.emplace_hint(next, at, tail);
  }

  std::map<int64_t, State> intervals_;
};

/// Appends steps in program order and gives them their flags. Real steps have odd ids and leave the even one before for
/// a relay.
class Sequencer {
 public:
  Sequencer(size_t steps, int depth, bool coarse)
      : depth_(depth), coarse_(coarse), flags_(2 * steps), known_at_(2 * steps, kNothing) {
    known_.fill(kNothing);
  }

  /// False where more tokens than a queue holds would be on their way.
  bool add(const Step& step, size_t position) {
    const auto id = static_cast<int64_t>(2 * position + 1);
    const size_t engine = index_of(step.engine);
    Known dependences = kNothing;
    for (const Access& access : step.accesses) {
      spaces_[access.space].access(access.begin, access.end, access.is_write, engine, id, dependences);
    }
    if (engine != kCompute) {
      // Load and store meet only through compute.
      const size_t other = engine == kLoad ? kStore : kLoad;
      if (dependences[other] > known_[engine][other]) {
        int64_t witness = first_compute_that_knows(other, dependences[other]);
        if (witness == kNone) {
          witness = id - 1;
          Known of_relay = kNothing;
          of_relay[other] = dependences[other];
          if (!append(isa::Engine::kCompute, witness, of_relay)) return false;
        }
        dependences[kCompute] = std::max(dependences[kCompute], witness);
      }
    }
    return append(step.engine, id, dependences);
  }

  /// The steps that were added, and the relays, with their flags.
  std::vector<Step> finish(std::vector<Step> added) && {
    std::vector<Step> result;
    result.reserve(ids_.size());
    for (const int64_t id : ids_) {
      Step& step = added[static_cast<size_t>(id / 2)];
      if (id % 2 != 0) {
        result.push_back(std::move(step));
      } else {
        result.push_back({isa::Load{}, isa::Engine::kCompute, kNone, 0, {}, {}, step.layer});
      }
      isa::set_token_flags(result.back().instruction, flags_[static_cast<size_t>(id)]);
    }
    return result;
  }

 private:
  struct Token {
    int64_t push = 0, pop = 0;  // ids
  };

  /// The first step of compute behind which everything of `other` up to `id` is known to be done.
  int64_t first_compute_that_knows(size_t other, int64_t id) const {
    const auto found = std::lower_bound(
        compute_ids_.begin(), compute_ids_.end(), id,
        [&](int64_t compute, int64_t wanted) { return known_at_[static_cast<size_t>(compute)][other] < wanted; });
    return found == compute_ids_.end() ? kNone : *found;
  }

  bool append(isa::Engine of, int64_t id, const Known& dependences) {
    const size_t engine = index_of(of);
    isa::TokenFlags& flags = flags_[static_cast<size_t>(id)];
    for (size_t other = 0; other < kEngines; ++other) {
      if (other == engine || (engine != kCompute && other != kCompute) || dependences[other] <= known_[engine][other])
        continue;
      const int64_t push = coarse_ ? last_[other] : dependences[other];
      const bool forward = other < engine;  // load < compute < store
      isa::TokenFlags& source = flags_[static_cast<size_t>(push)];
      bool& pushes = forward ? source.push_next : source.push_prev;
      bool& pops = forward ? flags.pop_prev : flags.pop_next;
      TANDEM_CHECK(!pushes && !pops, "a token flag is needed twice");
      pushes = pops = true;
      std::vector<Token>& queue = queues_[other * kEngines + engine];
      const auto later =
          std::upper_bound(queue.begin(), queue.end(), push, [](int64_t at, const Token& t) { return at < t.pop; });
      if (queue.end() - later + 1 > depth_) return false;
      queue.push_back({push, id});
      raise(known_[engine], known_at_[static_cast<size_t>(push)]);
    }
    known_[engine][engine] = id;
    known_at_[static_cast<size_t>(id)] = known_[engine];
    last_[engine] = id;
    if (engine == kCompute) compute_ids_.push_back(id);
    ids_.push_back(id);
    return true;
  }

  static constexpr size_t kLoad = static_cast<size_t>(isa::Engine::kLoad);
  static constexpr size_t kCompute = static_cast<size_t>(isa::Engine::kCompute);
  static constexpr size_t kStore = static_cast<size_t>(isa::Engine::kStore);
  static_assert(kLoad < kCompute && kCompute < kStore, "prev and next are neighbours in this order");

  std::ptrdiff_t depth_;
  bool coarse_;
  std::vector<int64_t> ids_;            // in program order
  std::vector<isa::TokenFlags> flags_;  // by id
  std::vector<Known> known_at_;        // by id: what is known done when the step has popped its tokens, itself included
  std::array<Known, kEngines> known_;  // the same for the last step of each engine
  Known last_ = kNothing;              // the last step of each engine
  std::vector<int64_t> compute_ids_;
  std::map<int, Intervals> spaces_;
  std::array<std::vector<Token>, kEngines * kEngines> queues_;  // by from * kEngines + to
};

std::optional<Sequencer> sequence(const std::vector<Step>& steps, int depth, bool coarse) {
  Sequencer sequencer(steps.size(), depth, coarse);
  for (size_t i = 0; i < steps.size(); ++i) {
    if (!sequencer.add(steps[i], i)) return std::nullopt;
  }
  return sequencer;
}

}  // namespace

std::vector<Step> with_tokens(std::vector<Step> steps, int token_queue_depth) {
  std::optional<Sequencer> sequencer = sequence(steps, token_queue_depth, false);
  if (!sequencer) sequencer = sequence(steps, token_queue_depth, true);
  TANDEM_CHECK(sequencer.has_value(), "at most one token of a direction is on its way");
  return std::move(*sequencer).finish(std::move(steps));
}

}  // namespace tandem::codegen
