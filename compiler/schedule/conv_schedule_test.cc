// The accelerator's convolution, from its definition to intrinsics with generic primitives alone. Templates follow this
// pattern.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

#include "compiler/loop/interpreter.h"
#include "compiler/loop/parser.h"
#include "compiler/loop/random_kernel.h"
#include "compiler/schedule/schedule.h"

namespace tandem::schedule {
namespace {

// 1 x 6 x 5 x 6 input, 3x3 kernel, stride 2x1, pad 1, to 10 channels: channel tails on both sides.
constexpr char kConv[] = R"(
kernel conv2d(x: i8[1, 6, 5, 6], weight: i8[10, 6, 3, 3], bias: i32[10], out y: i8[1, 10, 3, 6]) {
  alloc sum: i32[1, 10, 3, 6] in local {
    alloc x_padded: i8[1, 6, 7, 8] in local {
      for n_pad in 0..1 { for c_pad in 0..6 { for h_pad in 0..7 { for w_pad in 0..8 {
        x_padded[n_pad, c_pad, h_pad, w_pad] =
            select(h_pad - 1 >= 0 && h_pad - 1 < 5 && w_pad - 1 >= 0 && w_pad - 1 < 6, x[n_pad, c_pad, h_pad - 1, w_pad - 1], 0);
      } } } }
      for n0 in 0..1 { for o0 in 0..10 { for p0 in 0..3 { for q0 in 0..6 { sum[n0, o0, p0, q0] = 0; } } } }
      for n in 0..1 { for o in 0..10 { for p in 0..3 { for q in 0..6 { for c in 0..6 { for r in 0..3 { for s in 0..3 {
        sum[n, o, p, q] = sum[n, o, p, q] + i32(x_padded[n, c, p * 2 + r, q + s]) * i32(weight[o, c, r, s]);
      } } } } } } }
      for n1 in 0..1 { for o1 in 0..10 { for p1 in 0..3 { for q1 in 0..6 {
        y[n1, o1, p1, q1] = i8(min(max(shift_right(sum[n1, o1, p1, q1] + bias[o1] + 8, 4), -100), 127));
      } } } }
    }
  }
}
)";

#define OK(call)                                        \
  do {                                                  \
    const auto result = (call);                         \
    ASSERT_TRUE(result.ok()) << render(result.error()); \
  } while (false)

isa::HwConfig hardware() {
  isa::HwConfig config;
  config.batch = 2;
  config.block_in = 4;
  config.block_out = 8;
  return config;
}

void schedule_conv(Schedule& s, const tensorize::IntrinsicSet& intrinsics) {
  const int64_t batch = 2, block_in = 4, block_out = 8, tile_o = 1, tile_p = 3, tile_q = 2, tile_c = 1;
  // y = i8(min(max(shift(sum + bias + 8, 4)...))) becomes updates of sum in place: u0 adds the bias, u1 adds 8, u2
  // shifts, u3 and u4 clamp.
  OK(decompose(s, "n1", "sum"));
  std::vector<std::string> all_n = {"n", "n0", "n1"}, all_o = {"o", "o0", "o1"};
  const std::vector<std::string> updates = {"n1_u0", "n1_u1", "n1_u2", "n1_u3", "n1_u4"};
  for (int u = 0; u < 5; ++u) {
    all_n.push_back("n1_u" + std::to_string(u));
    all_o.push_back("o1_u" + std::to_string(u));
  }
  // Blocks: pad the loops (and with them the buffers), pack the buffers, split the loops.
  std::vector<std::string> padded_n = all_n;
  padded_n.push_back("n_pad");
  OK(pad(s, padded_n, batch));
  OK(pad(s, all_o, block_out));
  OK(pad(s, {"c", "c_pad"}, block_in));
  for (const char* buffer : {"x", "x_padded"}) {
    OK(pack(s, buffer, 0, batch));
    OK(pack(s, buffer, 1, block_in));
  }
  for (const char* buffer : {"sum", "y"}) {
    OK(pack(s, buffer, 0, batch));
    OK(pack(s, buffer, 1, block_out));
  }
  OK(pack(s, "weight", 0, block_out));
  OK(pack(s, "weight", 1, block_in));
  OK(pack(s, "bias", 0, block_out));
  for (const std::string& loop : padded_n) OK(split(s, loop, batch, "", loop + "_b"));
  for (const std::string& loop : all_o) OK(split(s, loop, block_out, "", loop + "_b"));
  for (const std::string loop : {"c", "c_pad"}) OK(split(s, loop, block_in, "", loop + "_b"));
  OK(replicate(s, "bias", 1, "n1_u0_b"));
  // Output tiles.
  OK(split(s, "o1_outer", tile_o, "o_tile", "o1_in"));
  OK(split(s, "p1", tile_p, "p_tile", "p1_in"));
  OK(split(s, "q1", tile_q, "q_tile", "q1_in"));
  OK(reorder(s, {"n1_outer", "o_tile", "p_tile", "q_tile", "o1_in", "p1_in", "q1_in", "n1_b", "o1_b"}));
  OK(set_scope(s, "sum", "acc"));
  OK(compute_at(s, "sum", "q_tile"));
  // The reduction: chunks of input channels outermost, the intrinsic's loops innermost.
  OK(split(s, "c_outer", tile_c, "c_tile", "c_in"));
  OK(reorder(s, {"c_tile", "n_outer", "o_outer", "p", "q", "c_in", "r", "s", "n_b", "o_b", "c_b"}));
  OK(set_scope(s, "x_padded", "inp"));
  OK(compute_at(s, "x_padded", "c_tile"));
  OK(stage(s, "weight", "wgt", "c_tile"));
  OK(stage(s, "bias", "acc", "q_tile"));
  // Intrinsics.
  OK(reorder(s, {"n0_outer", "o0_outer", "p0", "q0", "n0_b", "o0_b"}));
  OK(tensorize(s, "n0_b", "gemm_reset", intrinsics));
  OK(tensorize(s, "n_b", "gemm", intrinsics));
  const char* names[] = {"alu_add", "alu_add_imm", "alu_shr_imm", "alu_max_imm", "alu_min_imm"};
  for (int u = 0; u < 5; ++u) {
    const std::string id = "1_u" + std::to_string(u);
    OK(reorder(s, {"n" + id + "_outer", "o" + id + "_outer", "p" + id, "q" + id, "n" + id + "_b", "o" + id + "_b"}));
    OK(tensorize(s, "n" + id + "_b", names[u], intrinsics));
  }
  OK(multi_buffer(s, "x_padded", 2));
  OK(multi_buffer(s, "weight_wgt", 2));
  OK(multi_buffer(s, "sum", 2));
  OK(remove_unit_loops(s));
}

TEST(ConvSchedule, EqualsItsDefinition) {
  const Result<loop::Kernel> definition = loop::parse_kernel(kConv, "conv.loop");
  ASSERT_TRUE(definition.ok()) << render(definition.error());
  const auto intrinsics = tensorize::IntrinsicSet::load("accel", hardware());
  ASSERT_TRUE(intrinsics.ok());
  Schedule schedule(*definition);
  schedule_conv(schedule, *intrinsics);
  if (HasFatalFailure()) FAIL() << to_text(schedule.kernel);

  Rng rng(1);
  std::map<std::string, Tensor> expected = loop::random_inputs(*definition, rng), buffers = expected;
  OK(interpret(*definition, expected));
  const Result<void> ran = interpret_logical(schedule.kernel, buffers);
  ASSERT_TRUE(ran.ok()) << render(ran.error()) << "\n" << to_text(schedule.kernel);
  EXPECT_TRUE(buffers["y"] == expected["y"]) << to_text(schedule.kernel);

  // The text form reads back, and the saved trace makes the same kernel.
  const std::string text = to_text(schedule.kernel);
  const Result<loop::Kernel> again = loop::parse_kernel(text, "scheduled.loop");
  ASSERT_TRUE(again.ok()) << render(again.error()) << "\n" << text;
  EXPECT_TRUE(equal(schedule.kernel, *again));
  const Result<Schedule> replayed = replay(*definition, to_json(schedule.trace), *intrinsics);
  ASSERT_TRUE(replayed.ok()) << render(replayed.error());
  EXPECT_EQ(to_text(replayed->kernel), text);
  if (std::getenv("TANDEM_PRINT_SCHEDULE")) std::puts(text.c_str());
}

}  // namespace
}  // namespace tandem::schedule
