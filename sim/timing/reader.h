// hw/dma_reader.sv: the LOADs of one engine between their first request and their last element. Beats come in runs of
// one per cycle; padding takes the other cycles. What is asked of a cycle is what the registers hold when it begins;
// changes count from the next on.
#pragma once

#include "sim/timing/bursts.h"
#include "sim/timing/queues.h"

namespace tandem::sim::timing {

class Reader {
 public:
  explicit Reader(uint32_t bus_bytes) : bursts_(bus_bytes) {}

  /// Brings the pads up to cycle `t` and notes what the registers hold.
  void begin(Cycle t) {
    if (pads_active_ && pads_cycle_ < t) advance_pads(t);
    pads_cycle_ = t;
    idle_ = !bursts_.active() && pending_.empty() && !busy_ && done_cycle_ != t;
    room_ = pending_.size() < kLoadsInFlight;
  }
  /// Nothing requested, nothing to land.
  bool idle() const { return idle_; }
  /// A LOAD is done in this cycle: its instruction.
  bool done(Cycle t) const { return done_cycle_ == t; }
  uint32_t done_instruction() const { return done_instruction_; }

  // Requests, in the order of a cycle: the arbiter's choice, then a new LOAD.
  Bursts& bursts() { return bursts_; }
  bool can_start() const { return !bursts_.active() && room_; }
  void start(Cycle t, uint32_t instruction, const Step& step) {
    if (!step.block.empty()) bursts_.start(step.block);
    pending_.push({instruction, step.pads, step.block.empty(), t + kQueue});
  }

  // Beats.
  bool takes_beats() const { return data_; }
  /// The last beat of the LOAD is taken in this cycle.
  void data_end() { data_ends_ = true; }

  /// After the beats of cycle `t`: ends the LOAD under way, takes the next one. `landing`: elements may be written.
  /// `beat`: one is taken in this cycle. True where something happened.
  bool end(Cycle t, bool landing, bool beat) {
    bool moved = data_ends_;
    const bool free = landing && !beat;
    const bool pads_end = pads_active_ && run_ends(free) && rows_ == 0;
    const bool finish = busy_ && (!data_ || data_ends_) && (!pads_active_ || pads_end);
    if (data_ends_) data_ = data_ends_ = false;
    free_ = free;
    if (pads_active_) advance_pads(t + 1);
    pads_cycle_ = t + 1;
    if (finish) {
      done_cycle_ = t + 1;
      done_instruction_ = instruction_;
      moved = true;
    }
    if (!busy_ || finish) {
      busy_ = false;
      if (head_cycle() <= t) {
        take(t);
        moved = true;
      }
    }
    return moved;
  }

  /// When it goes on by itself.
  Cycle next() const {
    if (!busy_) return head_cycle();
    return !data_ && pads_active_ && free_ ? pads_cycle_ + pads_left() - 1 : kNever;
  }
  /// Pad elements written so far.
  uint64_t padded() const { return padded_; }

 private:
  struct Pending {
    uint32_t instruction;
    Pads pads;
    bool empty;
    Cycle visible_cycle;
  };

  Cycle head_cycle() const {
    if (pending_.empty()) return kNever;
    const Cycle visible = pending_.front().visible_cycle;
    return taken_cycle_ == kNever ? visible : std::max(visible, taken_cycle_ + 1);
  }
  void take(Cycle t) {
    const Pending& head = pending_.front();
    busy_ = true;
    instruction_ = head.instruction;
    data_ = !head.empty;
    pads_active_ = !head.empty && head.pads.any;
    pads_ = head.pads;
    rows_ = pads_.rows;
    run_ = pads_.before;
    pads_cycle_ = t + 1;
    taken_cycle_ = t;
    pending_.pop();
  }

  // hw/pad_walker.sv: run_ pads are left before the next row of data; an empty run takes a cycle, whoever uses it.
  bool run_ends(bool free) const { return run_ == 0 || (free && run_ == 1); }
  void advance_pads(Cycle to) {
    Cycle left = to - pads_cycle_;
    while (left != 0 && pads_active_) {
      if (run_ == 0) {
        --left;
      } else if (free_) {
        const Cycle cycles = std::min<Cycle>(left, run_);
        run_ -= static_cast<uint32_t>(cycles);
        padded_ += cycles;
        left -= cycles;
        if (run_ != 0) return;
      } else {
        return;
      }
      if (rows_ == 0) {
        pads_active_ = false;
      } else {
        run_ = --rows_ == 0 ? pads_.behind : pads_.between;
      }
    }
  }
  /// Free cycles until all pads are written.
  Cycle pads_left() const {
    const auto cycles = [](uint32_t run) { return Cycle{run == 0 ? 1 : run}; };
    Cycle left = cycles(run_);
    if (rows_ > 0) left += (rows_ - 1) * cycles(pads_.between) + cycles(pads_.behind);
    return left;
  }

  Bursts bursts_;
  Ring<Pending> pending_;
  bool idle_ = true, room_ = true;
  bool busy_ = false, data_ = false, data_ends_ = false;
  uint32_t instruction_ = 0;
  Cycle taken_cycle_ = kNever;
  Cycle done_cycle_ = kNever;
  uint32_t done_instruction_ = 0;
  Pads pads_;
  bool pads_active_ = false;
  bool free_ = false;  // cycles from pads_cycle_ on may write pads
  Cycle pads_cycle_ = 0;
  uint32_t rows_ = 0, run_ = 0;
  uint64_t padded_ = 0;
};

}  // namespace tandem::sim::timing
