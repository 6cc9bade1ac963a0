#include "sim/timing/compute_pipe.h"

#include <algorithm>

namespace tandem::sim::timing {
namespace {

/// The first step of a loop that writes an accumulator in [first, last]; kNever where none does.
Cycle first_step_in(const Step& step, const isa::Uop* uops, uint32_t first, uint32_t last) {
  const isa::Uop* begin = uops + step.uop_begin;
  const isa::Uop* end = uops + step.uop_end;
  const auto less = [](const isa::Uop& a, const isa::Uop& b) { return a.dst < b.dst; };
  const auto [least, greatest] = std::minmax_element(begin, end, less);
  const uint64_t count = step.uop_end - step.uop_begin;
  const uint64_t reach = uint64_t{step.iter_out - 1} * step.dst_out + uint64_t{step.iter_in - 1} * step.dst_in;
  if (least->dst > last || greatest->dst + reach < first) return kNever;
  uint64_t at = 0;
  for (uint64_t outer = 0; outer < step.iter_out; ++outer) {
    for (uint64_t inner = 0; inner < step.iter_in; ++inner, at += count) {
      const uint64_t offset = outer * step.dst_out + inner * step.dst_in;
      if (least->dst + offset > last || greatest->dst + offset < first) continue;
      const isa::Uop* hit = std::find_if(
          begin, end, [&](const isa::Uop& uop) { return uop.dst + offset >= first && uop.dst + offset <= last; });
      if (hit != end) return at + static_cast<uint64_t>(hit - begin);
    }
  }
  return kNever;
}

}  // namespace

void ComputePipe::begin(Cycle t) {
  if (!held_) front_ += t - cycle_;
  cycle_ = t;
  held_ = held(t);
  room_ = list_.size() < kRetirePlaces;
  list_empty_ = list_.empty();
  pipe_idle_ = loops_.empty() && leaving_.empty();
  sequencer_active_ = started_ && front_ <= sequencer_last_;
  sequencer_ready_ = !sequencer_active_ || (front_ == sequencer_last_ && !held_);
}

/// Whether a step waits at I.
bool ComputePipe::held(Cycle t) const {
  if (!requantize_.active || !requantize_.reading || loops_.empty()) return false;
  for (size_t i = 0; i < loops_.size(); ++i) {
    const Loop& loop = const_cast<Ring<Loop>&>(loops_)[i];
    if (!loop.young || !loop.has_steps) continue;
    if (loop.first > front_) return false;
    const Cycle waits = t < requantize_.known_cycle ? loop.first : loop.conflict;
    if (waits <= front_ && front_ <= loop.last) return true;
  }
  return false;
}

void ComputePipe::start_loop(Cycle t, uint32_t instruction, const Step& step, const isa::Uop* uops) {
  static_cast<void>(t);
  enlist(instruction, step);
  const Cycle at_s = front_ + (held_ ? 0 : 1);
  const Cycle cycles = step.steps == 0 ? 1 : step.steps;
  Loop loop{instruction, requantize_.active, step.steps != 0, at_s + kToIndices, at_s + kToIndices + cycles - 1,
            kNever};
  if (loop.young && requantize_.reading && loop.has_steps) {
    const Cycle hit = first_step_in(step, uops, requantize_.first, requantize_.last);
    if (hit != kNever) loop.conflict = loop.first + hit;
  }
  loops_.push(loop);
  sequencer_last_ = at_s + cycles - 1;
  started_ = true;
  if (step.steps != 0) {
    uop_begin_ = step.uop_begin;
    uop_end_ = step.uop_end;
  }
}

void ComputePipe::start_requantize(Cycle t, uint32_t instruction, const Step& step) {
  enlist(instruction, step);
  requantize_ = Requantize{};
  requantize_.active = requantize_.waiting = true;
  requantize_.reading = step.steps != 0;
  requantize_.keep = step.keep;
  requantize_.instruction = instruction;
  requantize_.first = step.src_first;
  requantize_.last = step.src_last;
  requantize_.elements = step.steps;
  requantize_.element_cycles = step.element_cycles;
  requantize_.known_cycle = t + kRequantizeReach;
  for (size_t i = 0; i < loops_.size(); ++i) loops_[i].young = false;
}

bool ComputePipe::advance(Cycle t) {
  bool moved = false;
  while (!loops_.empty() && !held_ && loops_.front().last <= front_) {
    leaving_.push({loops_.front().instruction, t + machine_.to_write});
    loops_.pop();
    moved = true;
  }
  while (!leaving_.empty() && leaving_.front().cycle <= t) {
    done(leaving_.front().instruction);
    leaving_.pop();
    moved = true;
  }
  Requantize& r = requantize_;
  if (!r.active) return moved;
  if (r.waiting && t >= r.known_cycle && !list_empty_ && list_.front().instruction == r.instruction) {
    r.waiting = false;
    moved = true;
    if (r.elements == 0) {
      r.done_cycle = t;
    } else {
      const Cycle last = t + 1 + (r.elements - 1) * r.element_cycles;  // its first part
      r.last_read = last;
      r.running_from = t + 1;
      r.last_step = last + machine_.requantize_parts - 1;
      r.done_cycle = r.last_step + machine_.requantize_write;
    }
  }
  if (r.reading && r.last_read <= t) {
    r.reading = false;
    moved = true;
  }
  if (r.done_cycle <= t) {
    r.active = false;
    done(r.instruction);
    moved = true;
  }
  return moved;
}

Cycle ComputePipe::next(Cycle t) const {
  Cycle next = kNever;
  const auto at_front = [&](Cycle front) {
    if (front > front_) next = std::min(next, t + (front - front_));
  };
  if (!held_ && started_ && (!loops_.empty() || sequencer_active_)) {
    at_front(sequencer_last_);
    at_front(sequencer_last_ + 1);
    if (!loops_.empty()) at_front(loops_.front().last);
    if (requantize_.active && requantize_.reading) {
      for (size_t i = 0; i < loops_.size(); ++i) {
        const Loop& loop = const_cast<Ring<Loop>&>(loops_)[i];
        if (!loop.young || !loop.has_steps) continue;
        if (t < requantize_.known_cycle) at_front(loop.first);
        if (loop.conflict != kNever) at_front(loop.conflict);
      }
    }
  }
  if (!leaving_.empty()) next = std::min(next, leaving_.front().cycle);
  if (requantize_.active) {
    if (requantize_.waiting && requantize_.known_cycle > t) next = std::min(next, requantize_.known_cycle);
    if (requantize_.reading && requantize_.last_read != kNever) next = std::min(next, requantize_.last_read);
    if (requantize_running(t)) next = std::min(next, requantize_.last_step + 1);
    next = std::min(next, requantize_.done_cycle);
  }
  if (!list_.empty() && const_cast<Ring<Listed>&>(list_).front().done) next = std::min(next, t + 1);
  return next;
}

}  // namespace tandem::sim::timing
