// The accelerator in time: fetch, the three engines, tokens and the read channel, cycle by cycle as hw/*.sv, but only
// in the cycles in which something begins or ends. Between two of them beats, steps and pads go on at one a cycle.
// Knows no data: an Observer executes.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "sim/api/observer.h"
#include "sim/timing/compute_pipe.h"
#include "sim/timing/fetch.h"
#include "sim/timing/read_path.h"
#include "sim/timing/store_engine.h"

namespace tandem::sim::timing {

/// The instructions of a program, as they are asked for.
class Steps {
 public:
  virtual ~Steps() = default;
  virtual uint32_t count() const = 0;
  virtual const Step& step(uint32_t instruction) = 0;
  /// The micro-op buffer, as the instructions started so far have left it.
  virtual const isa::Uop* uops() const = 0;
  /// It starts now, before those behind it in its queue. False: it cannot be executed, and its engine stops.
  virtual bool started(Cycle cycle, uint32_t instruction) = 0;
  /// All of its results are there, and its tokens pushed.
  virtual void retired(Cycle cycle, uint32_t instruction) = 0;
  /// Whether it wants to know what the engines do; changes of that.
  virtual bool watched() const { return false; }
  virtual void does(Cycle, Unit, Activity) {}
};

/// What each engine does in a cycle: Activity as an index.
enum Cause : uint8_t { kBusy, kWaitPrevious, kWaitNext, kWaitMemory, kBlocked, kIdle, kCauses };

class Accelerator {
 public:
  /// `steps` and `memory` outlive it.
  Accelerator(const isa::HwConfig& hardware, uint64_t code_address, Steps& steps, MemoryPort& memory);

  /// Cycle `t` of the run, from 0. Returns the next cycle in which something happens by itself; kNever where nothing
  /// will.
  Cycle evaluate(Cycle t);
  /// Whether evaluate(t) may ask the memory.
  bool needs_memory(Cycle t) const { return reads_.requested() || store_.writes(t); }
  bool finished() const { return finished_; }
  /// Of the finished run.
  Cycle cycles() const { return cycles_; }

  // Where it stands.
  struct Head {
    bool there = false;
    uint32_t instruction = 0;
    bool faulty = false;
    bool lacks_previous = false, lacks_next = false;  // a token
    bool lacks_room_previous = false, lacks_room_next = false;
    bool busy = false;  // something is under way
  };
  Head head(isa::Engine engine) const;
  bool failed(isa::Engine engine) const { return failed_[static_cast<size_t>(engine)]; }
  bool fetched_all() const { return fetch_.done(); }
  uint32_t fetched() const { return fetch_.number(); }
  uint32_t tokens(Direction direction) const { return tokens_.level(direction); }

  /// Cycles so far by engine (fetch, load, compute, store) and cause.
  const std::array<std::array<uint64_t, kCauses>, 4>& causes() const { return causes_; }
  uint64_t read_beats() const { return reads_.all_beats(); }
  uint64_t write_beats() const { return store_.all_beats(); }

 private:
  bool try_compute(Cycle t);
  bool try_load(Cycle t);
  bool try_store(Cycle t);
  /// Whether the head of an engine's queue has its tokens and room; the head is there and may be executed.
  const Step* ready_head(Cycle t, isa::Engine engine);
  /// Takes the head. False where it cannot be executed.
  bool take(Cycle t, isa::Engine engine, const Step& step);
  void retire(Cycle t, uint32_t instruction, uint8_t pushes);
  CommandQueue& queue(isa::Engine engine) { return queues_[static_cast<size_t>(engine)]; }
  void count(Cycle t);
  void note_causes(Cycle t, bool load_idle);
  bool finish(Cycle t);

  const Microarchitecture machine_;
  Steps& program_;
  Tokens tokens_;
  std::array<CommandQueue, 3> queues_;
  std::array<bool, 3> failed_{};
  Fetch fetch_;
  ReadPath reads_;
  Reader load_, compute_loads_;
  ComputePipe compute_;
  StoreEngine store_;
  bool accumulator_loads_ = false;    // compute's LOADs land when the pipeline is empty
  Cycle load_config_cycle_ = kNever;  // a CONFIG of load retires
  uint32_t load_config_ = 0;
  uint8_t load_config_pushes_ = 0;
  Cycle finish_cycle_ = kNever;
  uint32_t finish_ = 0;
  uint8_t finish_pushes_ = 0;
  bool finished_ = false;
  bool others_idle_ = false, fetch_done_ = false;
  Cycle cycles_ = 0;

  std::array<std::array<uint64_t, kCauses>, 4> causes_{};
  const bool watched_;
  std::array<Cause, 4> told_{kIdle, kIdle, kIdle, kIdle};
  std::array<Cause, 4> cause_{kIdle, kIdle, kIdle, kIdle};
  Cycle counted_cycle_ = 0;
  std::array<uint64_t, 4> padded_{};  // counted so far
};

}  // namespace tandem::sim::timing
