#include "sim/dram/dram.h"

#include <gtest/gtest.h>

#include <array>
#include <numeric>
#include <vector>

namespace tandem::sim {
namespace {

constexpr uint32_t kBus = 8;

class DramTest : public ::testing::Test {
 protected:
  DramTest() { std::iota(bytes_.begin(), bytes_.end(), uint8_t{0}); }
  std::array<uint8_t, 256> bytes_{};
  Dram dram_{bytes_.data(), bytes_.size(), kBus, {10, 20}};
};

TEST_F(DramTest, FirstBeatAfterTheLatencyThenOnePerCycle) {
  dram_.accept_read(100, 16, 2, 1);
  dram_.accept_read(101, 64, 1, 2);
  EXPECT_FALSE(dram_.read_valid(109));
  std::array<uint8_t, kBus> beat{};
  ASSERT_TRUE(dram_.read_valid(110));
  dram_.read_data(beat.data());
  EXPECT_EQ(beat[0], 16);
  EXPECT_EQ(dram_.read_id(), 1);
  EXPECT_FALSE(dram_.read_last());
  dram_.pop_read_beat();
  ASSERT_TRUE(dram_.read_valid(111));
  EXPECT_TRUE(dram_.read_last());
  dram_.pop_read_beat();
  ASSERT_TRUE(dram_.read_valid(112)) << "the next burst follows without a gap";
  dram_.read_data(beat.data());
  EXPECT_EQ(beat[7], 71);
  EXPECT_EQ(dram_.read_id(), 2);
  dram_.pop_read_beat();
  EXPECT_FALSE(dram_.read_valid(113));
  EXPECT_EQ(dram_.read_beats(), 3u);
}

TEST_F(DramTest, WritesKeepTheBytesWithoutStrobe) {
  const std::array<uint8_t, kBus> beat{201, 202, 203, 204, 205, 206, 207, 208};
  EXPECT_FALSE(dram_.write_data_ready());
  dram_.accept_write(8, 2);
  dram_.accept_write_beat(50, beat.data(), 0xff, true);
  dram_.accept_write_beat(51, beat.data(), 0x82, true);
  EXPECT_EQ(bytes_[8], 201);
  EXPECT_EQ(bytes_[15], 208);
  EXPECT_EQ(bytes_[16], 16);
  EXPECT_EQ(bytes_[17], 202);
  EXPECT_EQ(bytes_[23], 208);
  EXPECT_FALSE(dram_.response_valid(70));
  ASSERT_TRUE(dram_.response_valid(71));
  EXPECT_EQ(dram_.response(), Dram::kOkay);
}

TEST_F(DramTest, BeyondTheEndIsAnError) {
  dram_.accept_read(0, 248, 2, 0);
  EXPECT_EQ(dram_.read_response(), Dram::kOkay);
  dram_.pop_read_beat();
  EXPECT_EQ(dram_.read_response(), Dram::kDecodeError);
  const std::array<uint8_t, kBus> beat{};
  dram_.accept_write(256, 1);
  dram_.accept_write_beat(0, beat.data(), 0xff, true);
  EXPECT_EQ(dram_.response(), Dram::kDecodeError);
}

/// The cycle of each beat of a read that is taken in `cycle`.
std::vector<uint64_t> beats_of(DramSchedule& schedule, uint64_t cycle, uint64_t address, uint32_t beats) {
  std::vector<uint64_t> cycles;
  schedule.read(cycle, address, beats, kBus, [&](uint32_t count, uint64_t ready) {
    for (uint32_t i = 0; i < count; ++i) cycles.push_back(ready + i);
  });
  return cycles;
}
using Cycles = std::vector<uint64_t>;

TEST(DramSchedule, HalfTheBandwidthDeliversEverySecondCycle) {
  DramSchedule schedule({10, 20, 4});
  EXPECT_EQ(beats_of(schedule, 100, 0, 3), (Cycles{111, 113, 115}));
  EXPECT_EQ(beats_of(schedule, 101, 0, 1), (Cycles{117})) << "the memory is busy until 106";
  EXPECT_EQ(schedule.write(100, 0, 1, kBus), 120u) << "writes have a channel of their own";
  EXPECT_EQ(schedule.write(101, 0, 1, kBus), 122u) << "which is busy for 2 cycles";
}

TEST(DramSchedule, ABandwidthAboveThePortsDelaysOnlyWhatComesAtOnce) {
  DramSchedule schedule({10, 20, 16});
  EXPECT_EQ(beats_of(schedule, 100, 0, 4), (Cycles{110, 111, 112, 113}));
  EXPECT_EQ(beats_of(schedule, 100, 0, 1), (Cycles{112})) << "4 beats take 2 cycles of the memory";
}

TEST(DramSchedule, SharedChannelsTakeTurnsInTheOrderOfArrival) {
  DramSchedule schedule({10, 20, 8, 1});
  EXPECT_EQ(beats_of(schedule, 100, 0, 4).front(), 110u);
  EXPECT_EQ(schedule.write(101, 0, 2, kBus), 105u + 20u);
  EXPECT_EQ(beats_of(schedule, 102, 0, 1), (Cycles{116}));
}

/// CL 3, tRCD 4, tRP 5, tRAS 20, tWR 6, tWTR 2; two banks of rows of 64 bytes, refreshed for 30 cycles every 1,000.
DramTiming ddr() {
  DramTiming timing{10, 20, 8, 1};
  timing.banks = 2;
  timing.row_bytes = 64;
  timing.column_cycles = 3;
  timing.activate_cycles = 4;
  timing.precharge_cycles = 5;
  timing.row_open_cycles = 20;
  timing.write_recovery_cycles = 6;
  timing.turnaround_cycles = 2;
  timing.refresh_cycles = 30;
  timing.refresh_interval_cycles = 1000;
  return timing;
}

TEST(Ddr, AnOpenRowIsQuickAndAnotherRowIsNot) {
  DramSchedule schedule(ddr());
  EXPECT_EQ(beats_of(schedule, 100, 0, 1), (Cycles{100 + 4 + 3 + 10})) << "opened, then read";
  EXPECT_EQ(beats_of(schedule, 150, 8, 1), (Cycles{150 + 3 + 10})) << "hit";
  EXPECT_EQ(beats_of(schedule, 200, 128, 1), (Cycles{200 + 5 + 4 + 3 + 10})) << "closed, opened, read";
  EXPECT_EQ(beats_of(schedule, 250, 64, 1), (Cycles{250 + 4 + 3 + 10})) << "the other bank has no row open";
  EXPECT_EQ(beats_of(schedule, 260, 192, 1), (Cycles{250 + 20 + 5 + 4 + 3 + 10})) << "a row stays open for tRAS";
}

TEST(Ddr, ABurstOverTwoRowsOpensBoth) {
  DramSchedule schedule(ddr());
  EXPECT_EQ(beats_of(schedule, 100, 48, 4), (Cycles{117, 118, 119, 120}));
}

TEST(Ddr, WritesDelayWhatFollowsThem) {
  DramSchedule schedule(ddr());
  EXPECT_EQ(schedule.write(100, 0, 2, kBus), 100u + 4 + 3 + 1 + 20) << "the second beat is written in 108";
  EXPECT_EQ(beats_of(schedule, 101, 0, 1), (Cycles{109 + 2 + 3 + 10})) << "tWTR after the last data";
  EXPECT_EQ(schedule.write(200, 0, 1, kBus), 200u + 3 + 20);
  EXPECT_EQ(beats_of(schedule, 200, 128, 1), (Cycles{204 + 6 + 5 + 4 + 3 + 10})) << "tWR before the row is closed";
}

TEST(Ddr, ARefreshClosesTheRows) {
  DramSchedule schedule(ddr());
  EXPECT_EQ(beats_of(schedule, 990, 0, 1), (Cycles{990 + 4 + 3 + 10}));
  EXPECT_EQ(beats_of(schedule, 999, 8, 1), (Cycles{999 + 3 + 10}));
  EXPECT_EQ(beats_of(schedule, 1000, 8, 1), (Cycles{1000 + 30 + 4 + 3 + 10}));
}

}  // namespace
}  // namespace tandem::sim
