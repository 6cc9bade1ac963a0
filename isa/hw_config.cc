#include "isa/hw_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>

#include "isa/instruction_info.h"
#include "support/check.h"
#include "support/file.h"
#include "support/hash.h"
#include "support/yaml.h"

namespace tandem::isa {
namespace {

constexpr int64_t kKiB = 1024;
constexpr int64_t kMaxMacs = 4096;  // lanes of multipliers
constexpr int64_t kMinDepth = 2;    // elements of a buffer

/// A parameter's place and rule: in [low, high], and a power of two where said (or 0, where low is 0). Sizes are
/// written with KiB.
struct Parameter {
  const char* key;
  const char* verilog;  // nullptr: the depth of a buffer follows from it
  int64_t low;
  int64_t high;
  bool power_of_two;
  bool size;
  int64_t (*get)(const HwConfig&);
  void (*set)(HwConfig&, int64_t);
  std::optional<int> HwConfig::*choice = nullptr;  // where the value follows from others unless it is chosen
};

#define TANDEM_MEMBER(member)                                      \
  [](const HwConfig& config) -> int64_t { return config.member; }, \
      [](HwConfig& config, int64_t value) { config.member = static_cast<decltype(config.member)>(value); }
#define TANDEM_CHOICE(member)                                                                    \
  [](const HwConfig& config) -> int64_t { return config.member(); },                             \
      [](HwConfig& config, int64_t value) { config.chosen_##member = static_cast<int>(value); }, \
      &HwConfig::chosen_##member

/// Every parameter, in the order in which it is written. The one list behind reading, writing, checking, comparing and
/// Verilog.
const std::vector<Parameter>& parameters() {
  static const std::vector<Parameter> list = {
      {"batch", "Batch", 1, 8, true, false, TANDEM_MEMBER(batch)},
      {"block_in", "BlockIn", 4, 64, true, false, TANDEM_MEMBER(block_in)},
      {"block_out", "BlockOut", 4, 64, true, false, TANDEM_MEMBER(block_out)},
      {"uop_buffer_bytes", nullptr, 2 * kKiB, 2048 * kKiB, true, true, TANDEM_MEMBER(uop_buffer_bytes)},
      {"inp_buffer_bytes", nullptr, 2 * kKiB, 2048 * kKiB, true, true, TANDEM_MEMBER(inp_buffer_bytes)},
      {"wgt_buffer_bytes", nullptr, 2 * kKiB, 2048 * kKiB, true, true, TANDEM_MEMBER(wgt_buffer_bytes)},
      {"acc_buffer_bytes", nullptr, 2 * kKiB, 2048 * kKiB, true, true, TANDEM_MEMBER(acc_buffer_bytes)},
      {"prm_buffer_bytes", nullptr, 2 * kKiB, 2048 * kKiB, true, true, TANDEM_MEMBER(prm_buffer_bytes)},
      {"bus_bytes", "BusBytes", 8, 64, true, false, TANDEM_MEMBER(bus_bytes)},
      {"outstanding_reads", "OutstandingReads", 1, 64, false, false, TANDEM_MEMBER(outstanding_reads)},
      {"command_queue_depth", "CommandQueueDepth", 4, 4096, true, false, TANDEM_MEMBER(command_queue_depth)},
      {"token_queue_depth", "TokenQueueDepth", 4, 4096, true, false, TANDEM_MEMBER(token_queue_depth)},
      {"requant_lanes", "RequantLanes", 0, 64, true, false, TANDEM_CHOICE(requant_lanes)},
      {"depthwise_width", "DepthwiseWidth", 0, 4, true, false, TANDEM_CHOICE(depthwise_width)},
      {"alu_lanes", "AluLanes", 1, 512, true, false, TANDEM_CHOICE(alu_lanes)},
      {"extended_alu", "ExtendedAlu", 0, 1, false, false, TANDEM_MEMBER(extended_alu)},
      {"dsp_packing", "DspPacking", 0, 1, false, false, TANDEM_MEMBER(dsp_packing)},
  };
  return list;
}

#undef TANDEM_MEMBER
#undef TANDEM_CHOICE

const Parameter& find_parameter(const std::string& name) {
  const auto found = std::find_if(parameters().begin(), parameters().end(),
                                  [&](const Parameter& parameter) { return parameter.key == name; });
  TANDEM_CHECK(found != parameters().end(), "no hardware parameter '" + name + "'");
  return *found;
}

bool is_power_of_two(int64_t value) { return value > 0 && (value & (value - 1)) == 0; }

/// The legal value that is nearest in ratio for powers of two, in distance otherwise.
int64_t nearest_legal(const Parameter& parameter, int64_t value) {
  if (value <= parameter.low) return parameter.low;
  if (value >= parameter.high) return parameter.high;
  if (!parameter.power_of_two) return value;
  int64_t below = 1;
  while (below * 2 <= value) below *= 2;
  return value - below <= below * 2 - value ? below : below * 2;
}

std::string written(const Parameter& parameter, int64_t value) {
  if (parameter.size && value % kKiB == 0) return fmt::format("{} KiB", value / kKiB);
  return fmt::format("{}", value);
}

struct BrokenRule {
  std::string key;  // the parameter to which the message points
  Diagnostic diagnostic;
};

std::optional<Diagnostic> check_range(const Parameter& parameter, int64_t value) {
  const bool in_range = value >= parameter.low && value <= parameter.high;
  const bool or_zero = parameter.power_of_two && parameter.low == 0;
  if (in_range && (!parameter.power_of_two || is_power_of_two(value) || value == 0)) return std::nullopt;
  return Diagnostic{{},
                    fmt::format("{} {} is not {} from {} to {}", parameter.key, written(parameter, value),
                                or_zero                  ? "0 or a power of two"
                                : parameter.power_of_two ? "a power of two"
                                                         : "a number",
                                written(parameter, or_zero ? 1 : parameter.low), written(parameter, parameter.high)),
                    {},
                    fmt::format("the nearest legal value is {}", written(parameter, nearest_legal(parameter, value)))};
}

void check_multipliers(const HwConfig& config, std::vector<BrokenRule>& broken) {
  if (config.macs_per_uop() <= kMaxMacs) return;
  HwConfig smaller = config;
  while (smaller.macs_per_uop() > kMaxMacs && smaller.batch > 1) smaller.batch /= 2;
  while (smaller.macs_per_uop() > kMaxMacs) smaller.block_out /= 2;
  broken.push_back({"batch",
                    {{},
                     fmt::format("batch {} x block_in {} x block_out {} = {} multipliers are more than {}",
                                 config.batch, config.block_in, config.block_out, config.macs_per_uop(), kMaxMacs),
                     {},
                     fmt::format("the nearest legal design has batch {}, block_in {}, block_out {}", smaller.batch,
                                 smaller.block_in, smaller.block_out)}});
}

void check_depths(const HwConfig& config, std::vector<BrokenRule>& broken) {
  const std::pair<const char*, Memory> buffers[] = {
      {"inp_buffer_bytes", Memory::kInp}, {"wgt_buffer_bytes", Memory::kWgt}, {"acc_buffer_bytes", Memory::kAcc}};
  for (const auto& [key, memory] : buffers) {
    if (config.depth(memory) >= kMinDepth) continue;
    const Parameter& size = find_parameter(key);
    const int64_t element = config.element_bytes(memory);
    broken.push_back({key,
                      {{},
                       fmt::format("{} {} holds {} elements of {} bytes; at least {} are needed", key,
                                   written(size, size.get(config)), config.depth(memory), element, kMinDepth),
                       {},
                       fmt::format("the nearest legal value is {}", written(size, element * kMinDepth))}});
  }
}

/// Units that are narrower than the blocks divide them; depthwise needs equal ones.
void check_units(const HwConfig& config, std::vector<BrokenRule>& broken) {
  if (config.requant_lanes() > config.block_out) {
    broken.push_back(
        {"requant_lanes",
         {{},
          fmt::format("requant_lanes {} is more than block_out {}", config.requant_lanes(), config.block_out),
          {},
          fmt::format("the nearest legal value is {}", config.block_out)}});
  }
  const int lanes = config.batch * config.block_out;
  if (config.alu_lanes() > lanes) {
    broken.push_back({"alu_lanes",
                      {{},
                       fmt::format("alu_lanes {} is more than batch {} x block_out {} = {}", config.alu_lanes(),
                                   config.batch, config.block_out, lanes),
                       {},
                       fmt::format("the nearest legal value is {}", lanes)}});
  }
  if (config.depthwise_width() > 0 && config.block_in != config.block_out) {
    broken.push_back({"depthwise_width",
                      {{},
                       fmt::format("depthwise_width {} needs equal blocks; block_in is {} and block_out {}",
                                   config.depthwise_width(), config.block_in, config.block_out),
                       {},
                       "the nearest legal value is 0"}});
  }
}

/// Rules over several parameters are looked at only where each parameter is legal by itself.
std::vector<BrokenRule> broken_rules(const HwConfig& config) {
  std::vector<BrokenRule> broken;
  for (const Parameter& parameter : parameters()) {
    if (parameter.choice != nullptr && !(config.*parameter.choice)) continue;
    if (auto problem = check_range(parameter, parameter.get(config))) broken.push_back({parameter.key, *problem});
  }
  if (!broken.empty()) return broken;
  check_multipliers(config, broken);
  check_depths(config, broken);
  check_units(config, broken);
  return broken;
}

}  // namespace

int64_t HwConfig::element_bytes(Memory memory) const {
  return lane_count(*this, memory) * lane_bits(*this, memory) / 8;
}

int64_t HwConfig::depth(Memory memory) const {
  switch (memory) {
    case Memory::kUop:
      return uop_buffer_bytes / element_bytes(Memory::kUop);
    case Memory::kInp:
      return inp_buffer_bytes / element_bytes(Memory::kInp);
    case Memory::kWgt:
      return wgt_buffer_bytes / element_bytes(Memory::kWgt);
    case Memory::kAcc:
    case Memory::kAcc8:
    case Memory::kOut:
      return acc_buffer_bytes / element_bytes(Memory::kAcc);
    case Memory::kPrm:
      return requant_lanes() == 0 ? 0 : prm_buffer_bytes / element_bytes(Memory::kPrm);
  }
  return 0;
}

int64_t HwConfig::buffer_bits() const {
  return 8 * (uop_buffer_bytes + inp_buffer_bytes + wgt_buffer_bytes + acc_buffer_bytes + out_buffer_bytes() +
              depth(Memory::kPrm) * element_bytes(Memory::kPrm));
}

bool HwConfig::operator==(const HwConfig& other) const {
  return std::all_of(parameters().begin(), parameters().end(),
                     [&](const Parameter& parameter) { return parameter.get(*this) == parameter.get(other); });
}

std::vector<Diagnostic> check(const HwConfig& config, const SourceLocation& where) {
  std::vector<Diagnostic> diagnostics;
  for (BrokenRule& rule : broken_rules(config)) {
    rule.diagnostic.where = where;
    diagnostics.push_back(std::move(rule.diagnostic));
  }
  return diagnostics;
}

Result<HwConfig> parse_hw(const std::string& text, const std::string& file) {
  TANDEM_ASSIGN(const YamlNode root, YamlNode::parse(text, file));
  std::vector<std::string> keys = {"name"};
  for (const Parameter& parameter : parameters()) keys.emplace_back(parameter.key);
  TANDEM_TRY(root.only_keys(keys));
  HwConfig config;
  config.name = std::filesystem::path(file).stem().string();
  if (root.has("name")) {
    TANDEM_ASSIGN(const YamlNode name, root.at("name"));
    TANDEM_ASSIGN(config.name, name.text());
  }
  for (const Parameter& parameter : parameters()) {
    if (!root.has(parameter.key)) continue;
    TANDEM_ASSIGN(const YamlNode node, root.at(parameter.key));
    TANDEM_ASSIGN(const int64_t value, node.integer(parameter.size));
    if (auto problem = check_range(parameter, value)) {
      problem->where = node.where();
      return *problem;
    }
    parameter.set(config, value);
  }
  std::vector<BrokenRule> broken = broken_rules(config);
  if (broken.empty()) return config;
  Diagnostic first = std::move(broken.front().diagnostic);
  first.where = root.where();
  if (root.has(broken.front().key)) {
    TANDEM_ASSIGN(const YamlNode node, root.at(broken.front().key));
    first.where = node.where();
  }
  return first;
}

Result<HwConfig> load_hw(const std::string& path) {
  TANDEM_ASSIGN(const std::string text, read_text_file(path));
  return parse_hw(text, path);
}

std::string to_yaml(const HwConfig& config) {
  std::string text = fmt::format("name: {}\n", config.name);
  for (const Parameter& parameter : parameters()) {
    text += fmt::format("{}: {}\n", parameter.key, written(parameter, parameter.get(config)));
  }
  return text;
}

uint64_t hash(const HwConfig& config) {
  std::string content;
  for (const Parameter& parameter : parameters())
    content += fmt::format("{}={};", parameter.key, parameter.get(config));
  return hash64(content);
}

std::vector<std::string> parameter_names() {
  std::vector<std::string> names;
  for (const Parameter& parameter : parameters()) names.emplace_back(parameter.key);
  return names;
}

std::vector<int64_t> legal_values(const std::string& name) {
  const Parameter& parameter = find_parameter(name);
  std::vector<int64_t> values;
  for (int64_t value = parameter.low; value <= parameter.high;) {
    values.push_back(value);
    value = parameter.power_of_two && value > 0 ? 2 * value : value + 1;
  }
  return values;
}

int64_t parameter(const HwConfig& config, const std::string& name) { return find_parameter(name).get(config); }

HwConfig with_parameter(HwConfig config, const std::string& name, int64_t value) {
  find_parameter(name).set(config, value);
  return config;
}

std::vector<RtlParameter> rtl_parameters(const HwConfig& config) {
  std::vector<RtlParameter> result;
  for (const Parameter& parameter : parameters()) {
    if (parameter.verilog != nullptr) result.push_back({parameter.verilog, parameter.get(config)});
  }
  for (const auto& [name, memory] :
       {std::pair{"UopDepth", Memory::kUop}, std::pair{"InpDepth", Memory::kInp}, std::pair{"WgtDepth", Memory::kWgt},
        std::pair{"AccDepth", Memory::kAcc}, std::pair{"PrmDepth", Memory::kPrm}}) {
    result.push_back({name, config.depth(memory)});
  }
  return result;
}

}  // namespace tandem::isa
