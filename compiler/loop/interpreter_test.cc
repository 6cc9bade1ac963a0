#include "compiler/loop/interpreter.h"

#include <gtest/gtest.h>

#include "compiler/loop/affine.h"
#include "compiler/loop/parser.h"
#include "compiler/loop/random_kernel.h"

namespace tandem::loop {
namespace {

Kernel parsed(const std::string& text) {
  Result<Kernel> kernel = parse_kernel(text, "k.loop");
  EXPECT_TRUE(kernel.ok()) << render(kernel.error());
  return std::move(kernel).value();
}

Tensor bytes(const Shape& shape, const std::vector<int>& values) {
  Tensor tensor(DType::kI8, shape);
  for (size_t i = 0; i < values.size(); ++i) tensor.as<int8_t>()[i] = static_cast<int8_t>(values[i]);
  return tensor;
}

TEST(Interpreter, RunsMatrixTimesVector) {
  const Kernel kernel = parsed(
      "kernel k(a: i8[2, 3], x: i8[3], out y: i32[2]) {\n"
      "  for i in 0..2 { for j in 0..3 { y[i] = y[i] + i32(a[i, j]) * i32(x[j]); } } }");
  std::map<std::string, Tensor> buffers = {{"a", bytes({2, 3}, {1, 2, 3, -4, 5, -6})}, {"x", bytes({3}, {100, 10, 1})}};
  ASSERT_TRUE(interpret(kernel, buffers).ok());
  EXPECT_EQ(buffers["y"].as<int32_t>()[0], 123);
  EXPECT_EQ(buffers["y"].as<int32_t>()[1], -356);
}

TEST(Interpreter, WrapsValuesAndRoundsIndicesDown) {
  const Kernel kernel = parsed(
      "kernel k(x: i8[1], out y: i8[4], out z: i32[2], imm: i32) {\n"
      "  y[0] = x[0] + 100; y[1] = x[0] * x[0]; y[2] = i8(i32(x[0]) * 3); y[3] = -x[0];\n"
      "  for i in 0..2 { z[(i - 1) / 2 + 1] = shift_right(i32(x[0]), imm); }\n"
      "}");
  std::map<std::string, Tensor> buffers = {{"x", bytes({1}, {100})}};
  ASSERT_TRUE(interpret(kernel, buffers, {{"imm", 2}}).ok());
  EXPECT_TRUE(buffers["y"] == bytes({4}, {-56, 16, 44, -100}));
  EXPECT_EQ(buffers["z"].as<int32_t>()[0], 25);
  EXPECT_EQ(buffers["z"].as<int32_t>()[1], 25);
}

TEST(Interpreter, EvaluatesOnlyTheChosenSide) {
  const Kernel kernel =
      parsed("kernel k(x: i8[3], out y: i8[5]) { for i in 0..5 { y[i] = select(1 <= i && i < 4, x[i - 1], -1); } }");
  std::map<std::string, Tensor> buffers = {{"x", bytes({3}, {5, 6, 7})}};
  ASSERT_TRUE(interpret(kernel, buffers).ok());
  EXPECT_TRUE(buffers["y"] == bytes({5}, {-1, 5, 6, 7, -1}));
}

TEST(Interpreter, RunsConcurrentLoopsOneAfterAnother) {
  const Kernel kernel = parsed(
      "kernel k(x: i8[2, 3], out y: i8[2, 3]) {\n"
      "  block.x i in 0..2 { thread.y j in 0..3 { vectorized l in 0..1 { y[i, j] = x[i, j] + 1; } } } }");
  std::map<std::string, Tensor> buffers = {{"x", bytes({2, 3}, {1, 2, 3, 4, 5, 6})}};
  ASSERT_TRUE(interpret(kernel, buffers).ok());
  EXPECT_TRUE(buffers["y"] == bytes({2, 3}, {2, 3, 4, 5, 6, 7}));
}

TEST(Interpreter, ComputesFloats) {
  const Kernel kernel = parsed("kernel k(x: i8[1], out y: f32[1]) { y[0] = max(f32(x[0]) / 8.0 + 0.5, 1.0); }");
  std::map<std::string, Tensor> buffers = {{"x", bytes({1}, {10})}};
  ASSERT_TRUE(interpret(kernel, buffers).ok());
  EXPECT_EQ(buffers["y"].as<float>()[0], 1.75f);
}

TEST(Interpreter, ZeroesAllocationsEachTime) {
  const Kernel kernel =
      parsed("kernel k(out y: i32[3]) { for i in 0..3 { alloc t: i32[1] { t[0] = t[0] + 1; y[i] = t[0]; } } }");
  std::map<std::string, Tensor> buffers;
  ASSERT_TRUE(interpret(kernel, buffers).ok());
  EXPECT_EQ(buffers["y"].as<int32_t>()[2], 1);
}

TEST(Interpreter, SaysWhatIsWrong) {
  const Kernel kernel = parsed("kernel k(x: i8[4], out y: i8[4]) {\n  for i in 0..4 {\n    y[i] = x[i + 1];\n  }\n}");
  std::map<std::string, Tensor> buffers = {{"x", bytes({4}, {})}};
  EXPECT_EQ(render(interpret(kernel, buffers).error()), "k.loop:3:5: error: x[4] is out of bounds: the shape is [4]");
  buffers["x"] = bytes({5}, {});
  EXPECT_EQ(render(interpret(kernel, buffers).error()), "error: kernel 'k' needs 'x' as i8[4], it is i8[5]");
  buffers.clear();
  EXPECT_EQ(render(interpret(kernel, buffers).error()), "error: kernel 'k' needs a tensor 'x' of i8[4]");
  const Kernel division = parsed("kernel k(x: i32[1]) { x[0] = 1 / x[0]; }");
  buffers = {{"x", Tensor(DType::kI32, {1})}};
  EXPECT_EQ(render(interpret(division, buffers).error()), "k.loop:1:23: error: division by zero");
  const Kernel scalar = parsed("kernel k(x: i32[1], imm: i32) { x[0] = imm; }");
  EXPECT_EQ(render(interpret(scalar, buffers).error()), "error: kernel 'k' needs a value for 'imm'");
}

TEST(Simplify, KeepsMeaningOfRandomKernels) {
  for (uint64_t seed = 0; seed < 100; ++seed) {
    Rng rng(seed);
    Kernel kernel = random_kernel(rng);
    std::map<std::string, Tensor> expected = random_inputs(kernel, rng), buffers = expected;
    ASSERT_TRUE(interpret(kernel, expected).ok()) << seed;
    kernel.body = simplify(kernel.body);
    ASSERT_TRUE(interpret(kernel, buffers).ok()) << seed;
    ASSERT_TRUE(buffers["result"] == expected["result"]) << "seed " << seed << "\n" << to_text(kernel);
  }
}

TEST(Simplify, ResolvesDivisionsUnderRanges) {
  const VarRef i = std::make_shared<const Var>(Var{"i"}), j = std::make_shared<const Var>(Var{"j"});
  const Ranges ranges = {{i, {0, 9}}, {j, {0, 3}}};
  const auto divide = [](const Expr& a, int64_t b) { return binary(BinaryOp::kDiv, a, integer(b)); };
  const auto modulo = [](const Expr& a, int64_t b) { return binary(BinaryOp::kMod, a, integer(b)); };
  const Expr index = use(i) * 4 + use(j);
  EXPECT_EQ(to_text(simplify(divide(index, 4), ranges)), "i");
  EXPECT_EQ(to_text(simplify(modulo(index, 4), ranges)), "j");
  EXPECT_EQ(to_text(simplify(divide(index, 2), ranges)), "i * 2 + j / 2");
  EXPECT_EQ(to_text(simplify(modulo(index - 4, 4), ranges)), "j");
  EXPECT_EQ(to_text(simplify(divide(index - 4, 4), ranges)), "i - 1");
  EXPECT_EQ(to_text(simplify(modulo(use(i), 4), ranges)), "i % 4");
  EXPECT_EQ(to_text(simplify(binary(BinaryOp::kLt, index, integer(40)), ranges)), "true");
  EXPECT_EQ(to_text(simplify(binary(BinaryOp::kLt, index, integer(39)), ranges)), "i * 4 + j < 39");
}

}  // namespace
}  // namespace tandem::loop
