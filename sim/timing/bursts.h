// hw/burst_generator.sv: a block of DRAM as AXI bursts, one at a time.
#pragma once

#include <algorithm>

#include "sim/timing/step.h"

namespace tandem::sim::timing {

class Bursts {
 public:
  explicit Bursts(uint32_t bus_bytes) : bus_bytes_(bus_bytes) {}
  bool active() const { return rows_ != 0; }
  void start(const Block& block) {
    block_ = block;
    rows_ = block.rows;
    row_address_ = block.address;
    begin_row();
  }
  void stop() { rows_ = 0; }
  uint64_t address() const { return address_; }
  uint32_t beats() const { return beats_; }
  bool last() const { return rows_ == 1 && beats_ == left_; }
  void next() {
    if (beats_ == left_) {
      if (--rows_ == 0) return;
      row_address_ += block_.stride_bytes;
      begin_row();
    } else {
      address_ += uint64_t{beats_} * bus_bytes_;
      left_ -= beats_;
      cut();
    }
  }

 private:
  void begin_row() {
    const auto offset = static_cast<uint32_t>(row_address_ & (bus_bytes_ - 1));
    address_ = row_address_ - offset;
    left_ = (offset + block_.row_bytes + bus_bytes_ - 1) / bus_bytes_;
    cut();
  }
  void cut() {
    const uint32_t to_page = (kPageBytes - static_cast<uint32_t>(address_ % kPageBytes)) / bus_bytes_;
    beats_ = std::min({left_, to_page, kBurstBeats});
  }

  uint32_t bus_bytes_;
  Block block_;
  uint32_t rows_ = 0;  // with the one under way
  uint64_t row_address_ = 0, address_ = 0;
  uint32_t left_ = 0;   // beats of the row
  uint32_t beats_ = 0;  // of the burst
};

}  // namespace tandem::sim::timing
