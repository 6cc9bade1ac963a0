// hw/registers.svh read as data: the register map that the RTL includes, for the simulator's C++ and for the
// documentation.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tandem::sim {

/// One line "localparam int NAME = VALUE;  // COMMENT".
struct RegisterMapEntry {
  std::string name;
  int64_t value = 0;
  std::string comment;
};

/// By the prefix of their names; in the order of the file.
struct RegisterMap {
  std::vector<RegisterMapEntry> registers;  // Reg*: byte offsets
  std::vector<RegisterMapEntry> errors;     // Error*: codes
  std::vector<RegisterMapEntry> counters;   // Count*: numbers
  std::vector<RegisterMapEntry> others;
};

RegisterMap parse_register_map(const std::string& svh);

/// "CountLoadWaitCompute" -> "load.wait_compute", the name in RunResult::counters.
std::string counter_name(const std::string& camel);

/// C++ for the harness: a constant per entry, and the counters' names in their order.
std::string registers_header(const RegisterMap& map);

/// docs/registers.md.
std::string registers_page(const RegisterMap& map);

}  // namespace tandem::sim
