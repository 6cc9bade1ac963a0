#include "sim/dram/dram.h"

#include <gtest/gtest.h>

#include <array>
#include <numeric>

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

}  // namespace
}  // namespace tandem::sim
