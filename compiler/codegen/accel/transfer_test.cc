#include "compiler/codegen/accel/transfer.h"

#include <gtest/gtest.h>

#include <map>

#include "support/rng.h"

namespace tandem::codegen {
namespace {

constexpr int64_t kPad = -1;
using Image = std::map<int64_t, int64_t>;  // scratchpad element -> DRAM element, or kPad

void copy_reference(const std::vector<TransferLoop>& loops, size_t depth, int64_t sram, int64_t dram, bool valid,
                    Image& image) {
  if (depth == loops.size()) {
    ASSERT_TRUE(image.emplace(sram, valid ? dram : kPad).second);
    return;
  }
  const TransferLoop& l = loops[depth];
  for (int64_t i = 0; i < l.extent; ++i) {
    copy_reference(loops, depth + 1, sram + i * l.sram_stride, dram + i * l.dram_stride,
                   valid && i >= l.valid_begin && i < l.valid_end, image);
  }
}

/// As ISA.md describes LOAD.
void carry_out(const TransferBlock& b, Image& image) {
  const int64_t width = b.x_pad_0 + b.x_size + b.x_pad_1;
  for (int64_t y = 0; y < b.y_pad_0 + b.y_size + b.y_pad_1; ++y) {
    for (int64_t x = 0; x < width; ++x) {
      const bool inside =
          y >= b.y_pad_0 && y < b.y_pad_0 + b.y_size && x >= b.x_pad_0 && x < b.x_pad_0 + b.x_size && !b.zero;
      const int64_t from = b.dram_base + (y - b.y_pad_0) * b.x_stride + x - b.x_pad_0;
      ASSERT_TRUE(image.emplace(b.sram_base + y * width + x, inside ? from : kPad).second)
          << "an element is written twice";
    }
  }
}

TEST(Transfer, BlocksMoveWhatTheLoopsSay) {
  for (uint64_t seed = 0; seed < 2000; ++seed) {
    SCOPED_TRACE(seed);
    Rng rng(seed);
    const TransferLimits limits = {rng.uniform(1, 6), rng.uniform(1, 9), rng.uniform(4, 40), rng.uniform(0, 3),
                                   rng.uniform(0, 3)};
    std::vector<TransferLoop> loops;
    int64_t sram = 1, dram = rng.chance(0.8) ? 1 : 2;
    const int64_t count = rng.uniform(0, 4);
    for (int64_t i = 0; i < count; ++i) {
      TransferLoop l;
      l.extent = rng.uniform(1, 5);
      l.sram_stride = sram;
      l.dram_stride = rng.chance(0.1) ? 0 : dram;
      l.valid_begin = rng.chance(0.3) ? rng.uniform(0, l.extent) : 0;
      l.valid_end = rng.chance(0.3) ? rng.uniform(l.valid_begin, l.extent) : l.extent;
      sram = sram * l.extent + (rng.chance(0.2) ? rng.uniform(0, 3) : 0);
      dram = dram * l.extent + (rng.chance(0.4) ? rng.uniform(0, 20) : 0);
      loops.insert(loops.begin(), l);
    }
    Image expected, found;
    copy_reference(loops, 0, 7, 1000, true, expected);
    for (const TransferBlock& block : transfer_blocks(7, 1000, loops, limits)) {
      EXPECT_LE(block.y_size, limits.y_size);
      EXPECT_LE(block.x_size, limits.x_size);
      EXPECT_LE(block.x_stride, limits.x_stride);
      EXPECT_LE(std::max(block.y_pad_0, block.y_pad_1), limits.y_pad);
      EXPECT_LE(std::max(block.x_pad_0, block.x_pad_1), limits.x_pad);
      EXPECT_GE(std::min(block.x_size, block.y_size), 1);
      carry_out(block, found);
    }
    ASSERT_EQ(found, expected);
  }
}

TEST(Transfer, APaddedTileIsOneInstructionPerChannelBlock) {
  // c < 2, h < 16 with one row of pads before, w < 16 with a column of pads on both sides, in a tensor of 14 x 14.
  const std::vector<TransferBlock> blocks = transfer_blocks(
      0, -15, {{2, 256, 196, 0, 2}, {16, 16, 14, 1, 16}, {16, 1, 1, 1, 15}}, {65535, 65535, 65535, 15, 15});
  ASSERT_EQ(blocks.size(), 2u);
  EXPECT_EQ(blocks[0].dram_base, 0);
  EXPECT_EQ(blocks[0].y_size, 15);
  EXPECT_EQ(blocks[0].x_size, 14);
  EXPECT_EQ(blocks[0].y_pad_0, 1);
  EXPECT_EQ(blocks[0].x_pad_1, 1);
  EXPECT_EQ(blocks[1].sram_base, 256);
}

TEST(Transfer, WholeRowsJoin) {
  const std::vector<TransferBlock> blocks =
      transfer_blocks(0, 0, {{4, 56, 112, 0, 4}, {7, 8, 8, 0, 7}, {8, 1, 1, 0, 8}}, {65535, 65535, 65535, 15, 15});
  ASSERT_EQ(blocks.size(), 1u);
  EXPECT_EQ(blocks[0].y_size, 4);
  EXPECT_EQ(blocks[0].x_size, 56);
  EXPECT_EQ(blocks[0].x_stride, 112);
}

}  // namespace
}  // namespace tandem::codegen
