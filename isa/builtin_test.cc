#include "isa/builtin.h"

#include <gtest/gtest.h>

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
  };
  ASSERT_EQ(functions.size(), builtins().size()) << "add the new built-in to this test";
  for (const auto& [name, function] : functions) {
    const Builtin* builtin = find_builtin(name);
    ASSERT_NE(builtin, nullptr) << name;
    for (const int32_t a : edges()) {
      for (const int32_t b : edges()) EXPECT_EQ((*builtin)({a, b}), function(a, b)) << name << " " << a << " " << b;
    }
  }
  EXPECT_EQ(find_builtin("divide"), nullptr);
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
      EXPECT_EQ(lane({a, b}), alu(static_cast<AluOp>(op.code), a, b)) << op.name << " " << a << " " << b;
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
