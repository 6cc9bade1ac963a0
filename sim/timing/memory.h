// A memory port that asks a DramSchedule directly.
#pragma once

#include "sim/dram/dram_schedule.h"
#include "sim/timing/memory_port.h"

namespace tandem::sim::timing {

/// Appends the beats of one read to `to`.
inline void schedule_read(DramSchedule& schedule, Cycle cycle, uint64_t address, uint32_t beats, uint32_t bus_bytes,
                          const BeatRun& run, Ring<BeatRun>& to) {
  uint32_t left = beats;
  schedule.read(cycle, address, beats, bus_bytes, [&](uint32_t count, Cycle ready) {
    left -= count;
    BeatRun piece = run;
    piece.ready_cycle = ready;
    piece.beats = count;
    piece.burst_end = left == 0;
    piece.block_end = run.block_end && left == 0;
    to.push(piece);
  });
}

class DirectMemory final : public MemoryPort {
 public:
  DirectMemory(const DramTiming& timing, uint32_t bus_bytes) : schedule_(timing), bus_bytes_(bus_bytes) {}
  void read(Cycle cycle, uint64_t address, uint32_t beats, const BeatRun& run, Ring<BeatRun>& to) override {
    schedule_read(schedule_, cycle, address, beats, bus_bytes_, run, to);
  }
  Cycle write(Cycle cycle, uint64_t address, uint32_t beats) override {
    return schedule_.write(cycle, address, beats, bus_bytes_);
  }

 private:
  DramSchedule schedule_;
  uint32_t bus_bytes_;
};

}  // namespace tandem::sim::timing
