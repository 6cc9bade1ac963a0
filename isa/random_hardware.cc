#include "isa/random_hardware.h"

#include <fmt/format.h>

#include <algorithm>

namespace tandem::isa {
namespace {

constexpr double kEnds = 0.4;         // share of the draws that are the least or the greatest value
constexpr double kEqualBlocks = 0.4;  // share of the draws that may have a unit for depthwise convolution by this alone

int64_t draw(Rng& rng, const std::string& name, int64_t most) {
  std::vector<int64_t> values = legal_values(name);
  values.erase(std::upper_bound(values.begin(), values.end(), most), values.end());
  if (rng.chance(kEnds)) return rng.chance(0.5) ? values.front() : values.back();
  return rng.pick(values);
}

}  // namespace

HwConfig random_hardware(Rng& rng, const RandomHardwareOptions& options) {
  // Rules over several parameters are kept by drawing again.
  while (true) {
    HwConfig config;
    const auto set = [&](const std::string& name, int64_t most) {
      config = with_parameter(config, name, draw(rng, name, most));
    };
    for (const std::string& name : parameter_names()) {
      const bool buffer = name.find("_buffer_bytes") != std::string::npos;
      set(name, buffer ? options.most_buffer_bytes : legal_values(name).back());
    }
    if (rng.chance(kEqualBlocks)) config.block_out = config.block_in;
    set("requant_lanes", config.block_out);
    set("alu_lanes", int64_t{config.batch} * config.block_out);
    set("depthwise_width", config.block_in == config.block_out ? legal_values("depthwise_width").back() : 0);
    if (config.macs_per_uop() > options.most_macs || !check(config).empty()) continue;
    config.name = fmt::format("random_{:08x}", hash(config) & 0xffffffff);
    return config;
  }
}

}  // namespace tandem::isa
