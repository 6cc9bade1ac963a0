#include "synth/device.h"

#include <algorithm>
#include <filesystem>

#include "support/environment.h"
#include "support/yaml.h"

namespace tandem::synth {

Result<Device> load_device(const std::string& name) {
  std::vector<std::string> names;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(checkout_path("configs/device"), ignored)) {
    if (entry.path().extension() == ".yaml") names.push_back(entry.path().stem());
  }
  std::sort(names.begin(), names.end());
  if (std::find(names.begin(), names.end(), name) == names.end()) return unknown_name({}, "device", name, names);
  TANDEM_ASSIGN(const YamlNode root, YamlNode::load(checkout_path("configs/device/" + name + ".yaml")));
  TANDEM_TRY(root.only_keys({"name", "lut", "ff", "bram36", "dsp"}));
  Device device;
  TANDEM_ASSIGN(const YamlNode own_name, root.at("name"));
  TANDEM_ASSIGN(device.name, own_name.text());
  for (const auto& [key, member] :
       {std::pair{"lut", &device.lut}, {"ff", &device.ff}, {"bram36", &device.bram36}, {"dsp", &device.dsp}}) {
    TANDEM_ASSIGN(const YamlNode node, root.at(key));
    TANDEM_ASSIGN(*member, node.integer());
  }
  return device;
}

std::vector<Use> uses(const Resources& resources, const Device& device) {
  return {{"lut", static_cast<double>(resources.lut), static_cast<double>(device.lut)},
          {"ff", static_cast<double>(resources.ff), static_cast<double>(device.ff)},
          {"bram36", resources.bram36(), static_cast<double>(device.bram36)},
          {"dsp", static_cast<double>(resources.dsp), static_cast<double>(device.dsp)}};
}

bool fits(const Resources& resources, const Device& device) {
  const std::vector<Use> all = uses(resources, device);
  return std::all_of(all.begin(), all.end(), [](const Use& use) { return use.fits(); });
}

}  // namespace tandem::synth
