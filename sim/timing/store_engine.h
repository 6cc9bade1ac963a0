// hw/store_engine.sv: the STOREs between their start and their last response. Bursts stream one beat per cycle; the
// next STORE starts behind the last beat that is read. What is asked of a cycle is what the registers hold when it
// begins.
#pragma once

#include <algorithm>

#include "sim/timing/bursts.h"
#include "sim/timing/memory_port.h"

namespace tandem::sim::timing {

class StoreEngine {
 public:
  StoreEngine(uint32_t bus_bytes, MemoryPort& memory) : bursts_(bus_bytes), memory_(memory) {}

  void begin(Cycle t) {
    bursting_ = bursting_next_;
    list_level_ = list_.size();
    while (!ahead_.empty() && ahead_.front() < t) ahead_.pop();
  }
  bool idle() const { return !bursting_ && list_level_ == 0; }
  bool can_start(Cycle t, bool empty) const {
    return !bursting_ && (read_end_ == kNever || t >= read_end_) && (!empty || list_level_ < kStoreBursts);
  }
  void start(Cycle t, uint32_t instruction, const Step& step) {
    if (step.block.empty()) {
      list_.push({instruction, step.pushes, /*expects=*/false, /*ends=*/true, t + kQueue});
      return;
    }
    instruction_ = instruction;
    pushes_ = step.pushes;
    bursts_.start(step.block);
    bursting_next_ = true;
  }

  /// Ends an instruction (`retire(instruction, pushes)`), writes a burst's last beat, takes a burst. Before start().
  /// True where something happened.
  template <typename Retire>
  bool evaluate(Cycle t, Retire&& retire) {
    bool moved = false;
    if (list_level_ != 0 && end_cycle() <= t) {
      const Entry entry = list_.front();
      if (entry.expects) responses_.pop();
      list_.pop();
      ended_cycle_ = t;
      if (entry.ends) retire(entry.instruction, entry.pushes);
      moved = true;
    }
    if (!writes_.empty() && writes_.front().cycle <= t) {
      const Write& write = writes_.front();
      responses_.push(memory_.write(t, write.address, write.beats));
      all_beats_ += write.beats;
      writes_.pop();
      moved = true;
    }
    if (bursts_.active() && ahead_.size() < kStoreBurstsAhead && list_level_ < kStoreBursts) {
      const Cycle first = read_end_ == kNever ? t + kQueue : std::max(t + kQueue, read_end_ + 1);
      read_end_ = first + bursts_.beats() - 1;
      ahead_.push(read_end_);
      writes_.push({read_end_ + kStoreBeat, bursts_.address(), bursts_.beats()});
      list_.push({instruction_, pushes_, /*expects=*/true, bursts_.last(), t + kQueue});
      if (bursts_.last()) bursting_next_ = false;
      bursts_.next();
      moved = true;
    }
    return moved;
  }

  /// When it goes on by itself.
  Cycle next(Cycle t) const {
    Cycle next = kNever;
    if (!list_.empty()) next = end_cycle();
    if (!writes_.empty()) next = std::min(next, writes_.front().cycle);
    if (bursts_.active() && ahead_.size() == kStoreBurstsAhead) next = std::min(next, ahead_.front() + 1);
    // A STORE that waits for its turn.
    if (!bursting_next_ && read_end_ != kNever && read_end_ > t) next = std::min(next, read_end_);
    return next;
  }
  /// A burst's last beat is taken in cycle `t`: the memory is asked.
  bool writes(Cycle t) const { return !writes_.empty() && writes_.front().cycle <= t; }
  uint64_t all_beats() const { return all_beats_; }
  /// Of the instruction that ends next, or was the last to start.
  uint32_t oldest() const { return list_.empty() ? instruction_ : list_.front().instruction; }

 private:
  struct Entry {
    uint32_t instruction;
    uint8_t pushes;
    bool expects;  // a response
    bool ends;     // its instruction
    Cycle visible_cycle;
  };
  struct Write {
    Cycle cycle;  // of the last beat
    uint64_t address;
    uint32_t beats;
  };

  /// When the list's head is done.
  Cycle end_cycle() const {
    const Entry& entry = list_.front();
    Cycle cycle = ended_cycle_ == kNever ? entry.visible_cycle : std::max(entry.visible_cycle, ended_cycle_ + 1);
    if (entry.expects) cycle = responses_.empty() ? kNever : std::max(cycle, responses_.front() + kSlice);
    return cycle;
  }

  Bursts bursts_;
  MemoryPort& memory_;
  uint32_t instruction_ = 0;
  uint8_t pushes_ = 0;
  bool bursting_ = false, bursting_next_ = false;  // not all bursts are in the list
  size_t list_level_ = 0;
  Ring<Cycle> ahead_;  // by burst whose beats are not all read: the cycle of the last one
  Cycle read_end_ = kNever;
  Ring<Write> writes_;
  Ring<Cycle> responses_;  // offered by the memory
  Ring<Entry> list_;
  Cycle ended_cycle_ = kNever;
  uint64_t all_beats_ = 0;
};

}  // namespace tandem::sim::timing
