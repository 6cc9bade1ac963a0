#include "compiler/ops/template.h"

#include <gtest/gtest.h>

#include <cmath>

#include "compiler/loop/interpreter.h"
#include "compiler/ops/requantize_lowering.h"
#include "support/rng.h"

namespace tandem::ops {
namespace {

/// One image of c x size x size.
Conv2d conv2d(int64_t c, int64_t size, int64_t o, int64_t kernel, int64_t stride = 1, int64_t pad = 0) {
  Conv2d op;
  op.c = c;
  op.h = op.w = size;
  op.o = o;
  op.kernel_h = op.kernel_w = kernel;
  op.stride_h = op.stride_w = stride;
  op.pad_top = op.pad_left = op.pad_bottom = op.pad_right = pad;
  return op;
}

Conv2d per_channel(Conv2d op, Rounding rounding, int pad_value) {
  op.per_channel = rounding;
  op.pad_value = pad_value;
  return op;
}

Conv2d in_groups(Conv2d op, int64_t groups) {
  op.groups = groups;
  return op;
}

Add rescaled_add(int64_t c, int64_t size) {
  Add op;
  op.c = c;
  op.h = op.w = size;
  op.rescaled = Rounding::kTflite;
  return op;
}

int64_t expected_requantize(const Requantize& r, int64_t value) {
  int64_t shifted = value;
  if (r.shift > 62) shifted = 0;
  if (r.shift > 0 && r.shift <= 62) shifted = (value + (int64_t{1} << (r.shift - 1))) >> r.shift;
  if (r.shift < 0) shifted = value * (int64_t{1} << std::min(-r.shift, 31));
  return std::min<int64_t>(std::max<int64_t>(shifted, r.low), r.high);
}

/// In int32 that wraps, as the ALU computes.
int64_t carry_out(const std::vector<AluStep>& steps, int64_t start) {
  auto value = static_cast<int32_t>(start);
  for (const AluStep& step : steps) {
    EXPECT_GE(step.immediate, -32768);
    EXPECT_LE(step.immediate, 32767);
    const int64_t imm = step.immediate;
    switch (step.op) {
      case AluStep::Op::kAdd:
        value = static_cast<int32_t>(static_cast<uint32_t>(value) + static_cast<uint32_t>(imm));
        break;
      case AluStep::Op::kMin:
        value = static_cast<int32_t>(std::min<int64_t>(value, imm));
        break;
      case AluStep::Op::kMax:
        value = static_cast<int32_t>(std::max<int64_t>(value, imm));
        break;
      case AluStep::Op::kShr:
        if (imm >= 0) {
          value >>= std::min<int64_t>(imm, 31);
        } else {
          value = imm <= -32 ? 0 : static_cast<int32_t>(static_cast<uint32_t>(value) << -imm);
        }
        break;
    }
  }
  return value;
}

TEST(RequantizeLowering, EqualsTheDefinitionForEveryShiftAndEdge) {
  Rng rng(1);
  for (int shift = -40; shift <= 40; ++shift) {
    for (int clamp = 0; clamp < 6; ++clamp) {
      Requantize r{shift, -128, 127};
      if (clamp == 1) r.low = 0;
      if (clamp > 1) {
        r.low = static_cast<int>(rng.uniform(-128, 127));
        r.high = static_cast<int>(rng.uniform(r.low, 127));
      }
      std::vector<int64_t> values = {0, 1, -1, INT32_MAX, INT32_MIN, INT32_MAX - 1, INT32_MIN + 1};
      for (int bit = 0; bit < 31; ++bit) {
        for (const int64_t off : {-1, 0, 1}) {
          values.push_back((int64_t{1} << bit) + off);
          values.push_back(-(int64_t{1} << bit) + off);
        }
      }
      for (int i = 0; i < 40; ++i) values.push_back(rng.uniform(INT32_MIN, INT32_MAX) >> rng.uniform(0, 24));
      for (const int64_t value : values) {
        ASSERT_EQ(carry_out(lower_requantize(r, false), value), expected_requantize(r, value))
            << "shift " << shift << " value " << value << " clamp " << r.low << ", " << r.high;
        if (!half_can_be_folded(r, std::abs(value))) continue;
        ASSERT_EQ(carry_out(lower_requantize(r, true), value + rounding_half(r)), expected_requantize(r, value));
      }
    }
  }
}

TEST(RequantizeLowering, TheHalfIsFoldedOnlyWhereItCannotWrap) {
  const Requantize r{8, -128, 127};
  EXPECT_TRUE(half_can_be_folded(r, INT32_MAX - 128));
  EXPECT_FALSE(half_can_be_folded(r, int64_t{INT32_MAX} - 127));
  EXPECT_FALSE(half_can_be_folded({20, -128, 127}, 1)) << "no immediate holds 2^19";
  EXPECT_FALSE(half_can_be_folded({0, -128, 127}, 1)) << "nothing is rounded";
}

TEST(ChannelParameters, ScalesAreTheNearestMultipliers) {
  const auto half = channel_scale(0.5), most = channel_scale(2147483647.9), tiny = channel_scale(1e-30);
  ASSERT_TRUE(half.ok() && most.ok() && tiny.ok());
  EXPECT_EQ(half->multiplier, 1 << 30);
  EXPECT_EQ(half->left + half->right, 0);
  EXPECT_EQ(tiny->multiplier, 0);
  const auto scale = channel_scale(0.0123456789);
  EXPECT_EQ(scale->multiplier, 1696777188);  // round(0.0123456789 * 2^6 * 2^31)
  EXPECT_EQ(scale->right, 6);
  EXPECT_EQ(channel_scale(6.5)->left, 3);
  EXPECT_EQ(render(channel_scale(-1).error()),
            "error: no multiplier stands for the scale -1\n  hint: scales lie in [0, 2^31)");
}

TEST(ChannelParameters, AreFourWords) {
  const Tensor packed = pack_parameters({{-2, 1 << 30, 3, 31, -128, -7, 127}});
  EXPECT_EQ(packed.shape, (Shape{1, 4}));
  const int32_t* words = packed.as<int32_t>();
  EXPECT_EQ(words[0], -2);
  EXPECT_EQ(words[1], 1 << 30);
  EXPECT_EQ(words[2], 0x1f03);
  EXPECT_EQ(words[3], 0x7ff980);
}

TEST(Operator, TextsAndChecks) {
  Conv2d conv = conv2d(16, 8, 32, 3, 1, 1);
  EXPECT_EQ(to_string(conv), "conv2d 1x16x8x8 -> 32, 3x3 stride 1x1 pad 1,1,1,1");
  EXPECT_EQ(key(conv), "conv2d_n1c16h8w8o32_k3x3_s1x1_p1,1,1,1_q0,-128,127_b32");
  EXPECT_EQ(macs(conv), 16 * 9 * 32 * 64);
  EXPECT_TRUE(check(conv).ok());
  EXPECT_EQ(key(per_channel(conv, Rounding::kTflite, -3)), "conv2d_n1c16h8w8o32_k3x3_s1x1_p1,1,1,1z-3_tflite");
  EXPECT_EQ(render(check(per_channel(conv, Rounding::kTflite, 128)).error()),
            "error: conv2d 1x16x8x8 -> 32, 3x3 stride 1x1 pad 1,1,1,1: the pad value 128 must lie in [-128, 127]");
  conv.kernel_h = 11;
  EXPECT_EQ(render(check(conv).error()),
            "error: conv2d 1x16x8x8 -> 32, 11x3 stride 1x1 pad 1,1,1,1: the kernel 11x3 is larger than the padded "
            "input 10x10, so there is no "
            "output");
  EXPECT_EQ(render(check(Clip{1, 1, 1, 1, 5, 4}).error()),
            "error: clip 1x1x1x1 to [5, 4]: the clamp [5, 4] must be a non-empty part of [-128, 127]");
  EXPECT_EQ(render(check(Add{1, 1, 1, 1, 23, 0, {}}).error()),
            "error: add 1x1x1x1: left shifts 23 and 0 must lie in [0, 22]");
  Tensor bias(DType::kI32, {3});
  bias.as<int32_t>()[1] = -128;
  bias.as<int32_t>()[2] = 127;
  EXPECT_EQ(bias_bits(bias), 8);
  bias.as<int32_t>()[0] = 128;
  EXPECT_EQ(bias_bits(bias), 9);
}

TEST(Template, RooflineIsTheDesigns) {
  const isa::HwConfig hardware;
  // 56x56 64 -> 64: 50,176 micro-ops; 64 KiB more of traffic do not bind.
  EXPECT_EQ(roofline_cycles(conv2d(64, 56, 64, 1), hardware), 50176);
  // 1x1 stride 2 touches every second row: 28 x 56 x 128 bytes read, 32 KiB of weights, 16 blocks of bias.
  EXPECT_EQ(roofline_cycles(conv2d(128, 56, 256, 1, 2), hardware), 28 * 28 * 8 * 16);
  EXPECT_EQ(roofline_cycles(conv2d(16, 56, 16, 1, 2), hardware), (28 * 56 * 16 + 256 + 64) / 8);
  EXPECT_EQ(roofline_cycles(Clip{1, 16, 10, 10, 0, 6}, hardware), 100 * 16 / 8);
}

TEST(Template, SaysWhatDoesNotFit) {
  const isa::HwConfig hardware;
  const Conv2d conv = conv2d(256, 14, 256, 3, 1, 1);
  KnobValues values = *default_knobs(conv, hardware);
  EXPECT_EQ(infeasible(conv, hardware, values), "");
  values["tile_c"] = 16;
  EXPECT_EQ(infeasible(conv, hardware, values),
            "inputs: 1 x 4096 elements do not fit 'inp', which has 2048 (32768 bytes)");
  EXPECT_EQ(render(schedule_for_accel(conv, hardware, values).error()),
            "error: conv2d 1x256x14x14 -> 256, 3x3 stride 1x1 pad 1,1,1,1: inputs: 1 x 4096 elements do not fit 'inp', "
            "which has 2048 (32768 "
            "bytes)\n  hint: choose other knob values");
  values["tile_c"] = 17;
  EXPECT_EQ(infeasible(conv, hardware, values), "knob 'tile_c' is 17, not in [1, 16]");
  values.erase("tile_c");
  EXPECT_EQ(infeasible(conv, hardware, values), "knob 'tile_c' has no value");
  isa::HwConfig tiny;
  tiny.name = "tiny";
  tiny.batch = 8;
  tiny.block_out = 64;
  tiny.acc_buffer_bytes = 2048;
  isa::HwConfig plain;
  plain.chosen_requant_lanes = 0;
  plain.extended_alu = 0;
  EXPECT_EQ(infeasible(per_channel(conv, Rounding::kSingle, 0), plain,
                       *default_knobs(per_channel(conv, Rounding::kSingle, 0), hardware)),
            "channels requantised each by its own parameters need 'requant_lanes', which the hardware has 0 of");
  plain.chosen_requant_lanes = 16;
  EXPECT_EQ(infeasible(per_channel(conv, Rounding::kSingle, 1), plain,
                       *default_knobs(per_channel(conv, Rounding::kSingle, 1), hardware)),
            "pads of 1 need 'extended_alu', which the hardware lacks");
  EXPECT_EQ(
      render(default_knobs(conv, tiny).error()),
      "error: conv2d 1x256x14x14 -> 256, 3x3 stride 1x1 pad 1,1,1,1 does not fit hardware 'tiny': accumulators: 1 x 1 "
      "elements and 1 of bias do not fit 'acc', which has 1 (2048 bytes)\n  hint: enlarge that buffer");
  Conv2d grouped = conv;
  grouped.groups = 32;
  EXPECT_EQ(render(default_knobs(grouped, hardware).error()),
            "error: conv2d 1x256x14x14 -> 256, 3x3 stride 1x1 pad 1,1,1,1 in 32 groups: it is computed as conv2d "
            "1x256x14x14 -> 256, 3x3 stride 1x1 pad 1,1,1,1 in 16 groups: 2 groups of 8 -> 8 channels are computed "
            "together, with zero weights between them, as blocks have 16 -> 16 lanes");
  EXPECT_EQ(render(default_knobs(Im2col{}, hardware).error()),
            "error: im2col 1x1x1x1, 1x1 stride 1x1 pad 0,0,0,0: the host makes channels of windows");
}

TEST(Template, ATraceReplaysToTheSameKernel) {
  const isa::HwConfig hardware;
  const Conv2d conv = conv2d(33, 9, 17, 3, 2, 1);
  const auto scheduled = schedule_for_accel(conv, hardware, *default_knobs(conv, hardware));
  ASSERT_TRUE(scheduled.ok());
  const auto again = replay(conv, hardware, scheduled->trace);
  ASSERT_TRUE(again.ok()) << render(again.error());
  EXPECT_TRUE(loop::equal(scheduled->kernel, again->kernel));
  EXPECT_EQ(render(replay(conv, hardware, "{").error()), "error: a trace is a JSON list of steps");
  EXPECT_EQ(render(replay(Clip{}, hardware, scheduled->trace).error()),
            "error: step 0 of the trace: cannot pad: unknown loop 'o'\n  legal: n, c, h, w\n  "
            "hint: did you mean 'n'?");
  for (const Operator& op : {Operator(MaxPool{1, 9, 7, 7, 3, 3, 2, 2, 1, 1, 1, 1}),
                             Operator(Add{1, 9, 5, 3, 2, 1, {3, -128, 127}}), Operator(Clip{1, 3, 2, 2, 0, 6})}) {
    const auto other = schedule_for_accel(op, hardware, *default_knobs(op, hardware));
    ASSERT_TRUE(other.ok()) << render(other.error());
    const auto replayed = replay(op, hardware, other->trace);
    ASSERT_TRUE(replayed.ok()) << render(replayed.error());
    EXPECT_TRUE(loop::equal(other->kernel, replayed->kernel));
  }
}

/// The scheduled kernel means what the definition means, in the interpreter alone.
TEST(Template, SchedulesKeepTheMeaning) {
  isa::HwConfig hardware;
  hardware.batch = 2;
  hardware.block_in = 4;
  hardware.block_out = 8;
  const Operator operators[] = {Conv2d{3, 6, 7, 5, 10, 3, 2, 2, 1, 1, 1, 0, 1, {5, 0, 127}},
                                per_channel(conv2d(13, 7, 10, 3, 2, 1), Rounding::kSingle, -5),
                                per_channel(conv2d(5, 6, 9, 1, 2), Rounding::kTflite, 7),
                                per_channel(conv2d(4, 3, 8, 1), Rounding::kSingle, 0),
                                MaxPool{1, 9, 7, 7, 3, 3, 2, 2, 1, 1, 1, 1},
                                Add{1, 9, 5, 3, 2, 0, {3, -128, 127}},
                                in_groups(per_channel(conv2d(16, 7, 16, 3, 2, 1), Rounding::kTflite, 3), 2),
                                rescaled_add(9, 4),
                                Clip{1, 3, 2, 2, 0, 6}};
  for (const Operator& op : operators) {
    SCOPED_TRACE(key(op));
    const auto scheduled = schedule_for_accel(op, hardware, *default_knobs(op, hardware));
    ASSERT_TRUE(scheduled.ok()) << render(scheduled.error());
    const loop::Kernel definition = define(op);
    Rng rng(7);
    std::map<std::string, Tensor> expected;
    for (const loop::Param& param : definition.params) {
      if (param.is_output) continue;
      Tensor tensor(loop::tensor_type(param.buffer->type), param.buffer->shape);
      for (uint8_t& byte : tensor.data) byte = static_cast<uint8_t>(rng.next());
      expected[param.buffer->name] = tensor;
    }
    std::map<std::string, Tensor> found = expected;
    ASSERT_TRUE(loop::interpret_logical(definition, expected).ok());
    const auto ran = loop::interpret_logical(scheduled->kernel, found);
    ASSERT_TRUE(ran.ok()) << render(ran.error());
    EXPECT_TRUE(found.at("y") == expected.at("y"));
  }
}

TEST(Template, FeaturesHaveFixedNames) {
  const isa::HwConfig hardware;
  const std::vector<std::string> names = feature_names();
  AveragePool pool;
  pool.c = 16, pool.h = pool.w = 2;
  for (const Operator& op : {Operator(Conv2d{}), Operator(MaxPool{1, 1, 2, 2}), Operator(Add{}), Operator(Clip{}),
                             Operator(pool), Operator(rescaled_add(9, 4)),
                             Operator(in_groups(per_channel(conv2d(32, 7, 32, 3), Rounding::kSingle, 0), 32))}) {
    const std::vector<float> values = features(op, hardware, *default_knobs(op, hardware));
    EXPECT_EQ(values.size(), names.size());
    for (const float value : values) EXPECT_TRUE(std::isfinite(value));
  }
}

}  // namespace
}  // namespace tandem::ops
