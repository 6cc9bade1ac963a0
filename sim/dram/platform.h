// The memory beside the accelerator, as a platform file states it (docs/platform.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "sim/dram/dram_schedule.h"
#include "support/result.h"

namespace tandem::sim {

/// A DDR memory: its data sheet, in nanoseconds, and the clock of the accelerator that counts.
struct Ddr {
  double clock_mhz = 100;  // of the accelerator
  int data_bits = 16;
  int mega_transfers = 1600;  // per second and data bit
  int banks = 8;
  int row_bytes = 2048;            // of a bank
  double controller_ns = 0;        // on the way there and back
  double column_ns = 0;            // CL
  double activate_ns = 0;          // tRCD
  double precharge_ns = 0;         // tRP
  double row_open_ns = 0;          // tRAS
  double write_recovery_ns = 0;    // tWR
  double turnaround_ns = 0;        // tWTR
  double refresh_ns = 0;           // tRFC
  double refresh_interval_ns = 0;  // tREFI

  bool operator==(const Ddr& other) const;
};

/// An ideal memory (latency and bandwidth), or a DDR one.
struct Platform {
  std::string name = "default";
  int read_latency_cycles = 32;   // from the AR handshake to the first R beat
  int write_latency_cycles = 32;  // from the last W handshake to B
  int bytes_per_cycle = 0;        // of the memory; 0: as many as the ports ask for
  bool shared_channels = false;   // reads and writes share them
  std::optional<Ddr> ddr = {};    // then the four above are of no effect
  bool rtl_accelerator = false;   // on the SystemC platform the Verilated RTL stands in the timing model's place

  bool operator==(const Platform& other) const;  // all but the name
};

/// What the platform means in cycles.
DramTiming dram_timing(const Platform& platform);

Result<Platform> parse_platform(const std::string& text, const std::string& file);
Result<Platform> load_platform(const std::string& path);
std::string to_yaml(const Platform& platform);

}  // namespace tandem::sim
