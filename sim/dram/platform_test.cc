#include "sim/dram/platform.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "support/environment.h"

namespace tandem::sim {
namespace {

Platform value_of(const Result<Platform>& platform) {
  if (!platform.ok()) ADD_FAILURE() << render(platform.error());
  return platform.ok() ? *platform : Platform{};
}

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

TEST(Platform, EveryShippedOneParsesBack) {
  for (const auto& entry : std::filesystem::directory_iterator(checkout_path("configs/platform"))) {
    const Result<Platform> platform = load_platform(entry.path().string());
    ASSERT_TRUE(platform.ok()) << render(platform.error());
    EXPECT_EQ(platform->name, entry.path().stem().string());
    const Result<Platform> again = parse_platform(to_yaml(*platform), "again.yaml");
    ASSERT_TRUE(again.ok()) << render(again.error());
    EXPECT_EQ(*again, *platform);
  }
}

TEST(Platform, NanosecondsAreRoundedUpToCycles) {
  const Platform platform = value_of(load_platform(checkout_path("configs/platform/ddr3_pynq_z1.yaml")));
  const DramTiming timing = dram_timing(platform);
  EXPECT_EQ(timing.bytes_per_cycle, 21u);  // 2 bytes x 1,050 M / 100 MHz
  EXPECT_EQ(timing.activate_cycles, 2u);
  EXPECT_EQ(timing.row_open_cycles, 4u);
  EXPECT_EQ(timing.refresh_cycles, 26u);
  EXPECT_EQ(timing.refresh_interval_cycles, 780u);
}

TEST(Platform, Mistakes) {
  EXPECT_EQ(error_of("read_latency_cycles: 32\nwrite_latency_cycles: 0\n"),
            "p.yaml:2:23: error: write_latency_cycles is 0, and must lie in [1, 10000]\n"
            "  hint: the nearest legal value is 1");
  EXPECT_EQ(error_of("read_latency_cycles: 20000\nwrite_latency_cycles: 1\n"),
            "p.yaml:1:22: error: read_latency_cycles is 20000, and must lie in [1, 10000]\n"
            "  hint: the nearest legal value is 10000");
  const std::string latencies = "read_latency_cycles: 32\nwrite_latency_cycles: 32\n";
  EXPECT_EQ(error_of(latencies + "bytes_per_cycle: 0\n"),
            "p.yaml:3:18: error: bytes_per_cycle is 0, and must lie in [1, 4096]\n"
            "  hint: the nearest legal value is 1");
  EXPECT_EQ(error_of(latencies + "channels: common\n"),
            "p.yaml:3:11: error: unknown kind of channels 'common'\n  legal: separate, shared");
  EXPECT_EQ(error_of(latencies + "channels: shared\n"),
            "p.yaml:3:11: error: shared channels need bytes_per_cycle: reads and writes share what the memory moves\n"
            "  hint: add bytes_per_cycle: 8, the default bus's width");
  EXPECT_EQ(error_of(latencies + "ddr:\n  banks: 8\n"),
            "p.yaml:1:1: error: unknown key 'read_latency_cycles'\n  legal: name, accelerator, ddr");
}

TEST(Platform, MistakesInDdr) {
  std::string text = to_yaml(value_of(load_platform(checkout_path("configs/platform/ddr3_pynq_z1.yaml"))));
  const auto with = [&](const std::string& line, const std::string& other) {
    std::string changed = text;
    return changed.replace(changed.find(line), line.size(), other);
  };
  EXPECT_EQ(error_of(with("banks: 8", "banks: 0")),
            "p.yaml:5:10: error: banks is 0, and must lie in [1, 64]\n  hint: the nearest legal value is 1");
  EXPECT_EQ(error_of(with("row_bytes: 2048", "row_bytes: 2000")),
            "p.yaml:6:14: error: row_bytes is 2000, and must be a power of two");
  text = with("data_bits: 16", "data_bits: 4");
  EXPECT_EQ(error_of(with("clock_mhz: 100", "clock_mhz: 1000")),
            "p.yaml:4:19: error: 4 bits at 1050 mega-transfers move less than a byte per cycle of 1000 MHz\n"
            "  hint: a wider or faster memory, or a slower clock");
  EXPECT_EQ(error_of(with("refresh_interval_ns: 7800", "refresh_interval_ns: 500")),
            "p.yaml:16:24: error: a refresh of 260 ns every 500 ns leaves the memory no time\n"
            "  hint: data sheets call them tRFC and tREFI");
  EXPECT_EQ(error_of("ddr:\n  bank: 8\n"),
            "p.yaml:2:3: error: unknown key 'bank'\n  legal: source, data_bits, mega_transfers, banks, row_bytes, "
            "clock_mhz, controller_ns, column_ns, activate_ns, precharge_ns, row_open_ns, write_recovery_ns, "
            "turnaround_ns, refresh_ns, refresh_interval_ns\n  hint: did you mean 'banks'?");
}

}  // namespace
}  // namespace tandem::sim
