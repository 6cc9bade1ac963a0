// hw/axi_read_arbiter.sv and the read channel: who requests when, and whose beats come when.
#pragma once

#include <array>

#include "sim/timing/fetch.h"
#include "sim/timing/memory_port.h"
#include "sim/timing/reader.h"

namespace tandem::sim::timing {

constexpr uint8_t kFetchReader = 0, kComputeReader = 1, kLoadReader = 2;

class ReadPath {
 public:
  ReadPath(const Microarchitecture& machine, MemoryPort& memory) : machine_(machine), memory_(memory) {}

  /// Gives the bus to one burst. True where something happened.
  bool arbitrate(Cycle t, Fetch& fetch, Reader& compute, Reader& load) {
    bool moved = false;
    if (requested_) {
      memory_.read(t, address_, beats_, request_, runs_);
      requested_ = false;
      moved = true;
    }
    if (in_flight_ == machine_.outstanding_reads) return moved;
    if (fetch.wants()) {
      request(fetch.burst_address(), fetch.burst_beats(), {0, 0, kFetchReader, true, false});
      fetch.granted();
    } else if (compute.bursts().active()) {
      request(compute.bursts(), kComputeReader);
    } else if (load.bursts().active()) {
      request(load.bursts(), kLoadReader);
    } else {
      return moved;
    }
    ++in_flight_;
    return true;
  }

  /// The beat of cycle `t`. `landing`: compute may write elements.
  bool beats(Cycle t, bool landing, Fetch& fetch, Reader& compute, Reader& load) {
    beat_ = false;
    ended_ = false;
    if (runs_.empty()) return false;
    BeatRun& run = runs_.front();
    const bool takes = run.reader == kFetchReader     ? true
                       : run.reader == kComputeReader ? compute.takes_beats() && landing
                                                      : load.takes_beats();
    if (flowing_ && !takes) {  // compute's elements may not land any more
      const auto left = static_cast<uint32_t>(flow_end_ - t + 1);
      all_beats_ += run.beats - left;
      run.beats = left;
      flowing_ = false;
    }
    if (!flowing_) {
      if (!takes || run.ready_cycle + kSlice > t) return false;
      flowing_ = true;
      flow_begin_ = t;
      flow_end_ = t + run.beats - 1;
      if (run.reader == kFetchReader) fetch.beats(t, run.beats);
    }
    beat_ = true;
    reader_ = run.reader;
    if (t != flow_end_) return flow_begin_ == t;
    flowing_ = false;
    ended_ = run.burst_end;
    if (run.block_end) (run.reader == kComputeReader ? compute : load).data_end();
    all_beats_ += run.beats;
    runs_.pop();
    return true;
  }
  /// After everything that looks at the bus's state in this cycle.
  void commit() {
    if (ended_) --in_flight_;
  }

  /// The next cycle asks the memory.
  bool requested() const { return requested_; }
  Cycle next(Cycle t) const {
    if (runs_.empty()) return kNever;
    if (flowing_) return flow_end_;
    const Cycle ready = runs_.front().ready_cycle + kSlice;
    return ready > t ? ready : kNever;
  }
  /// Somebody takes a beat in this cycle, and until next() where the beats flow.
  bool beat(uint8_t reader) const { return beat_ && reader_ == reader; }
  bool idle() const { return in_flight_ == 0; }
  uint64_t all_beats() const { return all_beats_; }

 private:
  void request(uint64_t address, uint32_t beats, const BeatRun& run) {
    requested_ = true;
    address_ = address;
    beats_ = beats;
    request_ = run;
  }
  void request(Bursts& bursts, uint8_t reader) {
    request(bursts.address(), bursts.beats(), {0, 0, reader, true, bursts.last()});
    bursts.next();
  }

  const Microarchitecture& machine_;
  MemoryPort& memory_;
  bool requested_ = false;  // behind the slice: the address is taken in the next cycle
  uint64_t address_ = 0;
  uint32_t beats_ = 0;
  BeatRun request_;
  uint32_t in_flight_ = 0;
  Ring<BeatRun> runs_;
  bool flowing_ = false, beat_ = false, ended_ = false;
  uint8_t reader_ = 0;
  Cycle flow_begin_ = 0, flow_end_ = 0;
  uint64_t all_beats_ = 0;
};

}  // namespace tandem::sim::timing
