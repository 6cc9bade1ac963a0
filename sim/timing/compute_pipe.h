// hw/compute_engine.sv without its LOADs: the sequencer and the pipeline of steps, REQUANTIZE beside them, and the list
// in which instructions retire. What is asked of a cycle is what the registers hold when it begins.
//
// The stages up to I stand still while a step of a MAC waits at I for a REQUANTIZE before it. Their time is counted in
// cycles in which they do not: `front` cycles.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/timing/queues.h"

namespace tandem::sim::timing {

class ComputePipe {
 public:
  explicit ComputePipe(const Microarchitecture& machine) : machine_(machine) {}

  /// Once per evaluated cycle, first.
  void begin(Cycle t);
  bool room() const { return room_; }
  bool list_empty() const { return list_empty_; }
  /// No step is under way.
  bool pipe_idle() const { return pipe_idle_; }
  /// The sequencer can take an instruction in this cycle.
  bool sequencer_ready() const { return sequencer_ready_; }
  bool sequencer_active() const { return sequencer_active_; }
  bool requantize_active() const { return requantize_.active; }
  bool requantize_keeps() const { return requantize_.keep; }
  bool requantize_running(Cycle t) const { return requantize_.running_from <= t && t <= requantize_.last_step; }
  /// The micro-ops of the loop under way, or of the last one: [begin, end).
  uint32_t uop_begin() const { return uop_begin_; }
  uint32_t uop_end() const { return uop_end_; }

  // Starts, after begin().
  void start_loop(Cycle t, uint32_t instruction, const Step& step, const isa::Uop* uops);
  void start_load(uint32_t instruction, const Step& step) { enlist(instruction, step); }
  void start_requantize(Cycle t, uint32_t instruction, const Step& step);

  void load_done(uint32_t instruction) { done(instruction); }
  /// Steps that leave, REQUANTIZE, and at most one instruction that retires: `retire(instruction, pushes)`. True where
  /// something happened.
  template <typename Retire>
  bool end(Cycle t, Retire&& retire) {
    bool moved = advance(t);
    if (!list_empty_ && list_.front().done) {
      const Listed oldest = list_.front();
      list_.pop();
      retire(oldest.instruction, oldest.pushes);
      moved = true;
    }
    return moved;
  }
  /// When it goes on by itself.
  Cycle next(Cycle t) const;

 private:
  struct Listed {
    uint32_t instruction;
    uint8_t pushes;
    bool done;
  };
  /// A loop whose last step has not left I.
  struct Loop {
    uint32_t instruction;
    bool young;  // than the REQUANTIZE under way
    bool has_steps;
    Cycle first;     // front cycle in which its first step is at I
    Cycle last;      // and its last
    Cycle conflict;  // and the first one that touches what the REQUANTIZE reads
  };
  struct Requantize {
    bool active = false;
    bool waiting = false;  // has not begun
    bool reading = false;  // accumulators are still to be read
    bool keep = false;
    uint32_t instruction = 0;
    uint32_t first = 0, last = 0;
    uint64_t elements = 0;
    Cycle element_cycles = 0;
    Cycle known_cycle = 0;
    Cycle running_from = kNever, last_step = 0;
    Cycle last_read = kNever;
    Cycle done_cycle = kNever;
  };

  void enlist(uint32_t instruction, const Step& step) { list_.push({instruction, step.pushes, false}); }
  void done(uint32_t instruction) {
    for (size_t i = 0; i < list_.size(); ++i) {
      if (list_[i].instruction == instruction) {
        list_[i].done = true;
        return;
      }
    }
  }
  bool held(Cycle t) const;
  bool advance(Cycle t);

  const Microarchitecture& machine_;
  Ring<Listed> list_;
  bool room_ = true, list_empty_ = true, pipe_idle_ = true, sequencer_ready_ = true, sequencer_active_ = false;
  Cycle cycle_ = 0;           // of the last evaluation
  Cycle front_ = 1;           // front cycle of it
  bool held_ = false;         // the stages up to I stand still from then on
  bool started_ = false;      // some loop has been
  Cycle sequencer_last_ = 0;  // front cycle of the last step at S
  Ring<Loop> loops_;
  struct Leaving {
    uint32_t instruction;
    Cycle cycle;
  };
  Ring<Leaving> leaving_;  // last steps between I and W
  Requantize requantize_;
  uint32_t uop_begin_ = 0, uop_end_ = 0;
};

}  // namespace tandem::sim::timing
