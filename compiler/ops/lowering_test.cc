#include "compiler/ops/lowering.h"

#include <gtest/gtest.h>

#include "compiler/loop/interpreter.h"
#include "compiler/ops/depthwise_plan.h"
#include "compiler/ops/sample.h"
#include "compiler/ops/template.h"

namespace tandem::ops {
namespace {

Conv2d conv(int64_t c, int64_t size, int64_t o, int64_t kernel, int64_t stride, int64_t pad) {
  Conv2d op;
  op.c = c, op.o = o, op.h = op.w = size;
  op.kernel_h = op.kernel_w = kernel;
  op.stride_h = op.stride_w = stride;
  op.pad_top = op.pad_left = op.pad_bottom = op.pad_right = pad;
  op.per_channel = Rounding::kSingle;
  op.pad_value = -7;
  return op;
}

/// Interprets the operator, and what it is lowered to behind the host's part.
void expect_same(const Operator& op, const isa::HwConfig& hardware) {
  SCOPED_TRACE(key(op));
  const Lowered lowered = lower(op, hardware);
  ASSERT_TRUE(check(lowered.op).ok()) << to_string(lowered.op);
  Rng rng(5);
  std::map<std::string, Tensor> expected, found;
  for (const loop::Param& param : define(op).params) {
    if (!param.is_output) expected[param.buffer->name] = sample(op, param, rng);
  }
  found = expected;
  ASSERT_TRUE(loop::interpret_logical(define(op), expected).ok());
  found["weight"] = lower_weight(op, lowered, found["weight"]);
  if (lowered.expansion) {
    std::map<std::string, Tensor> host = {{"x", found["x"]}};
    ASSERT_TRUE(loop::interpret_logical(define(*lowered.expansion), host).ok());
    found["x"] = host.at("y");
  }
  ASSERT_TRUE(loop::interpret_logical(define(lowered.op), found).ok());
  EXPECT_TRUE(found.at("y") == expected.at("y")) << to_string(lowered.op);
}

TEST(Lowering, AFirstLayerIsFoldedIntoWholeBlocks) {
  const isa::HwConfig hardware;
  const Lowered lowered = lower(conv(3, 224, 64, 7, 2, 3), hardware);
  EXPECT_EQ(lowered.reason, "3 channels are less than a block of 16: the host makes 147 of them");
  EXPECT_EQ(to_string(lowered.op), "conv2d 1x147x112x112 -> 64, 1x1 stride 1x1 pad 0,0,0,0");
  EXPECT_EQ(to_string(*lowered.expansion), "im2col 1x3x224x224, 7x7 stride 2x2 pad 3,3,2,2");
  EXPECT_EQ(roofline_cycles(lowered.op, hardware), 112 * 112 * 4 * 10);
  EXPECT_EQ(lower(conv(16, 56, 64, 3, 1, 1), hardware).reason, "");
  EXPECT_EQ(lower(conv(3, 56, 64, 1, 1, 0), hardware).reason, "");  // nothing to fold
}

TEST(Lowering, KeepsTheMeaning) {
  isa::HwConfig plain;
  plain.chosen_depthwise_width = 0;
  plain.extended_alu = 0;
  isa::HwConfig wide;
  wide.chosen_depthwise_width = 4;
  isa::HwConfig uneven;
  uneven.block_in = 8;
  uneven.block_out = 32;
  for (const isa::HwConfig& hardware : {isa::HwConfig{}, plain, wide, uneven}) {
    for (const int64_t c : {1, 3, 5}) {
      for (const int64_t stride : {1, 2, 3}) {
        Conv2d op = conv(c, 9, 5, 4, stride, 1);
        op.pad_bottom = 2;
        expect_same(op, hardware);
        op.dilation_h = 2;
        op.kernel_w = 1;
        expect_same(op, hardware);
      }
    }
    for (const int64_t groups : {2, 4, 24}) {
      Conv2d op = conv(24, 5, 48, 3, 1, 1);
      op.groups = groups;
      expect_same(op, hardware);
      op.o = 24;
      op.dilation_w = 2;
      expect_same(op, hardware);
    }
    AveragePool pool;
    pool.c = 20, pool.h = 4, pool.w = 5, pool.pad_left = 1, pool.pad_value = 3;
    expect_same(pool, hardware);
  }
}

TEST(Lowering, SaysWhy) {
  isa::HwConfig hardware;
  Conv2d op = conv(32, 5, 32, 3, 1, 1);
  op.groups = 32;
  EXPECT_EQ(lower(op, hardware).reason, "");
  hardware.chosen_depthwise_width = 4;
  EXPECT_EQ(lower(op, hardware).reason, "1 columns of zero weights fill steps of 4 taps");
  hardware.chosen_depthwise_width = 0;
  hardware.extended_alu = 0;
  EXPECT_EQ(lower(op, hardware).reason,
            "the host writes pads of -7, which the hardware cannot: it lacks 'extended_alu'; 16 groups of 1 -> 1 "
            "channels are computed together, with zero weights between them, as blocks have 16 -> 16 lanes");
  AveragePool pool;
  pool.c = 16;
  EXPECT_EQ(lower(pool, hardware).reason.substr(0, 77),
            "a sum is a convolution, as the hardware has no depthwise MAC of one tap; 16 g");
}

}  // namespace
}  // namespace tandem::ops
