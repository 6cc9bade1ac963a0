// The memory beside the accelerator, as a platform file states it (docs/design.md, Machine model).
#pragma once

#include <cstdint>
#include <string>

#include "support/result.h"

namespace tandem::sim {

/// Ideal DRAM: read and write channels are independent, one beat per cycle each.
struct Platform {
  std::string name = "default";
  int read_latency_cycles = 32;   // from the AR handshake to the first R beat
  int write_latency_cycles = 32;  // from the last W handshake to B
  bool operator==(const Platform& other) const {
    return read_latency_cycles == other.read_latency_cycles && write_latency_cycles == other.write_latency_cycles;
  }
};

Result<Platform> parse_platform(const std::string& text, const std::string& file);
Result<Platform> load_platform(const std::string& path);
std::string to_yaml(const Platform& platform);

}  // namespace tandem::sim
