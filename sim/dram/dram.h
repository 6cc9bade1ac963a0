// DRAM behind an AXI4 port: data, and beats and responses in order as its schedule (dram_schedule.h) has them, one beat
// per cycle. Header-only and free of other Tandem code, so that it compiles into the loop of the Verilated model.
#pragma once

#include <cstdint>
#include <cstring>
#include <deque>
#include <utility>

#include "dram_schedule.h"  // compiles into the Verilated model, where paths have no folders

namespace tandem::sim {

/// Owns no storage: `bytes` is the DRAM from address 0. Whatever lies beyond `size` answers with a decode error and is
/// not written.
/// `Schedule` says when (DramSchedule's functions).
template <typename Schedule>
class ScheduledDram {
 public:
  static constexpr uint8_t kOkay = 0;
  static constexpr uint8_t kDecodeError = 3;

  ScheduledDram(uint8_t* bytes, uint64_t size, uint32_t bus_bytes, Schedule schedule)
      : bytes_(bytes), size_(size), bus_bytes_(bus_bytes), schedule_(std::move(schedule)) {}

  // Read channel. Addresses are multiples of the bus width.
  void accept_read(uint64_t cycle, uint64_t address, uint32_t beats, uint8_t id) {
    schedule_.read(cycle, address, beats, bus_bytes_, [&](uint32_t count, uint64_t ready_cycle) {
      beats -= count;
      reads_.push_back({address, ready_cycle, count, id, beats == 0});
      address += uint64_t{count} * bus_bytes_;
    });
  }
  /// A beat is there in this cycle.
  bool read_valid(uint64_t cycle) const { return !reads_.empty() && reads_.front().ready_cycle <= cycle; }
  uint8_t read_id() const { return reads_.front().id; }
  bool read_last() const { return reads_.front().beats == 1 && reads_.front().ends; }
  uint8_t read_response() const { return inside(reads_.front().address) ? kOkay : kDecodeError; }
  /// Copies the beat, bus_bytes long; zeros beyond the end.
  void read_data(void* to) const {
    const uint64_t address = reads_.front().address;
    if (inside(address)) {
      std::memcpy(to, bytes_ + address, bus_bytes_);
    } else {
      std::memset(to, 0, bus_bytes_);
    }
  }
  /// The beat was taken.
  void pop_read_beat() {
    Burst& burst = reads_.front();
    ++read_beats_;
    burst.address += bus_bytes_;
    if (--burst.beats == 0) reads_.pop_front();
  }

  // Write channels. Data beats belong to the accepted addresses in order.
  void accept_write(uint64_t address, uint32_t beats) { writes_.push_back({address, 0, beats, kOkay, true, beats}); }
  bool write_data_ready() const { return !writes_.empty(); }
  void accept_write_beat(uint64_t cycle, const uint8_t* data, uint64_t strobe, bool /*last*/) {
    Burst& burst = writes_.front();
    ++write_beats_;
    if (!inside(burst.address)) {
      burst.id = kDecodeError;
    } else if (strobe == all_ones()) {
      std::memcpy(bytes_ + burst.address, data, bus_bytes_);
    } else {
      for (uint32_t i = 0; i < bus_bytes_; ++i) {
        if ((strobe >> i) & 1) bytes_[burst.address + i] = data[i];
      }
    }
    burst.address += bus_bytes_;
    if (--burst.beats == 0) {
      const uint64_t first = burst.address - uint64_t{burst.all_beats} * bus_bytes_;
      responses_.push_back({0, schedule_.write(cycle, first, burst.all_beats, bus_bytes_), 0, burst.id});
      writes_.pop_front();
    }
  }
  bool response_valid(uint64_t cycle) const { return !responses_.empty() && responses_.front().ready_cycle <= cycle; }
  uint8_t response() const { return responses_.front().id; }
  void pop_response() { responses_.pop_front(); }

  uint64_t read_beats() const { return read_beats_; }
  uint64_t write_beats() const { return write_beats_; }

 private:
  struct Burst {
    uint64_t address;        // of the next beat
    uint64_t ready_cycle;    // first beat, or response
    uint32_t beats;          // left
    uint8_t id;              // AXI ID of a read; response code of a write
    bool ends = true;        // with its last beat the AXI burst ends
    uint32_t all_beats = 0;  // of a write
  };

  bool inside(uint64_t address) const { return address < size_ && bus_bytes_ <= size_ - address; }
  uint64_t all_ones() const { return bus_bytes_ == 64 ? ~uint64_t{0} : (uint64_t{1} << bus_bytes_) - 1; }

  uint8_t* bytes_;
  uint64_t size_;
  uint32_t bus_bytes_;
  Schedule schedule_;
  std::deque<Burst> reads_;
  std::deque<Burst> writes_;
  std::deque<Burst> responses_;
  uint64_t read_beats_ = 0;
  uint64_t write_beats_ = 0;
};

/// A memory of its own.
class Dram : public ScheduledDram<DramSchedule> {
 public:
  Dram(uint8_t* bytes, uint64_t size, uint32_t bus_bytes, const DramTiming& timing)
      : ScheduledDram(bytes, size, bus_bytes, DramSchedule(timing)) {}
};

}  // namespace tandem::sim
