#include "compiler/loop/integer_set.h"

#include <gtest/gtest.h>

#include "compiler/loop/scalar_arithmetic.h"
#include "support/rng.h"

namespace tandem::loop {
namespace {

VarRef var(const std::string& name) { return std::make_shared<const Var>(Var{name}); }
Expr op(BinaryOp code, const Expr& a, int64_t b) { return binary(code, a, integer(b)); }

TEST(IntegerSet, DecidesDivisionsAndConditions) {
  const VarRef i = var("i"), j = var("j");
  const Ranges ranges = {{i, {0, 9}}, {j, {0, 9}}};
  const Expr x = use(i), y = use(j);
  const auto equal = [](const Expr& a, const Expr& b) { return binary(BinaryOp::kEq, a, b); };
  const auto less = [](const Expr& a, const Expr& b) { return binary(BinaryOp::kLt, a, b); };
  EXPECT_FALSE(can_hold({equal(x * 2, y * 2 + 1)}, ranges));  // even and odd
  EXPECT_TRUE(can_hold({equal(x * 2, y * 3 + 1)}, ranges));
  EXPECT_FALSE(can_hold({equal(op(BinaryOp::kDiv, x, 4), op(BinaryOp::kDiv, y, 4)), less(x + 3, y)}, ranges));
  EXPECT_TRUE(can_hold({equal(op(BinaryOp::kDiv, x, 4), op(BinaryOp::kDiv, y, 4)), less(x + 2, y)}, ranges));
  EXPECT_FALSE(
      can_hold({equal(op(BinaryOp::kMod, x, 3), integer(2)), equal(op(BinaryOp::kMod, x, 6), integer(1))}, ranges));
  EXPECT_FALSE(can_hold({less(binary(BinaryOp::kMin, x, y), integer(0))}, ranges));
  EXPECT_FALSE(can_hold({less(select(less(x, integer(5)), x + 5, x), integer(5))}, ranges));
  EXPECT_FALSE(can_hold({binary(BinaryOp::kOr, less(x, integer(0)), less(integer(9), y))}, ranges));
  // A variable without a range, a loaded value: any integer.
  EXPECT_TRUE(can_hold({less(integer(1000), use(var("n")) + x)}, ranges));
  const BufferRef buffer = std::make_shared<const Buffer>(Buffer{"t", Type::kI64, {10}});
  EXPECT_TRUE(can_hold({less(load(buffer, {x}), integer(-5))}, ranges));
  EXPECT_FALSE(can_hold({less(load(buffer, {x}), integer(-5)), less(x, integer(0))}, ranges));
  EXPECT_TRUE(can_hold({equal(binary(BinaryOp::kMul, x, y), integer(7))}, ranges));
  EXPECT_FALSE(can_hold({}, {{i, {3, 2}}}));
}

TEST(IntegerSet, KnowsWhatIsCovered) {
  const VarRef i = var("i"), j = var("j"), n = var("n");
  const Expr x = use(i), y = use(j);
  EXPECT_TRUE(covers({x * 4 + y}, {12}, {}, {{i, {0, 2}}, {j, {0, 3}}}));
  EXPECT_FALSE(covers({x * 4 + y}, {12}, {}, {{i, {0, 2}}, {j, {0, 2}}}));
  EXPECT_TRUE(covers({x * 4 + y}, {10}, {binary(BinaryOp::kLt, x * 4 + y, integer(10))}, {{i, {0, 2}}, {j, {0, 3}}}));
  EXPECT_FALSE(covers({x * 4 + y}, {10}, {binary(BinaryOp::kLt, x * 4 + y, integer(9))}, {{i, {0, 2}}, {j, {0, 3}}}));
  EXPECT_TRUE(covers({op(BinaryOp::kDiv, x, 3), op(BinaryOp::kMod, x, 3)}, {2, 3}, {}, {{i, {0, 5}}}));
  EXPECT_FALSE(covers({x + use(n)}, {4}, {}, {{i, {0, 3}}}));  // n is fixed, and may be 1
  EXPECT_TRUE(covers({binary(BinaryOp::kMod, x + use(n), integer(4))}, {4}, {}, {{i, {0, 3}}}));
  EXPECT_TRUE(covers({}, {}, {}, {}));
}

/// A random condition over the variables; `value` is what it says of the given values.
Expr random_index(Rng& rng, const std::vector<VarRef>& vars, int depth) {
  if (depth == 0) return rng.chance(0.3) ? integer(rng.uniform(-4, 9)) : use(rng.pick(vars));
  const Expr a = random_index(rng, vars, depth - 1);
  switch (rng.uniform(0, 5)) {
    case 0:
      return a + random_index(rng, vars, depth - 1);
    case 1:
      return a - random_index(rng, vars, depth - 1);
    case 2:
      return a * rng.uniform(-3, 3);
    case 3:
      return op(BinaryOp::kDiv, a, rng.uniform(1, 4));
    case 4:
      return op(BinaryOp::kMod, a, rng.uniform(1, 4));
    default:
      return binary(rng.chance(0.5) ? BinaryOp::kMin : BinaryOp::kMax, a, random_index(rng, vars, depth - 1));
  }
}

// Exact: the answer is that of trying all values.
TEST(IntegerSet, EqualsEnumeration) {
  for (uint64_t seed = 0; seed < 150; ++seed) {
    Rng rng(seed);
    const std::vector<VarRef> vars = {var("i"), var("j"), var("k")};
    Ranges ranges;
    for (const VarRef& each : vars) ranges[each] = {rng.uniform(-2, 1), rng.uniform(1, 4)};
    std::vector<Expr> conditions;
    for (int count = 0; count < 3; ++count) {
      const BinaryOp compare = rng.pick<BinaryOp>(
          {BinaryOp::kLt, BinaryOp::kLe, BinaryOp::kEq, BinaryOp::kNe, BinaryOp::kGt, BinaryOp::kGe});
      conditions.push_back(binary(compare, random_index(rng, vars, 3), random_index(rng, vars, 2)));
    }
    bool found = false;
    for (int64_t i = ranges[vars[0]].low; i <= ranges[vars[0]].high; ++i) {
      for (int64_t j = ranges[vars[1]].low; j <= ranges[vars[1]].high; ++j) {
        for (int64_t k = ranges[vars[2]].low; k <= ranges[vars[2]].high; ++k) {
          const std::map<VarRef, Expr> at = {{vars[0], integer(i)}, {vars[1], integer(j)}, {vars[2], integer(k)}};
          bool all = true;
          for (const Expr& condition : conditions) {
            all = all && std::get<IntLiteral>(substitute(condition, at)->node).value != 0;
          }
          found = found || all;
        }
      }
    }
    std::string text;
    for (const Expr& condition : conditions) text += to_text(condition) + "\n";
    ASSERT_EQ(can_hold(conditions, ranges), found) << "seed " << seed << "\n" << text;
  }
}

}  // namespace
}  // namespace tandem::loop
