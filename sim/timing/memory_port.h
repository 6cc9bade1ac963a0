// The memory as one accelerator sees it, a burst at a time.
#pragma once

#include <cstdint>

#include "sim/timing/microarchitecture.h"
#include "sim/timing/queues.h"

namespace tandem::sim::timing {

/// Beats of a burst: the first is offered in `ready_cycle` at the earliest, the others one cycle after the other.
struct BeatRun {
  Cycle ready_cycle = 0;
  uint32_t beats = 0;
  uint8_t reader = 0;  // AXI ID: 0 fetch, 1 compute, 2 load
  bool burst_end = true;
  bool block_end = false;  // the last of its LOAD
};

class MemoryPort {
 public:
  virtual ~MemoryPort() = default;
  /// The address is taken in `cycle`. Appends the burst's beats to `to`, with `run`'s other members; the last run has
  /// its ends.
  virtual void read(Cycle cycle, uint64_t address, uint32_t beats, const BeatRun& run, Ring<BeatRun>& to) = 0;
  /// The last beat is taken in `cycle`: when the response is offered.
  virtual Cycle write(Cycle cycle, uint64_t address, uint32_t beats) = 0;
};

}  // namespace tandem::sim::timing
