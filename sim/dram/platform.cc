#include "sim/dram/platform.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <type_traits>
#include <vector>

#include "support/file.h"
#include "support/yaml.h"

namespace tandem::sim {
namespace {

/// A key whose value must lie in [least, greatest].
template <typename Owner, typename Value>
struct Key {
  const char* name;
  Value Owner::*member;
  Value least, greatest;
};

// A response leaves in the cycle after its request at the earliest; the upper end keeps a hang's diagnosis near.
constexpr Key<Platform, int> kLatencies[] = {{"read_latency_cycles", &Platform::read_latency_cycles, 1, 10'000},
                                             {"write_latency_cycles", &Platform::write_latency_cycles, 1, 10'000}};
constexpr Key<Platform, int> kBandwidth = {"bytes_per_cycle", &Platform::bytes_per_cycle, 1, 4096};
constexpr const char* kChannels = "channels";
constexpr const char* kDdr = "ddr";
constexpr const char* kSource = "source";
constexpr const char* kAccelerator = "accelerator";

constexpr Key<Ddr, int> kDdrIntegers[] = {{"data_bits", &Ddr::data_bits, 4, 512},
                                          {"mega_transfers", &Ddr::mega_transfers, 100, 20'000},
                                          {"banks", &Ddr::banks, 1, 64},
                                          {"row_bytes", &Ddr::row_bytes, 64, 65'536}};
constexpr Key<Ddr, double> kDdrNumbers[] = {{"clock_mhz", &Ddr::clock_mhz, 1, 5000},
                                            {"controller_ns", &Ddr::controller_ns, 0, 10'000},
                                            {"column_ns", &Ddr::column_ns, 1, 1000},
                                            {"activate_ns", &Ddr::activate_ns, 1, 1000},
                                            {"precharge_ns", &Ddr::precharge_ns, 1, 1000},
                                            {"row_open_ns", &Ddr::row_open_ns, 1, 1000},
                                            {"write_recovery_ns", &Ddr::write_recovery_ns, 1, 1000},
                                            {"turnaround_ns", &Ddr::turnaround_ns, 0, 1000},
                                            {"refresh_ns", &Ddr::refresh_ns, 1, 10'000},
                                            {"refresh_interval_ns", &Ddr::refresh_interval_ns, 100, 1'000'000}};

template <typename Value>
Result<Value> read_value(const YamlNode& node) {
  if constexpr (std::is_same_v<Value, int>) {
    TANDEM_ASSIGN(const int64_t value, node.integer());
    return static_cast<int>(std::clamp<int64_t>(value, INT32_MIN, INT32_MAX));
  } else {
    return node.number();
  }
}

template <typename Owner, typename Value>
Result<void> read(const YamlNode& map, const Key<Owner, Value>& key, Owner& owner) {
  TANDEM_ASSIGN(const YamlNode node, map.at(key.name));
  TANDEM_ASSIGN(const Value value, read_value<Value>(node));
  if (!(value >= key.least && value <= key.greatest)) {
    return Diagnostic{node.where(),
                      fmt::format("{} is {}, and must lie in [{}, {}]", key.name, value, key.least, key.greatest),
                      {},
                      fmt::format("the nearest legal value is {}", value < key.least ? key.least : key.greatest)};
  }
  owner.*key.member = value;
  return {};
}

uint32_t cycles(double ns, double clock_mhz) { return static_cast<uint32_t>(std::ceil(ns * clock_mhz / 1000 - 1e-9)); }

/// The whole bytes that the DRAM moves in a cycle of the accelerator.
uint32_t ddr_bytes_per_cycle(const Ddr& ddr) {
  return static_cast<uint32_t>(ddr.data_bits / 8.0 * ddr.mega_transfers / ddr.clock_mhz);
}

bool power_of_two(int value) { return (value & (value - 1)) == 0; }

Result<Ddr> parse_ddr(const YamlNode& map) {
  std::vector<std::string> known{kSource};
  for (const auto& key : kDdrIntegers) known.emplace_back(key.name);
  for (const auto& key : kDdrNumbers) known.emplace_back(key.name);
  TANDEM_TRY(map.only_keys(known));
  Ddr ddr;
  for (const auto& key : kDdrIntegers) TANDEM_TRY(read(map, key, ddr));
  for (const auto& key : kDdrNumbers) TANDEM_TRY(read(map, key, ddr));
  TANDEM_ASSIGN(const YamlNode row, map.at("row_bytes"));
  if (!power_of_two(ddr.row_bytes)) {
    return Diagnostic{row.where(), fmt::format("row_bytes is {}, and must be a power of two", ddr.row_bytes), {}, ""};
  }
  if (ddr_bytes_per_cycle(ddr) == 0) {
    TANDEM_ASSIGN(const YamlNode rate, map.at("mega_transfers"));
    return Diagnostic{rate.where(),
                      fmt::format("{} bits at {} mega-transfers move less than a byte per cycle of {} MHz",
                                  ddr.data_bits, ddr.mega_transfers, ddr.clock_mhz),
                      {},
                      "a wider or faster memory, or a slower clock"};
  }
  if (ddr.refresh_interval_ns <= 2 * ddr.refresh_ns) {
    TANDEM_ASSIGN(const YamlNode interval, map.at("refresh_interval_ns"));
    return Diagnostic{interval.where(),
                      fmt::format("a refresh of {} ns every {} ns leaves the memory no time", ddr.refresh_ns,
                                  ddr.refresh_interval_ns),
                      {},
                      "data sheets call them tRFC and tREFI"};
  }
  return ddr;
}

template <typename Keys, typename Owner>
bool equal(const Keys& keys, const Owner& a, const Owner& b) {
  for (const auto& key : keys) {
    if (a.*key.member != b.*key.member) return false;
  }
  return true;
}

}  // namespace

bool Ddr::operator==(const Ddr& other) const {
  return equal(kDdrIntegers, *this, other) && equal(kDdrNumbers, *this, other);
}

bool Platform::operator==(const Platform& other) const {
  if (rtl_accelerator != other.rtl_accelerator) return false;
  if (ddr || other.ddr) return ddr == other.ddr;
  return equal(kLatencies, *this, other) && bytes_per_cycle == other.bytes_per_cycle &&
         shared_channels == other.shared_channels;
}

DramTiming dram_timing(const Platform& platform) {
  DramTiming timing;
  if (!platform.ddr) {
    timing.read_latency_cycles = static_cast<uint32_t>(platform.read_latency_cycles);
    timing.write_latency_cycles = static_cast<uint32_t>(platform.write_latency_cycles);
    timing.bytes_per_cycle = static_cast<uint32_t>(platform.bytes_per_cycle);
    timing.shared = platform.shared_channels ? 1 : 0;
    return timing;
  }
  const Ddr& ddr = *platform.ddr;
  const auto in_cycles = [&](double ns) { return cycles(ns, ddr.clock_mhz); };
  // A response leaves in the cycle after its request at the earliest.
  timing.read_latency_cycles = timing.write_latency_cycles = std::max(in_cycles(ddr.controller_ns), 1u);
  timing.bytes_per_cycle = ddr_bytes_per_cycle(ddr);
  timing.shared = 1;
  timing.banks = static_cast<uint32_t>(ddr.banks);
  timing.row_bytes = static_cast<uint32_t>(ddr.row_bytes);
  timing.column_cycles = in_cycles(ddr.column_ns);
  timing.activate_cycles = in_cycles(ddr.activate_ns);
  timing.precharge_cycles = in_cycles(ddr.precharge_ns);
  timing.row_open_cycles = in_cycles(ddr.row_open_ns);
  timing.write_recovery_cycles = in_cycles(ddr.write_recovery_ns);
  timing.turnaround_cycles = in_cycles(ddr.turnaround_ns);
  timing.refresh_cycles = in_cycles(ddr.refresh_ns);
  timing.refresh_interval_cycles = in_cycles(ddr.refresh_interval_ns);
  return timing;
}

Result<Platform> parse_platform(const std::string& text, const std::string& file) {
  TANDEM_ASSIGN(const YamlNode root, YamlNode::parse(text, file));
  Platform platform;
  std::vector<std::string> known{"name", kAccelerator};
  const bool has_ddr = root.is_map() && root.has(kDdr);
  if (has_ddr) {
    known.emplace_back(kDdr);
  } else {
    for (const auto& key : kLatencies) known.emplace_back(key.name);
    known.insert(known.end(), {kBandwidth.name, kChannels, kDdr});
  }
  TANDEM_TRY(root.only_keys(known));
  if (root.has("name")) {
    TANDEM_ASSIGN(const YamlNode node, root.at("name"));
    TANDEM_ASSIGN(platform.name, node.text());
  }
  if (root.has(kAccelerator)) {
    TANDEM_ASSIGN(const YamlNode node, root.at(kAccelerator));
    TANDEM_ASSIGN(const std::string model, node.text());
    const std::vector<std::string> models{"timing", "rtl"};
    if (model != models[0] && model != models[1]) return unknown_name(node.where(), "accelerator", model, models);
    platform.rtl_accelerator = model == models[1];
  }
  if (has_ddr) {
    TANDEM_ASSIGN(const YamlNode node, root.at(kDdr));
    TANDEM_ASSIGN(platform.ddr, parse_ddr(node));
    return platform;
  }
  for (const auto& key : kLatencies) TANDEM_TRY(read(root, key, platform));
  if (root.has(kBandwidth.name)) TANDEM_TRY(read(root, kBandwidth, platform));
  if (!root.has(kChannels)) return platform;
  TANDEM_ASSIGN(const YamlNode node, root.at(kChannels));
  TANDEM_ASSIGN(const std::string channels, node.text());
  const std::vector<std::string> choices{"separate", "shared"};
  if (channels != choices[0] && channels != choices[1])
    return unknown_name(node.where(), "kind of channels", channels, choices);
  platform.shared_channels = channels == choices[1];
  if (platform.shared_channels && platform.bytes_per_cycle == 0) {
    return Diagnostic{node.where(),
                      "shared channels need bytes_per_cycle: reads and writes share what the memory moves",
                      {},
                      "add bytes_per_cycle: 8, the default bus's width"};
  }
  return platform;
}

Result<Platform> load_platform(const std::string& path) {
  TANDEM_ASSIGN(const std::string text, read_text_file(path));
  return parse_platform(text, path);
}

std::string to_yaml(const Platform& platform) {
  std::string text = fmt::format("name: {}\n", platform.name);
  if (platform.rtl_accelerator) text += fmt::format("{}: rtl\n", kAccelerator);
  if (platform.ddr) {
    text += fmt::format("{}:\n", kDdr);
    for (const auto& key : kDdrIntegers) text += fmt::format("  {}: {}\n", key.name, *platform.ddr.*key.member);
    for (const auto& key : kDdrNumbers) text += fmt::format("  {}: {}\n", key.name, *platform.ddr.*key.member);
    return text;
  }
  for (const auto& key : kLatencies) text += fmt::format("{}: {}\n", key.name, platform.*key.member);
  if (platform.bytes_per_cycle != 0) text += fmt::format("{}: {}\n", kBandwidth.name, platform.bytes_per_cycle);
  if (platform.shared_channels) text += fmt::format("{}: shared\n", kChannels);
  return text;
}

}  // namespace tandem::sim
