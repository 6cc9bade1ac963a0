#include "isa/random_hardware.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

namespace tandem::isa {
namespace {

TEST(RandomHardware, IsLegalAndReplaysFromItsSeed) {
  for (uint64_t seed = 0; seed < 500; ++seed) {
    Rng rng(seed), again(seed);
    const RandomHardwareOptions options{int64_t{16} << (seed % 9), int64_t{2048} << (seed % 11)};
    if (options.most_macs * 2 > options.most_buffer_bytes) continue;  // two weights would not fit
    const HwConfig config = random_hardware(rng, options);
    EXPECT_TRUE(check(config).empty()) << to_yaml(config);
    EXPECT_LE(config.macs_per_uop(), options.most_macs);
    EXPECT_LE(config.wgt_buffer_bytes, options.most_buffer_bytes);
    EXPECT_EQ(random_hardware(again, options).name, config.name);
  }
}

TEST(RandomHardware, ReachesEveryLegalValueOfEveryParameter) {
  std::map<std::string, std::set<int64_t>> seen;
  Rng rng(1);
  for (int i = 0; i < 3000; ++i) {
    const HwConfig config = random_hardware(rng);
    for (const std::string& name : parameter_names()) seen[name].insert(parameter(config, name));
  }
  for (const std::string& name : parameter_names()) {
    const std::vector<int64_t> legal = legal_values(name);
    EXPECT_EQ(seen[name], std::set<int64_t>(legal.begin(), legal.end())) << name;
  }
}

}  // namespace
}  // namespace tandem::isa
