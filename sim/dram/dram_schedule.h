// When memory answers: the schedule of an ideal DRAM (latency, bandwidth) or a DDR one (banks, rows, refresh) in
// integer cycles, burst by burst in the order of arrival, whoever asks. Holds no data. Header-only and free of other
// Tandem code, so that it compiles into the loop of the Verilated model.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace tandem::sim {

/// Timing as sim/dram/platform.h states it, in cycles of the accelerator's clock.
struct DramTiming {
  uint32_t read_latency_cycles = 32;   // from the address to the first beat where nothing else is in the way
  uint32_t write_latency_cycles = 32;  // from the last beat to the response
  uint32_t bytes_per_cycle = 0;        // of all masters together; 0: whatever the ports ask for
  uint32_t shared = 0;                 // reads and writes share these bytes
  // DDR. The latencies above are then the controller's, without the DRAM's own.
  uint32_t banks = 0;                    // 0: ideal
  uint32_t row_bytes = 0;                // of a bank
  uint32_t column_cycles = 0;            // CL: column command to data
  uint32_t activate_cycles = 0;          // tRCD: row opened to column command
  uint32_t precharge_cycles = 0;         // tRP: row closed to the next one opened
  uint32_t row_open_cycles = 0;          // tRAS: row opened to row closed, at least
  uint32_t write_recovery_cycles = 0;    // tWR: last data written to row closed
  uint32_t turnaround_cycles = 0;        // tWTR: last data written to the next read command
  uint32_t refresh_cycles = 0;           // tRFC: all banks stand still
  uint32_t refresh_interval_cycles = 0;  // tREFI
};

/// One memory. Requests are given in the order of their cycles; requests of one cycle count in the order of the calls.
class DramSchedule {
 public:
  explicit DramSchedule(const DramTiming& timing) : timing_(timing), banks_(timing.banks) {
    next_refresh_ = timing.refresh_interval_cycles;
  }

  /// A read whose address is taken in `cycle`. Calls `piece(beats, ready_cycle)` for runs of its beats: the first of a
  /// run is there in `ready_cycle`, the others one cycle after the other.
  template <typename Piece>
  void read(uint64_t cycle, uint64_t address, uint32_t beats, uint32_t bus_bytes, Piece&& piece) {
    if (timing_.bytes_per_cycle == 0) {
      piece(beats, cycle + timing_.read_latency_cycles);
    } else if (timing_.banks == 0) {
      const uint64_t begin = transfer(cycle, beats * bus_bytes, /*write=*/false);
      deliver(begin + timing_.read_latency_cycles, beats, bus_bytes, piece);
    } else {
      while (beats != 0) {
        const uint32_t here =
            std::min(beats, (timing_.row_bytes - static_cast<uint32_t>(address % timing_.row_bytes)) / bus_bytes);
        const uint64_t begin = access(cycle, address, here * bus_bytes, /*write=*/false);
        deliver(begin + timing_.read_latency_cycles, here, bus_bytes, piece);
        address += here * bus_bytes;
        beats -= here;
      }
    }
  }

  /// A write whose last beat is taken in `cycle`: when its response is there.
  uint64_t write(uint64_t cycle, uint64_t address, uint32_t beats, uint32_t bus_bytes) {
    if (timing_.bytes_per_cycle == 0) return cycle + timing_.write_latency_cycles;
    uint64_t end = cycle;
    uint32_t bytes = beats * bus_bytes;
    if (timing_.banks == 0) {
      // Beats were written as they came, where the memory had time for them.
      const uint64_t cycles = cycles_of(bytes);
      const uint64_t first = cycle + 1 > cycles ? cycle + 1 - cycles : 0;
      end = std::max(cycle, transfer(first, bytes, /*write=*/true) + cycles - 1);
    } else {
      while (bytes != 0) {
        const uint32_t here = std::min(bytes, timing_.row_bytes - static_cast<uint32_t>(address % timing_.row_bytes));
        end = std::max(end, access(cycle, address, here, /*write=*/true) + cycles_of(here) - 1);
        address += here;
        bytes -= here;
      }
    }
    return end + timing_.write_latency_cycles;
  }

 private:
  struct Bank {
    bool open = false;
    uint64_t row = 0;
    uint64_t opened_cycle = 0;
    uint64_t free_cycle = 0;       // for the next command
    uint64_t may_close_cycle = 0;  // after a write
  };

  uint64_t cycles_of(uint32_t bytes) const { return (bytes + timing_.bytes_per_cycle - 1) / timing_.bytes_per_cycle; }

  /// Ideal: takes the channel for `bytes` from `cycle` on, or when it is free.
  uint64_t transfer(uint64_t cycle, uint32_t bytes, bool write) {
    uint64_t& free = free_cycle_[write && timing_.shared == 0 ? 1 : 0];
    const uint64_t begin = std::max(cycle, free);
    free = begin + cycles_of(bytes);
    return begin;
  }

  /// DDR: one row of one bank. The cycle of the first data.
  uint64_t access(uint64_t cycle, uint64_t address, uint32_t bytes, bool write) {
    refresh(cycle);
    const uint64_t row_number = address / timing_.row_bytes;
    Bank& bank = banks_[row_number % timing_.banks];
    const uint64_t row = row_number / timing_.banks;
    uint64_t command = std::max(cycle, bank.free_cycle);
    if (!bank.open || bank.row != row) {
      if (bank.open) {
        const uint64_t close = std::max({command, bank.opened_cycle + timing_.row_open_cycles, bank.may_close_cycle});
        command = close + timing_.precharge_cycles;
      }
      bank.open = true;
      bank.row = row;
      bank.opened_cycle = command;
      command += timing_.activate_cycles;
    }
    uint64_t& bus_free = free_cycle_[0];
    if (!write && wrote_last_) command = std::max(command, bus_free + timing_.turnaround_cycles);
    const uint64_t data = std::max(command + timing_.column_cycles, bus_free);
    const uint64_t end = data + cycles_of(bytes);
    bus_free = end;
    bank.free_cycle = end - timing_.column_cycles;
    if (write) bank.may_close_cycle = end + timing_.write_recovery_cycles;
    wrote_last_ = write;
    return data;
  }

  /// All refreshes that are due close the rows and stop the banks.
  void refresh(uint64_t cycle) {
    if (timing_.refresh_interval_cycles == 0) return;
    for (; next_refresh_ <= cycle; next_refresh_ += timing_.refresh_interval_cycles) {
      for (Bank& bank : banks_) {
        bank.free_cycle = std::max(bank.free_cycle, next_refresh_) + timing_.refresh_cycles;
        bank.open = false;
      }
    }
  }

  /// Beats at the memory's rate, where that is less than one per cycle.
  template <typename Piece>
  void deliver(uint64_t begin, uint32_t beats, uint32_t bus_bytes, Piece&& piece) const {
    if (bus_bytes <= timing_.bytes_per_cycle) return piece(beats, begin);
    for (uint32_t beat = 1; beat <= beats; ++beat) piece(1u, begin + cycles_of(beat * bus_bytes) - 1);
  }

  DramTiming timing_;
  std::vector<Bank> banks_;
  uint64_t free_cycle_[2] = {0, 0};  // of the channel, or of reads and of writes
  uint64_t next_refresh_ = 0;
  bool wrote_last_ = false;
};

}  // namespace tandem::sim
