#include "sim/dram/platform.h"

#include <fmt/format.h>

#include "support/file.h"
#include "support/yaml.h"

namespace tandem::sim {
namespace {

// A response leaves in the cycle after its request at the earliest; the upper end keeps a hang's diagnosis near.
constexpr int64_t kLeastLatency = 1;
constexpr int64_t kGreatestLatency = 10'000;

struct Key {
  const char* name;
  int Platform::*member;
};
constexpr Key kLatencies[] = {{"read_latency_cycles", &Platform::read_latency_cycles},
                              {"write_latency_cycles", &Platform::write_latency_cycles}};

}  // namespace

Result<Platform> parse_platform(const std::string& text, const std::string& file) {
  TANDEM_ASSIGN(const YamlNode root, YamlNode::parse(text, file));
  std::vector<std::string> known{"name"};
  for (const Key& key : kLatencies) known.emplace_back(key.name);
  TANDEM_TRY(root.only_keys(known));
  Platform platform;
  if (root.has("name")) {
    TANDEM_ASSIGN(const YamlNode node, root.at("name"));
    TANDEM_ASSIGN(platform.name, node.text());
  }
  for (const Key& key : kLatencies) {
    TANDEM_ASSIGN(const YamlNode node, root.at(key.name));
    TANDEM_ASSIGN(const int64_t value, node.integer());
    if (value < kLeastLatency || value > kGreatestLatency) {
      return Diagnostic{
          node.where(),
          fmt::format("{} is {}, and must lie in [{}, {}]", key.name, value, kLeastLatency, kGreatestLatency),
          {},
          fmt::format("the nearest legal value is {}", value < kLeastLatency ? kLeastLatency : kGreatestLatency)};
    }
    platform.*key.member = static_cast<int>(value);
  }
  return platform;
}

Result<Platform> load_platform(const std::string& path) {
  TANDEM_ASSIGN(const std::string text, read_text_file(path));
  return parse_platform(text, path);
}

std::string to_yaml(const Platform& platform) {
  std::string text = fmt::format("name: {}\n", platform.name);
  for (const Key& key : kLatencies) text += fmt::format("{}: {}\n", key.name, platform.*key.member);
  return text;
}

}  // namespace tandem::sim
