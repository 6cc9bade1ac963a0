// The queues between the engines, with the registers' view: in a cycle everybody sees what was there when it began.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "sim/timing/step.h"

namespace tandem::sim::timing {

/// A ring that grows.
template <typename T>
class Ring {
 public:
  bool empty() const { return begin_ == end_; }
  size_t size() const { return end_ - begin_; }
  T& front() { return items_[begin_ & mask()]; }
  const T& front() const { return items_[begin_ & mask()]; }
  T& back() { return items_[(end_ - 1) & mask()]; }
  T& operator[](size_t i) { return items_[(begin_ + i) & mask()]; }
  void push(const T& item) {
    if (size() == items_.size()) grow();
    items_[end_++ & mask()] = item;
  }
  void pop() { ++begin_; }
  void clear() { begin_ = end_ = 0; }

 private:
  size_t mask() const { return items_.size() - 1; }
  void grow() {
    std::vector<T> more(2 * items_.size());
    const size_t count = size();
    for (size_t i = 0; i < count; ++i) more[i] = (*this)[i];
    items_.swap(more);
    begin_ = 0;
    end_ = count;
  }
  std::vector<T> items_ = std::vector<T>(16);
  size_t begin_ = 0, end_ = 0;
};

/// hw/token_queue.sv, four of them. Changes count from the next cycle on (`commit`).
class Tokens {
 public:
  explicit Tokens(uint32_t depth) : depth_(depth) {}
  bool available(uint8_t pops) const { return (pops & ~available_) == 0; }
  bool room(uint8_t pushes) const { return (pushes & full_) == 0; }
  bool any() const { return available_ != 0; }
  uint8_t available() const { return available_; }
  uint8_t full() const { return full_; }
  uint32_t level(Direction direction) const { return level_[direction]; }

  void start(uint8_t pops, uint8_t pushes) {
    if ((pops | pushes) == 0) return;
    for (uint8_t i = 0; i < kDirections; ++i) {
      const bool pop = (pops >> i) & 1, push = (pushes >> i) & 1;
      level_[i] -= pop;
      claimed_[i] += static_cast<uint32_t>(push) - static_cast<uint32_t>(pop);
    }
    changed_ = true;
  }
  void retire(uint8_t pushes) {
    if (pushes == 0) return;
    for (uint8_t i = 0; i < kDirections; ++i) level_[i] += (pushes >> i) & 1;
    changed_ = true;
  }
  void commit() {
    if (!changed_) return;
    changed_ = false;
    available_ = full_ = 0;
    for (uint8_t i = 0; i < kDirections; ++i) {
      if (level_[i] != 0) available_ = static_cast<uint8_t>(available_ | 1u << i);
      if (claimed_[i] == depth_) full_ = static_cast<uint8_t>(full_ | 1u << i);
    }
  }

 private:
  uint32_t depth_;
  std::array<uint32_t, kDirections> level_{}, claimed_{};
  uint8_t available_ = 0, full_ = 0;
  bool changed_ = false;
};

/// A command queue (hw/stream_fifo.sv) of indices of instructions.
class CommandQueue {
 public:
  explicit CommandQueue(uint32_t depth) : depth_(depth) {}
  /// What the registers hold in cycle `t`, whether or not the head has been taken in it.
  uint32_t level(Cycle t) const {
    return static_cast<uint32_t>(entries_.size()) + (taken_cycle_ == t ? 1 : 0) - (pushed_cycle_ == t ? 1 : 0);
  }
  bool room(Cycle t) const { return level(t) != depth_; }
  void push(Cycle t, uint32_t index) {
    entries_.push({index, t + kQueue});
    pushed_cycle_ = t;
  }
  /// When the head can be seen; kNever where there is none.
  Cycle head_cycle() const {
    if (entries_.empty()) return kNever;
    return taken_cycle_ == kNever || entries_.front().visible_cycle > taken_cycle_ ? entries_.front().visible_cycle
                                                                                   : taken_cycle_ + 1;
  }
  bool empty() const { return entries_.empty(); }
  uint32_t head() const { return entries_.front().index; }
  void take(Cycle t) {
    entries_.pop();
    taken_cycle_ = t;
  }

 private:
  struct Entry {
    uint32_t index;
    Cycle visible_cycle;
  };
  uint32_t depth_;
  Ring<Entry> entries_;
  Cycle taken_cycle_ = kNever;
  Cycle pushed_cycle_ = kNever;
};

}  // namespace tandem::sim::timing
