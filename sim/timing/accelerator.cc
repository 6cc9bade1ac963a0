#include "sim/timing/accelerator.h"

#include <algorithm>

namespace tandem::sim::timing {

using isa::Engine;

Accelerator::Accelerator(const isa::HwConfig& hardware, uint64_t code_address, Steps& steps, MemoryPort& memory)
    : machine_(hardware),
      program_(steps),
      tokens_(machine_.token_queue_depth),
      queues_{CommandQueue(machine_.command_queue_depth), CommandQueue(machine_.command_queue_depth),
              CommandQueue(machine_.command_queue_depth)},
      fetch_(machine_, code_address, steps.count()),
      reads_(machine_, memory),
      load_(machine_.bus_bytes),
      compute_loads_(machine_.bus_bytes),
      compute_(machine_),
      store_(machine_.bus_bytes, memory),
      watched_(steps.watched()) {}

Cycle Accelerator::evaluate(Cycle t) {
  if (t <= kFetchStart) return kFetchStart + 1;
  // What the registers hold.
  load_.begin(t);
  compute_loads_.begin(t);
  store_.begin(t);
  compute_.begin(t);
  count(t);
  fetch_done_ = fetch_.done();
  const bool load_idle = load_.idle() && load_config_cycle_ != t;
  others_idle_ = fetch_done_ && queue(Engine::kLoad).level(t) == 0 && load_idle &&
                 queue(Engine::kStore).level(t) == 0 && store_.idle() && !failed(Engine::kLoad) &&
                 !failed(Engine::kStore);
  const bool landing = !accumulator_loads_ || compute_.pipe_idle();

  bool moved = reads_.arbitrate(t, fetch_, compute_loads_, load_);
  moved |= reads_.beats(t, landing, fetch_, compute_loads_, load_);
  moved |= fetch_.evaluate(t, queues_, [this](uint32_t i) { return program_.step(i).engine; });
  note_causes(t, load_idle);
  if (finish_cycle_ == t && finish(t)) return kNever;
  moved |= store_.evaluate(t, [&](uint32_t instruction, uint8_t pushes) { retire(t, instruction, pushes); });
  if (compute_loads_.done(t)) {
    compute_.load_done(compute_loads_.done_instruction());
    moved = true;
  }
  if (compute_loads_.idle()) accumulator_loads_ = false;
  moved |= try_compute(t);
  if (load_config_cycle_ == t) {
    retire(t, load_config_, load_config_pushes_);
    moved = true;
  }
  moved |= try_load(t);
  moved |= try_store(t);
  if (load_.done(t)) {
    retire(t, load_.done_instruction(), program_.step(load_.done_instruction()).pushes);
    moved = true;
  }
  moved |= compute_.end(t, [&](uint32_t instruction, uint8_t pushes) { retire(t, instruction, pushes); });
  moved |= load_.end(t, true, reads_.beat(kLoadReader));
  moved |= compute_loads_.end(t, landing, reads_.beat(kComputeReader));
  tokens_.commit();
  reads_.commit();
  if (moved) return t + 1;

  Cycle next =
      std::min({fetch_.next(), reads_.next(t), load_.next(), compute_loads_.next(), compute_.next(t), store_.next(t)});
  for (size_t i = 0; i < queues_.size(); ++i) {
    const Cycle head = queues_[i].head_cycle();
    if (head > t) next = std::min(next, head);
  }
  return next;
}

/// What FINISH says a cycle after its start: whether the run is over.
bool Accelerator::finish(Cycle t) {
  if (tokens_.any() || finish_pushes_ != 0) {
    failed_[static_cast<size_t>(Engine::kCompute)] = true;
    tokens_.retire(finish_pushes_);
    return false;
  }
  finished_ = true;
  cycles_ = t + kRunEnd;
  program_.retired(t, finish_);
  count(cycles_);
  // A beat is under way from the buffer to the bus while its STORE waits for memory: which cycles does not matter for
  // the sum.
  causes_[3][kWaitMemory] -= store_.all_beats();
  causes_[3][kBusy] += store_.all_beats();
  return true;
}

const Step* Accelerator::ready_head(Cycle t, Engine engine) {
  CommandQueue& commands = queue(engine);
  if (commands.empty() || failed(engine) || commands.head_cycle() > t) return nullptr;
  const Step& step = program_.step(commands.head());
  if (step.faulty || !tokens_.available(step.pops) || !tokens_.room(step.pushes)) return nullptr;
  return &step;
}

bool Accelerator::take(Cycle t, Engine engine, const Step& step) {
  const uint32_t instruction = queue(engine).head();
  if (!program_.started(t, instruction)) {
    failed_[static_cast<size_t>(engine)] = true;
    return false;
  }
  queue(engine).take(t);
  tokens_.start(step.pops, step.pushes);
  return true;
}

bool Accelerator::try_compute(Cycle t) {
  const Step* step = ready_head(t, Engine::kCompute);
  if (step == nullptr || !compute_.room()) return false;
  const uint32_t instruction = queue(Engine::kCompute).head();
  switch (step->kind) {
    case Kind::kLoop: {
      const bool lets = !compute_.requantize_active() || (step->mac && !compute_.requantize_keeps());
      if (!compute_.sequencer_ready() || !compute_loads_.idle() || !lets) return false;
      if (take(t, Engine::kCompute, *step)) compute_.start_loop(t, instruction, *step, program_.uops());
      return true;
    }
    case Kind::kLoad: {
      const bool apart = step->uops && step->block.rows == 1 && !step->pads.any &&
                         (compute_.uop_end() <= step->uop_begin || step->uop_end <= compute_.uop_begin());
      const bool may = step->uops ? compute_.sequencer_ready() || apart
                                  : compute_.sequencer_ready() && !compute_.requantize_active();
      if (!may || !compute_loads_.can_start()) return false;
      if (!take(t, Engine::kCompute, *step)) return true;
      compute_.start_load(instruction, *step);
      compute_loads_.start(t, instruction, *step);
      if (!step->uops) accumulator_loads_ = true;
      return true;
    }
    case Kind::kRequantize:
      if (compute_.requantize_active()) return false;
      if (take(t, Engine::kCompute, *step)) compute_.start_requantize(t, instruction, *step);
      return true;
    case Kind::kFinish:
      if (!compute_.pipe_idle() || !compute_loads_.idle() || !compute_.list_empty() || !others_idle_) return false;
      if (!take(t, Engine::kCompute, *step)) return true;
      finish_cycle_ = t + 1;
      finish_ = instruction;
      finish_pushes_ = step->pushes;
      return true;
    case Kind::kStore:
    case Kind::kConfig:
      break;  // of other engines
  }
  return false;
}

bool Accelerator::try_load(Cycle t) {
  const Step* step = ready_head(t, Engine::kLoad);
  if (step == nullptr) return false;
  const uint32_t instruction = queue(Engine::kLoad).head();
  if (step->kind == Kind::kConfig) {
    if (!load_.idle()) return false;
    if (!take(t, Engine::kLoad, *step)) return true;
    load_config_cycle_ = t + 1;
    load_config_ = instruction;
    load_config_pushes_ = step->pushes;
    return true;
  }
  if (!load_.can_start()) return false;
  if (take(t, Engine::kLoad, *step)) load_.start(t, instruction, *step);
  return true;
}

bool Accelerator::try_store(Cycle t) {
  const Step* step = ready_head(t, Engine::kStore);
  if (step == nullptr || !store_.can_start(t, step->block.empty())) return false;
  const uint32_t instruction = queue(Engine::kStore).head();
  if (take(t, Engine::kStore, *step)) store_.start(t, instruction, *step);
  return true;
}

void Accelerator::retire(Cycle t, uint32_t instruction, uint8_t pushes) {
  tokens_.retire(pushes);
  program_.retired(t, instruction);
}

Accelerator::Head Accelerator::head(Engine engine) const {
  const auto i = static_cast<size_t>(engine);
  Head head;
  head.there = !queues_[i].empty();
  if (!head.there) return head;
  head.instruction = queues_[i].head();
  const Step& step = program_.step(head.instruction);
  head.faulty = step.faulty;
  const auto lacks = [](uint8_t missing, Direction direction) { return ((missing >> direction) & 1) != 0; };
  const auto tokens = static_cast<uint8_t>(step.pops & ~tokens_.available());
  const auto room = static_cast<uint8_t>(step.pushes & tokens_.full());
  head.lacks_previous = lacks(tokens, engine == Engine::kStore ? kComputeToStore : kLoadToCompute);
  head.lacks_next = lacks(tokens, engine == Engine::kLoad ? kComputeToLoad : kStoreToCompute);
  head.lacks_room_previous = lacks(room, engine == Engine::kStore ? kStoreToCompute : kComputeToLoad);
  head.lacks_room_next = lacks(room, engine == Engine::kLoad ? kLoadToCompute : kComputeToStore);
  return head;
}

// What was noted in the last evaluated cycle holds until this one; but pads are written between.
void Accelerator::count(Cycle t) {
  const Cycle cycles = t - counted_cycle_;
  counted_cycle_ = t;
  const std::array<uint64_t, 4> padded{0, load_.padded(), compute_loads_.padded(), 0};
  for (size_t i = 0; i < causes_.size(); ++i) {
    const uint64_t pads = cause_[i] == kBusy ? 0 : padded[i] - padded_[i];
    causes_[i][kBusy] += pads;
    causes_[i][cause_[i]] += cycles - pads;
  }
  padded_ = padded;
}

/// The first of: what moves, what is under way, what the next instruction waits for, none (docs/accelerator.md,
/// Counters).
void Accelerator::note_causes(Cycle t, bool load_idle) {
  const auto waiting = [&](Engine engine, bool idle) {
    CommandQueue& commands = queue(engine);
    if (commands.empty() || commands.head_cycle() > t) return kIdle;
    const Step& step = program_.step(commands.head());
    if (step.faulty) return idle ? kIdle : kBusy;
    if (!tokens_.available(step.pops)) {
      const Direction previous = engine == Engine::kStore ? kComputeToStore : kLoadToCompute;
      const bool lacks_previous = ((step.pops & ~tokens_.available()) >> previous & 1) != 0;
      return lacks_previous ? kWaitPrevious : kWaitNext;
    }
    return tokens_.room(step.pushes) ? kBusy : kBlocked;
  };
  cause_[0] = fetch_.handed() || reads_.beat(kFetchReader) ? kBusy
              : fetch_.blocked()                           ? kBlocked
              : fetch_done_                                ? kIdle
                                                           : kWaitMemory;
  cause_[1] = reads_.beat(kLoadReader) ? kBusy : !load_idle ? kWaitMemory : waiting(Engine::kLoad, load_idle);
  const bool compute_idle =
      compute_.pipe_idle() && !compute_.requantize_active() && finish_cycle_ != t && compute_.list_empty();
  if (compute_.sequencer_active() || reads_.beat(kComputeReader) || compute_.requantize_running(t)) {
    cause_[2] = kBusy;
  } else if (!compute_loads_.idle()) {
    cause_[2] = kWaitMemory;
  } else {
    const Cause cause = waiting(Engine::kCompute, compute_idle);
    const bool waits = cause == kWaitPrevious || cause == kWaitNext;
    cause_[2] = waits ? cause : cause == kBusy || cause == kBlocked || !compute_idle ? kBlocked : kIdle;
  }
  cause_[3] = !store_.idle() ? kWaitMemory : waiting(Engine::kStore, true);
  for (size_t i = 0; watched_ && i < cause_.size(); ++i) {
    if (cause_[i] == told_[i]) continue;
    told_[i] = cause_[i];
    program_.does(t, static_cast<Unit>(i), static_cast<Activity>(cause_[i]));
  }
}

}  // namespace tandem::sim::timing
