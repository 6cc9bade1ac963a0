// A DRAM behind an AXI4 port that takes every freedom that AXI4 leaves: random stalls of each channel, random
// latencies, read data of different IDs in any order and mixed, write data before their address. For tests: what the
// accelerator computes must not change. Can fall silent. Header-only like dram.h, whose interface it has.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <deque>
#include <vector>

#include "dram.h"  // compiles into the Verilated model, where paths have no folders

namespace tandem::sim {

/// How a RestlessDram behaves.
struct Restlessness {
  uint64_t seed = 1;
  bool stalls = true;                   // false: in order and at full rate, as Dram
  uint64_t silent_after_reads = ~0ull;  // bursts that are answered, before no other is
  uint64_t silent_after_writes = ~0ull;
};

class RestlessDram {
 public:
  /// `base`: where masters see address 0, which counts for the rules on bursts alone.
  RestlessDram(uint8_t* bytes, uint64_t size, uint32_t bus_bytes, DramTiming timing, const Restlessness& how,
               uint64_t base = 0)
      : bytes_(bytes), size_(size), bus_bytes_(bus_bytes), timing_(timing), how_(how), base_(base), state_(how.seed) {}

  /// Once per cycle, before everything else.
  void tick(uint64_t cycle) {
    if (cycle % kMoodCycles == 0) {
      for (uint32_t& stall : stall_of_16_) stall = how_.stalls ? kStalls[below(kStalls.size())] : 0;
    }
    for (size_t channel = 0; channel < stall_of_16_.size(); ++channel) {
      ready_[channel] = below(16) >= stall_of_16_[channel];
    }
    choose_read(cycle);
    response_chosen_ =
        response_chosen_ || (ready_[kB] && !responses_.empty() && responses_.front().ready_cycle <= cycle);
  }

  bool read_address_ready() const { return ready_[kAr]; }
  bool write_address_ready() const { return ready_[kAw]; }
  bool write_data_ready() const { return ready_[kW] && beats_.size() < kEarlyBeats; }

  void accept_read(uint64_t cycle, uint64_t address, uint32_t beats, uint8_t id) {
    check_burst(base_ + address, beats);
    const uint64_t extra = how_.stalls ? below(2 * uint64_t{timing_.read_latency_cycles} + 1) : 0;
    const bool silent = read_bursts_++ >= how_.silent_after_reads;
    reads_[id].push_back({address, silent ? kNever : cycle + timing_.read_latency_cycles + extra, beats, id, order_++});
  }
  bool read_valid(uint64_t) const { return chosen_ >= 0; }
  uint8_t read_id() const { return current().id; }
  bool read_last() const { return current().beats == 1; }
  uint8_t read_response() const { return inside(current().address) ? Dram::kOkay : Dram::kDecodeError; }
  void read_data(void* to) const {
    if (inside(current().address)) {
      std::memcpy(to, bytes_ + current().address, bus_bytes_);
    } else {
      std::memset(to, 0, bus_bytes_);
    }
  }
  void pop_read_beat() {
    Burst& burst = reads_[static_cast<size_t>(chosen_)].front();
    burst.address += bus_bytes_;
    if (--burst.beats == 0) reads_[static_cast<size_t>(chosen_)].pop_front();
    chosen_ = -1;
  }

  void accept_write(uint64_t address, uint32_t beats) {
    check_burst(base_ + address, beats);
    writes_.push_back({address, 0, beats, Dram::kOkay, 0});
    settle();
  }
  void accept_write_beat(uint64_t cycle, const uint8_t* data, uint64_t strobe, bool last) {
    beats_.push_back({cycle, strobe, last, std::vector<uint8_t>(data, data + bus_bytes_)});
    settle();
  }
  bool response_valid(uint64_t) const { return response_chosen_; }
  uint8_t response() const { return responses_.front().id; }
  void pop_response() {
    responses_.pop_front();
    response_chosen_ = false;
  }

  /// The rule of AXI4 that the master broke, or null.
  const char* violation() const { return violation_; }

 private:
  enum Channel : size_t { kAr, kR, kAw, kW, kB };
  static constexpr uint64_t kMoodCycles = 256;
  static constexpr uint64_t kNever = ~0ull;
  static constexpr size_t kEarlyBeats = 8;  // that wait for their address
  static constexpr std::array<uint32_t, 4> kStalls{0, 2, 8, 15};

  struct Burst {
    uint64_t address;      // of the next beat
    uint64_t ready_cycle;  // first beat, or response
    uint32_t beats;        // left
    uint8_t id;            // AXI ID of a read; response code of a write
    uint64_t order;        // of reads
  };
  struct Beat {
    uint64_t cycle;
    uint64_t strobe;
    bool last;
    std::vector<uint8_t> data;
  };

  /// A beat that is offered stays until it is taken.
  void choose_read(uint64_t cycle) {
    if (chosen_ >= 0 || !ready_[kR]) return;
    std::vector<int> able;
    for (size_t id = 0; id < reads_.size(); ++id) {
      if (!reads_[id].empty() && reads_[id].front().ready_cycle <= cycle) able.push_back(static_cast<int>(id));
    }
    if (able.empty()) return;
    chosen_ = able[how_.stalls ? below(able.size()) : 0];
    if (how_.stalls) return;
    for (const int id : able) {
      if (reads_[static_cast<size_t>(id)].front().order < current().order) chosen_ = id;
    }
  }
  const Burst& current() const { return reads_[static_cast<size_t>(chosen_)].front(); }

  /// Gives the beats to the oldest addresses.
  void settle() {
    while (!writes_.empty() && !beats_.empty()) {
      Burst& burst = writes_.front();
      const Beat& beat = beats_.front();
      if (!inside(burst.address)) burst.id = Dram::kDecodeError;
      for (uint32_t i = 0; i < bus_bytes_ && burst.id == Dram::kOkay; ++i) {
        if ((beat.strobe >> i) & 1) bytes_[burst.address + i] = beat.data[i];
      }
      burst.address += bus_bytes_;
      if (beat.last != (burst.beats == 1)) violation_ = "WLAST is not at the last beat of its burst";
      if (--burst.beats == 0) {
        const uint64_t extra = how_.stalls ? below(2 * uint64_t{timing_.write_latency_cycles} + 1) : 0;
        const bool silent = write_bursts_++ >= how_.silent_after_writes;
        responses_.push_back({0, silent ? kNever : beat.cycle + timing_.write_latency_cycles + extra, 0, burst.id, 0});
        writes_.pop_front();
      }
      beats_.pop_front();
    }
  }

  void check_burst(uint64_t address, uint32_t beats) {
    constexpr uint64_t kPage = 4096;
    if (address % bus_bytes_ != 0) violation_ = "a burst does not begin at a bus word";
    if (address / kPage != (address + uint64_t{beats} * bus_bytes_ - 1) / kPage) violation_ = "a burst crosses 4 KiB";
  }

  bool inside(uint64_t address) const { return address < size_ && bus_bytes_ <= size_ - address; }

  /// SplitMix64, as support/rng.h, which this header cannot include.
  uint64_t below(uint64_t bound) {
    uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (z ^ (z >> 31)) % bound;
  }

  uint8_t* bytes_;
  uint64_t size_;
  uint32_t bus_bytes_;
  DramTiming timing_;
  Restlessness how_;
  uint64_t base_;
  uint64_t state_;
  std::array<uint32_t, 5> stall_of_16_{};  // by channel: of 16 cycles so many stall
  std::array<bool, 5> ready_{};
  std::array<std::deque<Burst>, 4> reads_;  // by ID
  int chosen_ = -1;                         // the ID whose beat is offered
  bool response_chosen_ = false;
  std::deque<Burst> writes_;
  std::deque<Beat> beats_;
  std::deque<Burst> responses_;
  uint64_t read_bursts_ = 0;
  uint64_t write_bursts_ = 0;
  uint64_t order_ = 0;
  const char* violation_ = nullptr;
};

}  // namespace tandem::sim
