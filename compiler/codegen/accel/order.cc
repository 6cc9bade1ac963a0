#include "compiler/codegen/accel/order.h"

#include <algorithm>
#include <functional>
#include <map>
#include <queue>

namespace tandem::codegen {
namespace {

/// Lists of steps that share their tails: copying one costs nothing.
class StepLists {
 public:
  static constexpr int64_t kEmpty = -1;
  int64_t with(size_t step, int64_t list) {
    if (list != kEmpty && nodes_[static_cast<size_t>(list)].step == step) return list;
    nodes_.push_back({step, list});
    return static_cast<int64_t>(nodes_.size()) - 1;
  }
  void append_to(std::vector<size_t>& steps, int64_t list) const {
    for (; list != kEmpty; list = nodes_[static_cast<size_t>(list)].rest) {
      steps.push_back(nodes_[static_cast<size_t>(list)].step);
    }
  }

 private:
  struct Node {
    size_t step = 0;
    int64_t rest = kEmpty;
  };
  std::vector<Node> nodes_;
};

/// Who last wrote each address of one space, and who has read it since.
class Accessors {
 public:
  /// Records an access and appends what it must follow.
  void access(const Access& access, size_t step, StepLists& lists, std::vector<size_t>& before) {
    if (access.begin >= access.end) return;
    cut(access.begin);
    cut(access.end);
    auto at = intervals_.lower_bound(access.begin);
    for (int64_t covered = access.begin; covered < access.end;) {
      if (at == intervals_.end() || at->first > covered) {
        const int64_t end = at == intervals_.end() ? access.end : std::min(access.end, at->first);
        at = intervals_.emplace_hint(at, covered, State{end});
      }
      State& state = at->second;
      if (state.writer >= 0) before.push_back(static_cast<size_t>(state.writer));
      covered = state.end;
      if (access.is_write) {
        lists.append_to(before, state.readers);
        at = intervals_.erase(at);
      } else {
        state.readers = lists.with(step, state.readers);
        ++at;
      }
    }
    if (access.is_write) intervals_.emplace_hint(at, access.begin, State{access.end, static_cast<int64_t>(step)});
  }

 private:
  struct State {
    int64_t end = 0;
    int64_t writer = -1;
    int64_t readers = StepLists::kEmpty;
  };

  void cut(int64_t at) {
    auto next = intervals_.upper_bound(at);
    if (next == intervals_.begin()) return;
    const auto previous = std::prev(next);
    if (previous->first == at || previous->second.end <= at) return;
    const State tail = previous->second;
    previous->second.end = at;
    intervals_.emplace_hint(next, at, tail);
  }

  std::map<int64_t, State> intervals_;
};

bool waits_for_need(const Step& step) { return step.engine == isa::Engine::kLoad; }
bool comes_at_once(const Step& step) {
  return step.engine == isa::Engine::kStore || std::holds_alternative<isa::Requantize>(step.instruction);
}

class Order {
 public:
  explicit Order(std::vector<Step> steps)
      : steps_(std::move(steps)),
        before_(steps_.size()),
        after_(steps_.size()),
        missing_(steps_.size(), 0),
        done_(steps_.size(), false) {
    std::map<int, Accessors> spaces;
    StepLists lists;
    for (size_t i = 0; i < steps_.size(); ++i) {
      std::vector<size_t>& before = before_[i];
      for (const Access& access : steps_[i].accesses) spaces[access.space].access(access, i, lists, before);
      std::sort(before.begin(), before.end());
      before.erase(std::unique(before.begin(), before.end()), before.end());
      before.erase(std::remove(before.begin(), before.end(), i), before.end());
      if (!comes_at_once(steps_[i])) continue;
      for (const size_t other : before) {
        if (waits_for_need(steps_[other])) continue;  // comes with this step
        after_[other].push_back(i);
        ++missing_[i];
      }
    }
  }

  std::vector<Step> take() {
    result_.reserve(steps_.size());
    for (size_t i = 0; i < steps_.size(); ++i) {
      if (waits_for_need(steps_[i]) || done_[i]) continue;
      append(i);
      while (!ready_.empty()) {
        const size_t next = ready_.top();
        ready_.pop();
        append(next);
      }
    }
    for (size_t i = 0; i < steps_.size(); ++i) append(i);  // loads that nothing needs
    return std::move(result_);
  }

 private:
  /// After all that it needs.
  void append(size_t step) {
    if (done_[step]) return;
    done_[step] = true;
    for (const size_t other : before_[step]) append(other);
    result_.push_back(std::move(steps_[step]));
    for (const size_t other : after_[step]) {
      if (--missing_[other] == 0) ready_.push(other);
    }
  }

  std::vector<Step> steps_;
  std::vector<std::vector<size_t>> before_, after_;
  std::vector<int> missing_;  // steps that one which comes at once still waits for
  std::vector<bool> done_;
  std::priority_queue<size_t, std::vector<size_t>, std::greater<>> ready_;
  std::vector<Step> result_;
};

}  // namespace

std::vector<Step> ordered_by_need(std::vector<Step> steps) { return Order(std::move(steps)).take(); }

}  // namespace tandem::codegen
