#include "sim/api/agreement.h"

#include <fmt/format.h>

#include <map>

namespace tandem::sim {
namespace {

using Values = std::map<std::string, uint64_t>;

Values values_of(const RunResult& result) { return {result.counters.begin(), result.counters.end()}; }

/// The first output that differs, and where.
std::string output_difference(const Buffers& meant, const Buffers& other) {
  if (meant.size() != other.size()) return fmt::format("{} outputs, not {}", other.size(), meant.size());
  for (const auto& [name, bytes] : meant) {
    const auto found = other.find(name);
    if (found == other.end()) return fmt::format("no output '{}'", name);
    for (size_t i = 0; i < bytes.size(); ++i) {
      if (i < found->second.size() && bytes[i] == found->second[i]) continue;
      return fmt::format("byte {} of '{}' is {:#04x}, not {:#04x}", i, name, found->second.at(i), bytes[i]);
    }
  }
  return "";
}

std::string sums_difference(const Values& counters, uint64_t cycles) {
  for (const char* engine : {"fetch.", "load.", "compute.", "store."}) {
    uint64_t sum = 0;
    for (const auto& [name, value] : counters) sum += name.rfind(engine, 0) == 0 ? value : 0;
    if (sum != cycles) return fmt::format("the causes of {}* sum to {}, not to {} cycles", engine, sum, cycles);
  }
  return "";
}

}  // namespace

std::string disagreement(const RunResult& meant, const RunResult& timed) {
  std::string difference = output_difference(meant.outputs, timed.outputs);
  if (!difference.empty()) return difference;
  const Values expected = values_of(meant), counters = values_of(timed);
  const auto compare = [&](const std::string& name, uint64_t value, uint64_t should) {
    if (difference.empty() && value != should) difference = fmt::format("{} is {}, not {}", name, value, should);
  };
  compare("macs", timed.macs, meant.macs);
  compare("alu.ops", counters.at("alu.ops"), expected.at("alu.uops"));
  compare("requantize.ops", counters.at("requantize.ops"), expected.at("requantize.elements"));
  for (const char* buffer : {"uop", "inp", "wgt", "prm", "out"}) {
    const std::string name = fmt::format("{}.bytes", buffer);
    compare(name, counters.at(name), expected.at(name));
  }
  compare("acc.bytes", counters.at("acc.bytes"), expected.at("acc.bytes") + expected.at("acc8.bytes"));
  return difference.empty() ? sums_difference(counters, timed.cycles) : difference;
}

}  // namespace tandem::sim
