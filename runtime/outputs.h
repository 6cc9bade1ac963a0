// How a model's outputs compare with what they should be: expected values, and the right classes.
#pragma once

#include <cstdint>
#include <optional>

#include "support/tensor.h"

namespace tandem::runtime {

/// An exact comparison, sample by sample (the first axis).
struct Comparison {
  int64_t equal_samples = 0;
  int64_t sample = -1;  // the first that differs, its first element that does, and both values; -1: none
  int64_t element = 0;
  double actual = 0, expected = 0;
  bool all_equal() const { return sample < 0; }
};

/// `expected` holds at least as many samples as `output`, of the same shape, int8 or float32: floats are held against
/// the output times 2^`exponent`, its scale.
Comparison compare(const Tensor& expected, const Tensor& output, std::optional<int> exponent = {});

/// How many samples of an int8 output [samples, ...] have their greatest element, the first of equal ones, at their
/// label. `labels` are integers, at least one for each sample.
int64_t count_right(const Tensor& labels, const Tensor& output);

}  // namespace tandem::runtime
