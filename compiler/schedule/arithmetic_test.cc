// assume, rewrite, reassociate, absorb, multi_buffer, unfold: what they make of small kernels, and what they refuse.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>

#include "compiler/loop/interpreter.h"
#include "compiler/loop/parser.h"
#include "compiler/loop/random_kernel.h"
#include "compiler/schedule/schedule.h"

namespace tandem::schedule {
namespace {

loop::Kernel kernel(const std::string& text) {
  const Result<loop::Kernel> parsed = loop::parse_kernel(text, "k.loop");
  EXPECT_TRUE(parsed.ok()) << render(parsed.error());
  return parsed.ok() ? *parsed : loop::Kernel{};
}

/// The body's text with single spaces, or the error.
template <typename T>
std::string after(const Schedule& schedule, const Result<T>& result) {
  if (!result.ok()) return render(result.error());
  std::string text = to_text(schedule.kernel.body);
  std::replace(text.begin(), text.end(), '\n', ' ');
  text.erase(std::unique(text.begin(), text.end(), [](char a, char b) { return a == ' ' && b == ' '; }), text.end());
  while (!text.empty() && text.back() == ' ') text.pop_back();
  return text;
}

void expect_same_meaning(const loop::Kernel& definition, const Schedule& schedule) {
  Rng rng(3);
  std::map<std::string, Tensor> expected = loop::random_inputs(definition, rng), found = expected;
  ASSERT_TRUE(interpret(definition, expected).ok());
  ASSERT_TRUE(interpret_logical(schedule.kernel, found).ok());
  EXPECT_TRUE(found.at("y") == expected.at("y"));
}

constexpr char kRound[] =
    "kernel k(x: i8[4], b: i32[4], out y: i8[4]) {\n"
    "  for i in 0..4 {\n"
    "    y[i] = i8(min(max(rounding_shift_right(i32(x[i]) + b[i], 4), -100), 127));\n"
    "  }\n"
    "}\n";

TEST(Rewrite, NeedsThatNothingWraps) {
  Schedule s(kernel(kRound));
  const std::vector<std::string> plain = {"add 8", "shift_right 4", "max -100", "min 127"};
  EXPECT_EQ(after(s, rewrite(s, "i", plain)),
            "error: cannot rewrite: 'add 8' may wrap in i32 for values in [-2147483648, 2147483647]\n"
            "  hint: clamp before it, or assume less of the inputs");
  EXPECT_EQ(after(s, rewrite(s, "i", {"max -1608", "min 2039", "add 8", "shift_right 4"})),
            "for i in 0..4 { y[i] = i8(shift_right(min(max(i32(x[i]) + b[i], -1608), 2039) + 8, 4)); }");
  expect_same_meaning(kernel(kRound), s);

  Schedule t(kernel(kRound));
  ASSERT_TRUE(assume(t, "b", -1000, 1000).ok());
  EXPECT_EQ(after(t, rewrite(t, "i", plain)),
            "for i in 0..4 { y[i] = i8(min(max(shift_right(i32(x[i]) + b[i] + 8, 4), -100), 127)); }");
  EXPECT_EQ(after(t, reassociate(t, "i")),
            "for i in 0..4 { y[i] = i8(min(max(shift_right(i32(x[i]) + (b[i] + 8), 4), -100), 127)); }");
}

TEST(Rewrite, RefusesWhatDiffers) {
  Schedule s(kernel(kRound));
  ASSERT_TRUE(assume(s, "b", -1000, 1000).ok());
  EXPECT_EQ(after(s, rewrite(s, "i", {"add 7", "shift_right 4", "max -100", "min 127"})),
            "error: cannot rewrite: of -1128 the old operations make -70, the new ones -71");
  Schedule unclamped(s);
  EXPECT_EQ(after(unclamped, rewrite(unclamped, "i", {"add 8", "shift_right 4"})),
            "for i in 0..4 { y[i] = i8(shift_right(i32(x[i]) + b[i] + 8, 4)); }")
      << "the clamp has no effect on these values";
  EXPECT_EQ(after(s, rewrite(s, "i", {"ad 7"})),
            "error: unknown operation 'ad'\n  legal: add, mul, min, max, shift_right, rounding_shift_right\n"
            "  hint: did you mean 'add'?");
  EXPECT_EQ(after(s, rewrite(s, "i", {"add"})),
            "error: cannot rewrite: 'add' is no operation and a constant\n  hint: write e.g. 'add 8'");
  EXPECT_EQ(after(s, rewrite(s, "i", {"mul -1"})),
            "error: cannot rewrite: 'mul -1' of values in [-1128, 1127] cannot be compared");
  Schedule sum(kernel("kernel k(x: i32[4], out y: i32[4]) { for i in 0..4 { y[i] = x[i] + 1; } }"));
  ASSERT_TRUE(assume(sum, "x", 0, 1000000).ok());
  EXPECT_EQ(after(sum, rewrite(sum, "i", {"add 1"})),
            "error: cannot rewrite: the value takes more than 65536 values: too many to compare\n"
            "  hint: rewrite together with the clamp after it");
  EXPECT_EQ(after(sum, assume(sum, "y", 0, 1)),
            "error: cannot assume: unknown input 'y'\n  legal: x\n  hint: did you mean 'x'?");
  EXPECT_EQ(after(sum, assume(sum, "x", 1, 0)), "error: cannot assume: no value of 'x' lies in [1, 0]");
  EXPECT_EQ(after(sum, reassociate(sum, "i")),
            "k.loop:1:38: error: cannot reassociate: there is no sum (a + b) + constant in x[i] + 1\n"
            "    for i in 0..4\n    ^^^^^^^^^^^^^");
}

TEST(Rewrite, KnowsTheRangeOfASum) {
  const std::string text =
      "kernel k(x: i8[9, 4], w: i8[9], out y: i8[4]) {\n"
      "  alloc t: i32[4] {\n"
      "    for i in 0..4 { for r in 0..9 { t[i] = t[i] + i32(x[r, i]) * i32(w[r]); } }\n"
      "    for j in 0..4 { y[j] = i8(min(max(rounding_shift_right(t[j], 4), -100), 127)); }\n"
      "  }\n"
      "}\n";
  Schedule s(kernel(text));
  ASSERT_TRUE(rewrite(s, "j", {"add 8", "shift_right 4", "max -100", "min 127"}).ok());
  expect_same_meaning(kernel(text), s);
  EXPECT_EQ(after(s, rewrite(s, "j", {"mul 100000"})),
            "error: cannot rewrite: 'mul 100000' may wrap in i32 for values in [-146304, 147456]\n"
            "  hint: clamp before it, or assume less of the inputs");
}

constexpr char kAbsorb[] =
    "kernel k(x: i32[4], out y: i32[3, 4]) {\n"
    "  for p in 0..3 { for i in 0..4 { y[p, i] = x[i] + 8; } }\n"
    "}\n";

TEST(Absorb, OperatesOnceInPlace) {
  Schedule s(kernel(kAbsorb));
  ASSERT_TRUE(stage(s, "x", "near", "").ok());
  EXPECT_EQ(after(s, absorb(s, "x_near")),
            "alloc x_near: i32[4] in near { for x_near_0 in 0..4 { x_near[x_near_0] = x[x_near_0]; } "
            "for x_near_u0 in 0..4 { x_near[x_near_u0] = x_near[x_near_u0] + 8; } "
            "for p in 0..3 { for i in 0..4 { y[p, i] = x_near[i]; } } }");
  expect_same_meaning(kernel(kAbsorb), s);
  EXPECT_EQ(after(s, absorb(s, "x_near")),
            "error: cannot absorb: not every read of 'x_near' is the operand of one and the same operation with a "
            "constant\n    alloc x_near: i32[4] in near\n    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^");
}

TEST(MultiBuffer, GivesCopies) {
  Schedule s(kernel(kAbsorb));
  ASSERT_TRUE(stage(s, "x", "near", "p").ok());
  EXPECT_EQ(after(s, multi_buffer(s, "x_near", 2)),
            "for p in 0..3 { alloc x_near: i32[4] in near times 2 { for x_near_0 in 0..4 { x_near[x_near_0] = "
            "x[x_near_0]; } for i in 0..4 { y[p, i] = x_near[i] + 8; } } }");
  expect_same_meaning(kernel(kAbsorb), s);
  const std::string text = to_text(s.kernel);
  EXPECT_EQ(to_text(kernel(text)), text);
  EXPECT_EQ(after(s, multi_buffer(s, "x_near", 0)),
            "error: cannot multi_buffer: 'x_near' cannot have 0 copies\n  legal: 1, 2");
  Schedule once(kernel(kAbsorb));
  ASSERT_TRUE(stage(once, "x", "near", "").ok());
  EXPECT_EQ(after(once, multi_buffer(once, "x_near", 2)),
            "error: cannot multi_buffer: 'x_near' is allocated once, outside of all loops\n"
            "  hint: compute_at or stage it in the loop whose iterations are to overlap");
}

TEST(ProductsToShifts, TakesPowersOfTwo) {
  const std::string text =
      "kernel k(x: i8[4], out y: i32[4]) { for i in 0..4 { y[i] = i32(x[i]) * 8 + i32(x[i]) * 3; } }";
  Schedule s(kernel(text));
  EXPECT_EQ(after(s, products_to_shifts(s, "i")),
            "for i in 0..4 { y[i] = shift_right(i32(x[i]), -3) + i32(x[i]) * 3; }");
  expect_same_meaning(kernel(text), s);
  EXPECT_EQ(after(s, products_to_shifts(s, "i")),
            "k.loop:1:37: error: cannot products_to_shifts: there is no i32 product with a power of two in "
            "shift_right(i32(x[i]), -3) + i32(x[i]) * 3\n    for i in 0..4\n    ^^^^^^^^^^^^^");
}

// A maximum over windows whose pads never win.
constexpr char kPool[] =
    "kernel k(x: i8[6], out y: i8[4]) {\n"
    "  alloc t: i8[8] {\n"
    "    for j in 0..8 { t[j] = select(j - 1 >= 0 && j - 1 < 6, x[j - 1], -128); }\n"
    "    for p0 in 0..4 { y[p0] = -128; }\n"
    "    for p in 0..4 { for r in 0..2 { y[p] = max(y[p], t[p * 2 + r]); } }\n"
    "  }\n"
    "}\n";

TEST(Pool, LeavesItsPadsOut) {
  Schedule s(kernel(kPool));
  EXPECT_EQ(after(s, compute_inline(s, "t")),
            "for p0 in 0..4 { y[p0] = -128; } for p in 0..4 { for r in 0..2 { y[p] = max(y[p], select(p * 2 + r - 1 >= "
            "0 && p * 2 + r - 1 < 6, x[p * 2 + r - 1], -128)); } }");
  EXPECT_EQ(after(s, skip_neutral(s, "p")),
            "for p0 in 0..4 { y[p0] = -128; } for p in 0..4 { for r in 0..2 { if (p * 2 + r - 1 >= 0 && p * 2 + r - 1 "
            "< 6) { y[p] = max(y[p], x[p * 2 + r - 1]); } } }");
  EXPECT_EQ(after(s, start_from_zero(s, "p0")),
            "k.loop:4:5: error: cannot start_from_zero: 'y' is a parameter\n    for p0 in 0..4\n    ^^^^^^^^^^^^^^\n"
            "  hint: stage_write it first: outputs are never read");
  ASSERT_TRUE(stage_write(s, "y", "near").ok());
  ASSERT_TRUE(start_from_zero(s, "p0").ok());
  EXPECT_NE(to_text(s.kernel).find("y_near[p0_add] = y_near[p0_add] + -128;"), std::string::npos) << to_text(s.kernel);
  expect_same_meaning(kernel(kPool), s);
}

constexpr char kWindow[] =
    "kernel k(x: i8[11], out y: i32[4]) {\n"
    "  for p in 0..4 { for r in 0..2 { y[p] = y[p] + i32(x[p * 3 + r]); } }\n"
    "}\n";

TEST(Unfold, KeepsWhatWindowsTouch) {
  Schedule s(kernel(kWindow));
  ASSERT_TRUE(stage(s, "x", "near", "").ok());
  EXPECT_EQ(after(s, unfold(s, "x_near", 0, "p", "r")),
            "alloc x_near: i8[4, 2] in near { for x_near_0_outer in 0..4 { for x_near_0_inner in 0..2 { "
            "x_near[x_near_0_outer, x_near_0_inner] = x[x_near_0_outer * 3 + x_near_0_inner]; } } "
            "for p in 0..4 { for r in 0..2 { y[p] = y[p] + i32(x_near[p, r]); } } }");
  expect_same_meaning(kernel(kWindow), s);
  Schedule t(kernel(kWindow));
  ASSERT_TRUE(stage(t, "x", "near", "").ok());
  EXPECT_EQ(after(t, unfold(t, "x_near", 1, "p", "r")), "error: cannot unfold: 'x_near' [11] has no axis 1");
  EXPECT_EQ(after(t, unfold(t, "x_near", 0, "r", "p")),
            "k.loop:2:35: error: cannot unfold: axis 0 of 'x_near' is indexed by p * 3 + r, not by 'r' * stride + 'p'\n"
            "    y[p] = y[p] + i32(x_near[p * 3 + r])\n    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^");
}

}  // namespace
}  // namespace tandem::schedule
