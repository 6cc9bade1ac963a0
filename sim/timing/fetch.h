// hw/fetch.sv: requests the program ahead, puts instructions together and hands them to the command queues.
#pragma once

#include <algorithm>
#include <array>

#include "sim/timing/queues.h"

namespace tandem::sim::timing {

class Fetch {
 public:
  Fetch(const Microarchitecture& machine, uint64_t address, uint32_t instructions)
      : machine_(machine), address_(address), left_(instructions) {
    const uint64_t bytes = uint64_t{instructions} * machine.instruction_words * kWordBytes;
    beats_ = (bytes + machine.bus_bytes - 1) / machine.bus_bytes;
  }

  /// A burst that it wants in this cycle. Before evaluate().
  bool wants() const { return beats_ != 0 && reserved_ <= machine_.read_ahead_beats / 2; }
  uint64_t burst_address() const { return address_; }
  uint32_t burst_beats() const {
    const uint64_t to_page = (kPageBytes - address_ % kPageBytes) / machine_.bus_bytes;
    return static_cast<uint32_t>(std::min<uint64_t>({beats_, to_page, machine_.read_ahead_beats / 2}));
  }
  void granted() {
    const uint32_t beats = burst_beats();
    address_ += uint64_t{beats} * machine_.bus_bytes;
    beats_ -= beats;
    requested_ += beats;
  }
  /// Beats come, one per cycle from `cycle` on.
  void beats(Cycle cycle, uint32_t count) { arrivals_.push({cycle, count}); }

  /// One cycle; true where something happened. `engines[i]` is the engine of instruction i.
  template <typename EngineOf>
  bool evaluate(Cycle t, std::array<CommandQueue, 3>& queues, EngineOf&& engine_of);
  /// When it goes on by itself.
  Cycle next() const { return held_ < machine_.instruction_words ? word_cycle() : kNever; }

  bool done() const { return left_ == 0 && !checking_; }
  /// In the cycle evaluated last.
  bool handed() const { return now_handed_; }
  bool blocked() const { return blocked_; }
  /// The next instruction for a queue.
  uint32_t number() const { return handed_; }

 private:
  struct Arrival {
    Cycle cycle;
    uint32_t count;
  };
  /// When the next word is at the buffer's head.
  Cycle word_cycle() const {
    if (arrivals_.empty()) return kNever;
    const Cycle visible = arrivals_.front().cycle + kQueue;
    return taken_cycle_ == kNever ? visible : std::max(visible, taken_cycle_ + 1);
  }

  const Microarchitecture& machine_;
  uint64_t address_;
  uint64_t beats_ = 0;      // still to request
  uint32_t reserved_ = 0;   // requested and not taken, as registered
  uint32_t requested_ = 0;  // in this cycle
  Ring<Arrival> arrivals_;
  Cycle taken_cycle_ = kNever;
  uint32_t held_ = 0;      // words
  uint32_t left_;          // instructions to put together
  uint32_t handed_ = 0;    // instructions that are in their queues
  bool checking_ = false;  // one waits for its queue
  bool now_handed_ = false, blocked_ = false;
};

template <typename EngineOf>
bool Fetch::evaluate(Cycle t, std::array<CommandQueue, 3>& queues, EngineOf&& engine_of) {
  bool moved = requested_ != 0;
  reserved_ += requested_;
  requested_ = 0;
  bool& handed = now_handed_;
  handed = false;
  blocked_ = false;
  if (checking_) {
    CommandQueue& queue = queues[static_cast<size_t>(engine_of(handed_))];
    handed = queue.room(t);
    blocked_ = !handed;
    if (handed) {
      queue.push(t, handed_++);
      moved = true;
    }
  }
  const bool ready = !checking_ || handed;
  if (held_ >= machine_.instruction_words && left_ != 0) {
    if (ready) {
      held_ -= machine_.instruction_words;
      --left_;
      checking_ = true;
      moved = true;
    }
  } else {
    if (ready) checking_ = false;
    if (word_cycle() <= t) {
      Arrival& arrival = arrivals_.front();
      ++arrival.cycle;
      if (--arrival.count == 0) arrivals_.pop();
      taken_cycle_ = t;
      --reserved_;
      if (left_ != 0) held_ += machine_.bus_words;
      moved = true;
    }
  }
  return moved;
}

}  // namespace tandem::sim::timing
