// What operators without a meaning are told, in whole texts.
#include "compiler/ops/operator.h"

#include <gmock/gmock.h>

namespace tandem::ops {
namespace {

std::string refusal(const Operator& op) {
  const Result<void> checked = check(op);
  return checked.ok() ? "" : render(checked.error());
}

Conv2d conv2d() {
  Conv2d op;
  op.c = op.o = 6;
  op.h = op.w = 5;
  op.kernel_h = op.kernel_w = 3;
  return op;
}

TEST(Operator, IsRefusedWithItsRule) {
  EXPECT_EQ(refusal(conv2d()), "");
  Conv2d conv = conv2d();
  conv.groups = 4;
  EXPECT_EQ(
      refusal(conv),
      "error: conv2d 1x6x5x5 -> 6, 3x3 stride 1x1 pad 0,0,0,0 in 4 groups: 4 groups must divide 6 input and 6 output "
      "channels");
  conv = conv2d();
  conv.dilation_w = 0;
  EXPECT_EQ(refusal(conv),
            "error: conv2d 1x6x5x5 -> 6, 3x3 stride 1x1 pad 0,0,0,0 dilation 1x0: dilations must be at least 1");
  conv = conv2d();
  conv.dilation_h = 3;
  EXPECT_EQ(
      refusal(conv),
      "error: conv2d 1x6x5x5 -> 6, 3x3 stride 1x1 pad 0,0,0,0 dilation 3x1: the kernel 7x3 is larger than the padded "
      "input 5x5, so there is no output");
  conv = conv2d();
  conv.pad_value = 200;
  EXPECT_EQ(refusal(conv),
            "error: conv2d 1x6x5x5 -> 6, 3x3 stride 1x1 pad 0,0,0,0: the pad value 200 must lie in [-128, 127]");
}

TEST(Operator, AMaximumNeedsSomethingOfTheInput) {
  MaxPool pool{1, 1, 4, 4, 2, 3, 2, 2, 1, 2, 1, 2};
  EXPECT_EQ(refusal(pool), "");
  pool.pad_left = 3;
  EXPECT_EQ(
      refusal(pool),
      "error: max_pool 1x1x4x4, 2x3 stride 2x2 pad 1,3,1,2: pads must be smaller than the kernel 2x3: a window of pads "
      "alone has no maximum");
}

}  // namespace
}  // namespace tandem::ops
