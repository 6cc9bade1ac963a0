#include "runtime/outputs.h"

#include <algorithm>
#include <cmath>

namespace tandem::runtime {
namespace {

/// An element of any of the tensors' types.
double element(const Tensor& tensor, int64_t index) {
  switch (tensor.type) {
    case DType::kI8:
      return tensor.as<int8_t>()[index];
    case DType::kU8:
      return tensor.as<uint8_t>()[index];
    case DType::kI16:
      return tensor.as<int16_t>()[index];
    case DType::kI32:
      return tensor.as<int32_t>()[index];
    case DType::kI64:
      return static_cast<double>(tensor.as<int64_t>()[index]);
    case DType::kF32:
      return tensor.as<float>()[index];
  }
  return 0;
}

}  // namespace

Comparison compare(const Tensor& expected, const Tensor& output, std::optional<int> exponent) {
  const int64_t samples = output.shape[0];
  const int scale = expected.type == DType::kF32 ? exponent.value_or(0) : 0;
  Comparison result;
  const int64_t size = output.size() / samples;
  for (int64_t sample = 0; sample < samples; ++sample) {
    bool equal = true;
    for (int64_t i = 0; i < size && equal; ++i) {
      const double actual = std::ldexp(element(output, sample * size + i), scale);
      const double wanted = element(expected, sample * size + i);
      equal = actual == wanted;
      if (equal || result.sample >= 0) continue;
      result.sample = sample;
      result.element = i;
      result.actual = actual;
      result.expected = wanted;
    }
    result.equal_samples += equal ? 1 : 0;
  }
  return result;
}

int64_t count_right(const Tensor& labels, const Tensor& output) {
  const int64_t samples = output.shape[0];
  const int64_t size = output.size() / samples;
  int64_t right = 0;
  for (int64_t sample = 0; sample < samples; ++sample) {
    const int8_t* scores = output.as<int8_t>() + sample * size;
    right += std::max_element(scores, scores + size) - scores == static_cast<int64_t>(element(labels, sample)) ? 1 : 0;
  }
  return right;
}

}  // namespace tandem::runtime
