#include "isa/builtin.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "isa/builtins.h"
#include "support/rng.h"

namespace tandem::isa {
namespace {

const std::vector<int32_t>& edges() {
  static const std::vector<int32_t> values = {0,    1,   -1,   2,     7,      31,        32,        33,
                                              -31,  -32, -33,  63,    64,     127,       128,       255,
                                              -128, 256, -129, 32767, -32768, INT32_MAX, INT32_MIN, INT32_MIN + 1};
  return values;
}

TEST(Builtin, GeneratedFunctionsEqualTheirExpressions) {
  const std::vector<std::pair<std::string, std::function<int32_t(int32_t, int32_t)>>> functions = {
      {"add", builtin::add},
      {"sub", builtin::sub},
      {"mul", builtin::mul},
      {"min", builtin::min},
      {"max", builtin::max},
      {"narrow_i8", [](int32_t a, int32_t) { return builtin::narrow_i8(a); }},
      {"saturate_i8", [](int32_t a, int32_t) { return builtin::saturate_i8(a); }},
      {"shift_right", builtin::shift_right},
      {"rounding_shift_right", builtin::rounding_shift_right},
      {"srdhm", builtin::srdhm},
  };
  // The others have 64-bit operands or more of them.
  ASSERT_EQ(functions.size() + 4, builtins().size()) << "add the new built-in to this test";
  for (const auto& [name, function] : functions) {
    const Builtin* builtin = find_builtin(name);
    ASSERT_NE(builtin, nullptr) << name;
    for (const int32_t a : edges()) {
      for (const int32_t b : edges()) EXPECT_EQ((*builtin)({a, b}), function(a, b)) << name << " " << a << " " << b;
    }
  }
  EXPECT_EQ(find_builtin("divide"), nullptr);
}

TEST(Builtin, RequantizationEqualsItsExpressions) {
  Rng rng(9);
  for (const int32_t a : edges()) {
    const int64_t wide = int64_t{a} * 3;
    EXPECT_EQ((*find_builtin("saturate_i32"))({wide}), builtin::saturate_i32(wide)) << a;
    for (int64_t n = 0; n < 32; ++n) {
      EXPECT_EQ((*find_builtin("rounding_divide"))({a, n}), builtin::rounding_divide(a, static_cast<int32_t>(n)))
          << a << " " << n;
    }
  }
  for (int i = 0; i < 3000; ++i) {
    const int32_t x = rng.chance(0.5) ? rng.pick(edges()) : static_cast<int32_t>(rng.next());
    const int32_t multiplier = (rng.chance(0.3) ? rng.pick(edges()) : static_cast<int32_t>(rng.next())) & INT32_MAX;
    const auto left = static_cast<int32_t>(rng.uniform(0, 31)), right = static_cast<int32_t>(rng.uniform(0, 31));
    EXPECT_EQ((*find_builtin("requantize_single"))({x, multiplier, left, right}),
              builtin::requantize_single(x, multiplier, left, right));
    EXPECT_EQ((*find_builtin("requantize_tflite"))({x, multiplier, left, right}),
              builtin::requantize_tflite(x, multiplier, left, right));
  }
}

/// x * multiplier * 2^(left - right - 31) rounded once, by the last bit that is shifted out.
int32_t single_by_last_bit(int64_t x, int64_t multiplier, int left, int right) {
  const int64_t product = x * multiplier;
  const int shift = 31 + right - left;
  const int64_t rounded = shift == 0 ? product : (product >> shift) + (product >> (shift - 1) & 1);
  return static_cast<int32_t>(std::min<int64_t>(std::max<int64_t>(rounded, INT32_MIN), INT32_MAX));
}

/// As gemmlowp writes it: fixedpoint/fixedpoint.h, SaturatingRoundingDoublingHighMul and RoundingDivideByPOT.
int32_t tflite_as_published(int32_t x, int32_t multiplier, int left, int right) {
  const auto scaled = static_cast<int32_t>(static_cast<uint32_t>(x) << left);
  const int64_t product = int64_t{scaled} * multiplier;
  const int32_t nudge = product >= 0 ? (1 << 30) : (1 - (1 << 30));
  const bool overflow = scaled == multiplier && scaled == INT32_MIN;
  const int32_t high = overflow ? INT32_MAX : static_cast<int32_t>((product + nudge) / (int64_t{1} << 31));
  const auto mask = static_cast<int32_t>((int64_t{1} << right) - 1);
  const int32_t threshold = (mask >> 1) + (high < 0 ? 1 : 0);
  return (high >> right) + ((high & mask) > threshold ? 1 : 0);
}

TEST(Builtin, RequantizationFollowsItsRules) {
  Rng rng(10);
  for (int i = 0; i < 20000; ++i) {
    const int32_t x = rng.chance(0.3) ? rng.pick(edges()) : static_cast<int32_t>(rng.next()) >> rng.uniform(0, 31);
    const int32_t multiplier = (rng.chance(0.2) ? rng.pick(edges()) : static_cast<int32_t>(rng.next())) & INT32_MAX;
    const auto left = static_cast<int32_t>(rng.uniform(0, 31)), right = static_cast<int32_t>(rng.uniform(0, 31));
    ASSERT_EQ(builtin::requantize_single(x, multiplier, left, right), single_by_last_bit(x, multiplier, left, right))
        << x << " " << multiplier << " " << left << " " << right;
    ASSERT_EQ(builtin::requantize_tflite(x, multiplier, left, right), tflite_as_published(x, multiplier, left, right))
        << x << " " << multiplier << " " << left << " " << right;
  }
  EXPECT_EQ(builtin::srdhm(INT32_MIN, INT32_MIN), INT32_MAX);
  EXPECT_EQ(builtin::requantize_single(INT32_MAX, INT32_MAX, 31, 0), INT32_MAX);
  EXPECT_EQ(builtin::requantize_single(INT32_MIN, INT32_MAX, 31, 0), INT32_MIN);
  EXPECT_EQ(builtin::requantize_single(-3, 1 << 30, 0, 0), -1);  // a half goes up
  EXPECT_EQ(builtin::requantize_tflite(-3, 1 << 30, 1, 1), -2);  // and away from zero where the divide rounds it
}

TEST(Builtin, Meaning) {
  using namespace builtin;
  EXPECT_EQ(add(INT32_MAX, 1), INT32_MIN);
  EXPECT_EQ(mul(65536, 65537), 65536);
  EXPECT_EQ(narrow_i8(200), -56);
  EXPECT_EQ(saturate_i8(200), 127);
  EXPECT_EQ(saturate_i8(-200), -128);
  EXPECT_EQ(shift_right(-5, 1), -3);
  EXPECT_EQ(shift_right(-5, 32), -1);
  EXPECT_EQ(shift_right(5, INT32_MAX), 0);
  EXPECT_EQ(shift_right(3, -2), 12);
  EXPECT_EQ(shift_right(3, -31), INT32_MIN);
  EXPECT_EQ(shift_right(3, -32), 0);
  EXPECT_EQ(shift_right(-1, INT32_MIN), 0);
}

TEST(Builtin, RoundingShiftRoundsHalvesUpAndNeverWraps) {
  using builtin::rounding_shift_right;
  EXPECT_EQ(rounding_shift_right(5, 1), 3);
  EXPECT_EQ(rounding_shift_right(-5, 1), -2);
  EXPECT_EQ(rounding_shift_right(-6, 2), -1);
  EXPECT_EQ(rounding_shift_right(INT32_MAX, 1), 1 << 30);
  EXPECT_EQ(rounding_shift_right(INT32_MAX, 31), 1);
  EXPECT_EQ(rounding_shift_right(INT32_MAX, 32), 0);
  EXPECT_EQ(rounding_shift_right(INT32_MIN, 32), 0);
  EXPECT_EQ(rounding_shift_right(INT32_MIN, 31), -1);
  EXPECT_EQ(rounding_shift_right(INT32_MIN, 99), 0);
  EXPECT_EQ(rounding_shift_right(3, -2), 12);
  EXPECT_EQ(rounding_shift_right(3, 0), 3);
}

TEST(Builtin, AluOperationsEqualTheirExpressions) {
  Rng rng(5);
  for (const AluOpInfo& op : alu_op_infos()) {
    const Builtin& lane = alu_function(op.code);
    for (int i = 0; i < 500; ++i) {
      const auto a = static_cast<int32_t>(rng.next());
      const auto b = rng.chance(0.5) ? static_cast<int32_t>(rng.next()) : rng.pick(edges());
      const auto c = static_cast<int32_t>(rng.next());
      const auto operands = op.code < kFirstExtendedAluOp ? std::vector<int64_t>{a, b} : std::vector<int64_t>{a, b, c};
      EXPECT_EQ(lane(operands), alu(static_cast<AluOp>(op.code), a, b, c)) << op.name << " " << a << " " << b;
    }
  }
  static_assert(alu(AluOp::kAdd, 2, 3) == 5, "lanes are constant expressions");
}

std::string parse_error(const std::string& text) {
  const std::vector<ScalarArgument> arguments = {{"a", ScalarType::kI32}, {"w", ScalarType::kI64}};
  std::map<std::string, ScalarFunction> functions = {{"min", find_builtin("min")->function}};
  const Result<ScalarExpression> parsed = parse_scalar(text, {"isa.yaml", 9, 4}, arguments, functions);
  return parsed.ok() ? "no error" : render(parsed.error());
}

TEST(ScalarDiagnostics, Expressions) {
  EXPECT_EQ(parse_error("a + "),
            "isa.yaml:9:4: error: expected a number, a name or '(' at character 5 of the expression 'a + '");
  EXPECT_EQ(
      parse_error("a + b"),
      "isa.yaml:9:4: error: unknown name 'b' in the expression 'a + b'\n  legal: a, w\n  hint: did you mean 'a'?");
  EXPECT_EQ(parse_error("a + w"),
            "isa.yaml:9:4: error: operands of types i32 and i64 at character 6 of the expression 'a + w'\n"
            "  hint: convert one with i8(), i32() or i64()");
  EXPECT_EQ(parse_error("mni(a, a)"),
            "isa.yaml:9:4: error: unknown function 'mni' in the expression 'mni(a, a)'\n  legal: min\n  hint: did you "
            "mean 'min'?");
  EXPECT_EQ(parse_error("min(a)"),
            "isa.yaml:9:4: error: min takes 2 arguments, not 1 at character 1 of the expression 'min(a)'");
  EXPECT_EQ(parse_error("min(a, w)"),
            "isa.yaml:9:4: error: argument 'b' of min is i32, not i64 at character 1 of the expression 'min(a, w)'");
  EXPECT_EQ(
      parse_error("a ? a : a"),
      "isa.yaml:9:4: error: the condition of ?: is not a comparison at character 4 of the expression 'a ? a : a'");
  EXPECT_EQ(parse_error("(a < a) + 1"),
            "isa.yaml:9:4: error: arithmetic on a comparison at character 12 of the expression '(a < a) + 1'");
  EXPECT_EQ(parse_error("a a"), "isa.yaml:9:4: error: unexpected text at character 3 of the expression 'a a'");
  EXPECT_EQ(parse_error("(a"), "isa.yaml:9:4: error: expected ')' at character 3 of the expression '(a'");
  EXPECT_EQ(parse_error("0x1f"),
            "isa.yaml:9:4: error: '0x1f' is not a decimal number at character 1 of the expression '0x1f'");
}

}  // namespace
}  // namespace tandem::isa
