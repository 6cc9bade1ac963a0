#include "sim/dram/platform.h"

#include <gtest/gtest.h>

#include "support/environment.h"

namespace tandem::sim {
namespace {

std::string error_of(const std::string& text) { return render(parse_platform(text, "p.yaml").error()); }

TEST(Platform, TheShippedOneIsTheDefault) {
  const Result<Platform> shipped = load_platform(checkout_path("configs/platform/default.yaml"));
  ASSERT_TRUE(shipped.ok()) << render(shipped.error());
  EXPECT_EQ(*shipped, Platform{});
}

TEST(Platform, TextParsesBack) {
  const Platform platform{"slow", 128, 7};
  const Result<Platform> again = parse_platform(to_yaml(platform), "p.yaml");
  ASSERT_TRUE(again.ok()) << render(again.error());
  EXPECT_EQ(*again, platform);
  EXPECT_EQ(again->name, "slow");
}

TEST(Platform, Mistakes) {
  EXPECT_EQ(error_of("read_latency_cycles: 32\nwrite_latency_cycles: 0\n"),
            "p.yaml:2:23: error: write_latency_cycles is 0, and must lie in [1, 10000]\n"
            "  hint: the nearest legal value is 1");
  EXPECT_EQ(error_of("read_latency_cycles: 20000\nwrite_latency_cycles: 1\n"),
            "p.yaml:1:22: error: read_latency_cycles is 20000, and must lie in [1, 10000]\n"
            "  hint: the nearest legal value is 10000");
}

}  // namespace
}  // namespace tandem::sim
