// A dense row-major array of numbers as a plain value: what models take and give, and what .npy files hold.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "support/file.h"
#include "support/result.h"

namespace tandem {

enum class DType { kI8, kU8, kI16, kI32, kI64, kF32 };

int size_bytes(DType type);
/// "i8", "u8", "i16", "i32", "i64", "f32".
const char* name(DType type);
Result<DType> parse_dtype(const std::string& text);

using Shape = std::vector<int64_t>;

int64_t element_count(const Shape& shape);
/// "[1, 3, 224, 224]".
std::string to_string(const Shape& shape);

struct Tensor {
  DType type = DType::kI8;
  Shape shape;
  Bytes data;  // row-major, little endian

  /// Zeros.
  Tensor() = default;
  Tensor(DType t, Shape s);
  int64_t size() const { return element_count(shape); }
  template <typename T>
  T* as() {
    return reinterpret_cast<T*>(data.data());
  }
  template <typename T>
  const T* as() const {
    return reinterpret_cast<const T*>(data.data());
  }
  bool operator==(const Tensor& other) const {
    return type == other.type && shape == other.shape && data == other.data;
  }
};

/// Slice `count` entries of the first axis, from `first`.
Tensor slice_first_axis(const Tensor& tensor, int64_t first, int64_t count);

/// NumPy's .npy, versions 1 to 3, C order, little endian (numpy.lib.format). Errors name the file and what is not
/// supported.
Result<Tensor> read_npy(const std::string& path);
Result<void> write_npy(const std::string& path, const Tensor& tensor);

}  // namespace tandem
