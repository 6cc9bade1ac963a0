#include "compiler/loop/parser.h"

#include <gtest/gtest.h>

#include "compiler/loop/random_kernel.h"
#include "support/rng.h"

namespace tandem::loop {
namespace {

constexpr char kText[] =
    "kernel sample(x: i8[1, 2, 8, 1, 16] packs [1, 20, 8] as [0, 1 / 16, 2, *, 1], out y: i8[16, 8], imm: i32) {\n"
    "  alloc acc: i32[16, 8] in acc {\n"
    "    for p in 0..16 {\n"
    "      parallel q in 0..8 {\n"
    "        acc[p, q] = 0;\n"
    "        if (p * 2 + q < 8 && q != 3) {\n"
    "          acc[p, q] = acc[p, q] + i32(x[0, p / 16, q, 0, p % 16]) * 3;\n"
    "        }\n"
    "        @alu_add_imm(acc[p, q]; i32(-5)) {\n"
    "          acc[p, q] = acc[p, q] + -5;\n"
    "        }\n"
    "        y[p, q] = i8(min(shift_right(acc[p, q], imm), select(q < 3 || p - (q - 1) == 2, acc[p, q], 127)));\n"
    "      }\n"
    "    }\n"
    "  }\n"
    "}\n";

std::string error_of(const std::string& text, const std::map<std::string, int64_t>& constants = {}) {
  const Result<Kernel> kernel = parse_kernel(text, "k.loop", constants);
  return kernel.ok() ? "no error" : render(kernel.error());
}

TEST(Parser, ReadsWhatIsPrinted) {
  const Result<Kernel> kernel = parse_kernel(kText, "k.loop");
  ASSERT_TRUE(kernel.ok()) << render(kernel.error());
  EXPECT_EQ(to_text(*kernel), kText);
}

TEST(Parser, ReadsLoopsOfAllKinds) {
  for (const std::string kind : {"for", "parallel", "vectorized", "unrolled", "block.x", "block.y", "block.z",
                                 "thread.x", "thread.y", "thread.z"}) {
    const std::string text = "kernel k(out block: i8[4]) {\n  " + kind + " i in 0..4 {\n    block[i] = 1;\n  }\n}\n";
    const Result<Kernel> kernel = parse_kernel(text, "k.loop");
    ASSERT_TRUE(kernel.ok()) << render(kernel.error());
    EXPECT_EQ(to_text(*kernel), text);
    EXPECT_EQ(keyword(std::get<For>(kernel->body->node).kind), kind);
  }
  EXPECT_EQ(error_of("kernel k(out y: i8[4]) { block.w i in 0..4 { y[i] = 1; } }"),
            "k.loop:1:32: error: unknown axis 'w'\n  legal: x, y, z\n  hint: did you mean 'x'?");
}

TEST(Parser, KeepsPlaces) {
  const Result<Kernel> kernel = parse_kernel(kText, "k.loop");
  ASSERT_TRUE(kernel.ok());
  const auto& acc = std::get<Alloc>(kernel->body->node);
  EXPECT_EQ(kernel->body->where.line, 2);
  EXPECT_EQ(acc.body->where.line, 3);
  EXPECT_EQ(acc.body->where.column, 5);
  EXPECT_EQ(acc.body->where.file, "k.loop");
}

TEST(Parser, TakesConstants) {
  const Result<Kernel> kernel =
      parse_kernel("kernel k(out y: i32[b * 2]) { for i in 0..b + b { y[i] = b; } }", "k.loop", {{"b", 4}});
  ASSERT_TRUE(kernel.ok()) << render(kernel.error());
  EXPECT_EQ(to_text(*kernel), "kernel k(out y: i32[8]) {\n  for i in 0..8 {\n    y[i] = 4;\n  }\n}\n");
}

TEST(Parser, RandomKernelsRoundTrip) {
  for (uint64_t seed = 0; seed < 300; ++seed) {
    Rng rng(seed);
    const Kernel kernel = random_kernel(rng);
    const std::string text = to_text(kernel);
    const Result<Kernel> again = parse_kernel(text, "random.loop");
    ASSERT_TRUE(again.ok()) << "seed " << seed << "\n" << render(again.error()) << "\n" << text;
    ASSERT_TRUE(equal(kernel, *again)) << "seed " << seed << "\n" << text << to_text(*again);
  }
}

TEST(Parser, SaysWhatIsWrong) {
  EXPECT_EQ(error_of("kernel k(x: i8[4]) { for i in 0..4 { xx[i] = 0; } }"),
            "k.loop:1:38: error: unknown buffer 'xx'\n  legal: x\n  hint: did you mean 'x'?");
  EXPECT_EQ(error_of("kernel k(x: i8[4]) {\n  for row in 0..4 { x[rwo] = 0; }\n}"),
            "k.loop:2:23: error: unknown variable 'rwo'\n  legal: row\n  hint: did you mean 'row'?");
  EXPECT_EQ(error_of("kernel k(x: i9[4]) {}"),
            "k.loop:1:13: error: unknown type 'i9'\n  legal: bool, i8, i32, i64, f32\n  hint: did you mean 'i8'?");
  EXPECT_EQ(error_of("kernel k(x: i8[2, 4]) { x[1] = 0; }"),
            "k.loop:1:26: error: 'x' has 2 axes, but 1 indices are given\n  hint: its shape is [2, 4]");
  EXPECT_EQ(error_of("kernel k(x: i8[4], y: i32[4]) { y[0] = y[0] + x[0]; }"),
            "k.loop:1:45: error: '+' has operands of types i32 and i8\n  hint: cast one of them: there are no implicit "
            "conversions");
  EXPECT_EQ(error_of("kernel k(x: i8[4], y: i32[4]) { x[0] = y[0]; }"),
            "k.loop:1:40: error: a value of type i8 is needed here, this one is i32\n  hint: cast it: i8(...)");
  EXPECT_EQ(error_of("kernel k(x: i8[4]) { x[0] = 200; }"), "k.loop:1:29: error: 200 is no value of type i8");
  EXPECT_EQ(error_of("kernel k(x: i8[4]) { for i in 1..4 { } }"),
            "k.loop:1:31: error: the loop 'i' starts at 1\n  legal: 0\n  hint: shift its body instead");
  EXPECT_EQ(error_of("kernel k(x: i32[4]) { x[0] = shift_rihgt(x[0], 1); }"),
            "k.loop:1:30: error: unknown function 'shift_rihgt'\n  legal: min, max, select, bool, i8, i32, i64, f32, "
            "add, sub, mul, "
            "narrow_i8, saturate_i8, shift_right, rounding_shift_right, saturate_i32, srdhm, rounding_divide, "
            "requantize_single, requantize_tflite\n  hint: did you mean 'shift_right'?");
  EXPECT_EQ(error_of("kernel k(x: i32[4]) { x[0] = max(x[0]); }"),
            "k.loop:1:30: error: 'max' takes 2 arguments, 1 are given");
  EXPECT_EQ(error_of("kernel k(x: i32[4]) { x[0] = 1 }"), "k.loop:1:32: error: expected ';', found '}'");
  EXPECT_EQ(error_of("kernel k(x: i32[4]) { x[0] = 1;"),
            "k.loop:1:32: error: expected a statement or '}', found the end of the text");
  EXPECT_EQ(error_of("kernel k(x: i32[4], x: i8[1]) { }"),
            "k.loop:1:21: error: 'x' is already used\n  hint: names are unique in a kernel");
  EXPECT_EQ(error_of("kernel k(x: i32[n]) { }"), "k.loop:1:17: error: unknown variable 'n'");
  EXPECT_EQ(error_of("kernel k(x: i32[4]) { x[0] = x; }"), "k.loop:1:30: error: 'x' is a buffer and needs indices");
  EXPECT_EQ(error_of("kernel k(x: f32[4], y: i8[4]) { y[0] = i8(x[0]); }"),
            "k.loop:1:40: error: a cast from f32 to i8 is not defined");
  EXPECT_EQ(error_of("kernel k(max: i8[4]) { }"),
            "k.loop:1:10: error: 'max' has a meaning of its own and cannot be a name");
  EXPECT_EQ(error_of("kernel k(x: i8[2, 2] packs [4] as [0 / 2]) { }"),
            "k.loop:1:22: error: 'x' has 2 axes, its layout names 1");
  EXPECT_EQ(error_of("kernel k(x: i8[4]) { x[0] = 1 $ 2; }"), "k.loop:1:31: error: unexpected character '$'");
}

TEST(Layout, PacksAndUnpacks) {
  const Result<Kernel> kernel = parse_kernel(kText, "k.loop");
  ASSERT_TRUE(kernel.ok());
  const Layout& layout = kernel->params[0].layout;
  Tensor logical(DType::kI8, {1, 20, 8});
  for (size_t i = 0; i < logical.data.size(); ++i) logical.data[i] = static_cast<uint8_t>(i);
  const Tensor packed = pack(layout, logical);
  EXPECT_EQ(packed.shape, (Shape{1, 2, 8, 1, 16}));
  EXPECT_EQ(packed.data[(1 * 8 + 5) * 16 + 3], static_cast<uint8_t>(19 * 8 + 5));  // channel 19 = 1 * 16 + 3, row 5
  EXPECT_EQ(packed.data[(1 * 8 + 5) * 16 + 4], 0);                                 // channel 20 is a pad
  EXPECT_TRUE(unpack(layout, packed) == logical);
}

}  // namespace
}  // namespace tandem::loop
