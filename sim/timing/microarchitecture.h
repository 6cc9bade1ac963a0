// The constants of hw/*.sv that time depends on, by the names that docs/accelerator.md gives them. The only place in
// sim/timing where a number of cycles stands; all else comes from the hardware configuration and the platform.
#pragma once

#include <cstdint>

#include "isa/hw_config.h"

namespace tandem::sim::timing {

using Cycle = uint64_t;
constexpr Cycle kNever = ~Cycle{0};

constexpr Cycle kSlice = 1;  // stream_slice: a word leaves in the cycle after it came
constexpr Cycle kQueue = 2;  // stream_fifo: a word is at an empty queue's head so many cycles after its push

constexpr Cycle kFetchStart = 1;           // run_control: fetch begins in this cycle of the run
constexpr Cycle kRunEnd = 1;               // a run's cycles end so many behind FINISH
constexpr uint32_t kReadAheadBytes = 512;  // fetch: its buffer
constexpr uint32_t kReadAheadBeats = 16;   // at least
constexpr uint32_t kWordBytes = 8;         // in which instructions are put together

constexpr uint32_t kPageBytes = 4096;  // burst_generator: no burst crosses one
constexpr uint32_t kBurstBeats = 256;  // at most

constexpr uint32_t kLoadsInFlight = 8;     // dma_reader: between first request and last element
constexpr uint32_t kRetirePlaces = 32;     // retire_list: instructions of compute under way
constexpr uint32_t kStoreBursts = 64;      // store_engine: without response
constexpr uint32_t kStoreBurstsAhead = 4;  // store_engine: between address and first beat
constexpr Cycle kStoreBeat = 4;            // store_engine: from reading `out` to the beat's handshake
constexpr Cycle kStoreQueued = 3;          // store_engine: from reading `out` to the head of the beats' queue

constexpr Cycle kToIndices = 2;          // compute_engine: from S to I
constexpr Cycle kRequantizeReach = 8;    // requantizer: from the start until its range is known
constexpr Cycle kRequantizeStages = 13;  // of a lane

/// What follows from the configuration.
struct Microarchitecture {
  explicit Microarchitecture(const isa::HwConfig& hardware);

  uint32_t bus_bytes = 0;
  uint32_t instruction_words = 0;  // of kWordBytes
  uint32_t bus_words = 0;
  uint32_t read_ahead_beats = 0;
  uint32_t outstanding_reads = 0;
  uint32_t command_queue_depth = 0;
  uint32_t token_queue_depth = 0;
  Cycle to_write = 0;             // from I to W
  uint32_t alu_groups = 0;        // cycles of an ALU step
  uint32_t requantize_parts = 0;  // cycles of a REQUANTIZE's element; 0: no unit
  Cycle requantize_write = 0;     // from an element's last part to its write
  Cycle requantize_alone = 0;     // from an element to the next one, where that waits for its result
};

}  // namespace tandem::sim::timing
