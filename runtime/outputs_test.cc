#include "runtime/outputs.h"

#include <gtest/gtest.h>

namespace tandem::runtime {
namespace {

Tensor of_i8(const Shape& shape, const std::vector<int8_t>& values) {
  Tensor tensor(DType::kI8, shape);
  std::copy(values.begin(), values.end(), tensor.as<int8_t>());
  return tensor;
}

TEST(Outputs, TheFirstDifferenceIsNamed) {
  const Tensor output = of_i8({3, 2}, {1, 2, 3, 4, 5, 6});
  EXPECT_TRUE(compare(output, output).all_equal());
  const Comparison c = compare(of_i8({3, 2}, {1, 2, 3, 9, 8, 7}), output);
  EXPECT_FALSE(c.all_equal());
  EXPECT_EQ(c.equal_samples, 1);
  EXPECT_EQ(c.sample, 1);
  EXPECT_EQ(c.element, 1);
  EXPECT_EQ(c.actual, 4);
  EXPECT_EQ(c.expected, 9);
}

TEST(Outputs, FloatsAreHeldAgainstTheScaledOutput) {
  Tensor expected(DType::kF32, {1, 2});
  expected.as<float>()[0] = 0.5F;
  expected.as<float>()[1] = -0.75F;
  EXPECT_TRUE(compare(expected, of_i8({1, 2}, {2, -3}), -2).all_equal());
  EXPECT_EQ(compare(expected, of_i8({1, 2}, {2, 3}), -2).element, 1);
}

TEST(Outputs, TheFirstOfEqualScoresIsTheAnswer) {
  Tensor labels(DType::kI64, {3});
  labels.as<int64_t>()[0] = 1;
  labels.as<int64_t>()[1] = 1;
  labels.as<int64_t>()[2] = 0;
  EXPECT_EQ(count_right(labels, of_i8({3, 2}, {-1, 5, 7, 7, 7, 7})), 2);
}

}  // namespace
}  // namespace tandem::runtime
