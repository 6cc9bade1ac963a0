#include "support/tensor.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstring>
#include <string_view>

namespace tandem {
namespace {

struct TypeRow {
  DType type;
  const char* name;
  const char* npy;  // NumPy's descr
  int size_bytes;
};

constexpr TypeRow kTypes[] = {
    {DType::kI8, "i8", "|i1", 1},   {DType::kU8, "u8", "|u1", 1},   {DType::kI16, "i16", "<i2", 2},
    {DType::kI32, "i32", "<i4", 4}, {DType::kI64, "i64", "<i8", 8}, {DType::kF32, "f32", "<f4", 4},
};

const TypeRow& row(DType type) {
  for (const TypeRow& candidate : kTypes) {
    if (candidate.type == type) return candidate;
  }
  check_failed(__FILE__, __LINE__, "row", "DType out of range");
}

constexpr char kMagic[] = "\x93NUMPY";
constexpr size_t kMagicBytes = 6;

/// Reads the header, a Python dictionary literal such as
/// {'descr': '<i4', 'fortran_order': False, 'shape': (20, 10), }
class HeaderParser {
 public:
  HeaderParser(std::string_view text, const std::string& path) : text_(text), path_(path) {}

  Result<Tensor> parse() {
    std::string descr;
    std::string order;
    Shape shape;
    bool has_shape = false;
    if (!take('{')) return malformed();
    while (!take('}')) {
      std::string key;
      if (!quoted(key) || !take(':')) return malformed();
      if (key == "descr") {
        if (!take_string_or_list(descr)) return malformed();
      } else if (key == "fortran_order") {
        order = word();
      } else if (key == "shape") {
        has_shape = true;
        if (!tuple(shape)) return malformed();
      } else {
        return malformed();
      }
      take(',');
    }
    if (descr.empty() || order.empty() || !has_shape) return malformed();
    if (order != "False") {
      return Diagnostic{{path_}, "Fortran order is not supported", {}, "save it with numpy.ascontiguousarray(x)"};
    }
    std::vector<std::string> legal;
    for (const TypeRow& candidate : kTypes) {
      if (descr == candidate.npy) return sized(candidate, shape);
      legal.push_back(candidate.npy);
    }
    return Diagnostic{{path_}, fmt::format("element type '{}' is not supported", descr), legal, ""};
  }

 private:
  Diagnostic malformed() const { return Diagnostic{{path_}, "the .npy header is malformed", {}, ""}; }

  /// A tensor that has type and shape, and no data yet.
  Result<Tensor> sized(const TypeRow& type, const Shape& shape) const {
    int64_t bytes = type.size_bytes;
    for (const int64_t extent : shape) {
      if (__builtin_mul_overflow(bytes, extent, &bytes)) return malformed();
    }
    Tensor tensor;
    tensor.type = type.type;
    tensor.shape = shape;
    return tensor;
  }

  void skip_space() {
    while (!text_.empty() && (text_.front() == ' ' || text_.front() == '\n')) text_.remove_prefix(1);
  }
  bool take(char c) {
    skip_space();
    if (text_.empty() || text_.front() != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  bool quoted(std::string& value) {
    skip_space();
    if (text_.empty() || (text_.front() != '\'' && text_.front() != '"')) return false;
    const size_t end = text_.find(text_.front(), 1);
    if (end == std::string_view::npos) return false;
    value = text_.substr(1, end - 1);
    text_.remove_prefix(end + 1);
    return true;
  }
  /// A structured array's descr is a list; it is kept as its text, for the message.
  bool take_string_or_list(std::string& value) {
    skip_space();
    if (text_.empty() || text_.front() != '[') return quoted(value);
    const size_t end = text_.find(']');
    if (end == std::string_view::npos) return false;
    value = text_.substr(0, end + 1);
    text_.remove_prefix(end + 1);
    return true;
  }
  std::string word() {
    skip_space();
    const size_t end = std::min(text_.find_first_of(",} "), text_.size());
    const std::string value(text_.substr(0, end));
    text_.remove_prefix(end);
    return value;
  }
  bool tuple(Shape& shape) {
    if (!take('(')) return false;
    while (!take(')')) {
      skip_space();
      int64_t extent = 0;
      size_t digits = 0;
      for (; digits < text_.size() && text_[digits] >= '0' && text_[digits] <= '9'; ++digits) {
        if (__builtin_mul_overflow(extent, int64_t{10}, &extent)) return false;
        if (__builtin_add_overflow(extent, int64_t{text_[digits] - '0'}, &extent)) return false;
      }
      if (digits == 0) return false;
      text_.remove_prefix(digits);
      shape.push_back(extent);
      take(',');
    }
    return true;
  }

  std::string_view text_;
  const std::string& path_;
};

}  // namespace

int size_bytes(DType type) { return row(type).size_bytes; }
const char* name(DType type) { return row(type).name; }

Result<DType> parse_dtype(const std::string& text) {
  std::vector<std::string> names;
  for (const TypeRow& candidate : kTypes) {
    if (text == candidate.name) return candidate.type;
    names.push_back(candidate.name);
  }
  return unknown_name({}, "element type", text, names);
}

int64_t element_count(const Shape& shape) {
  int64_t count = 1;
  for (const int64_t extent : shape) count *= extent;
  return count;
}

std::string to_string(const Shape& shape) { return fmt::format("[{}]", fmt::join(shape, ", ")); }

Tensor::Tensor(DType t, Shape s) : type(t), shape(std::move(s)) {
  data.resize(static_cast<size_t>(element_count(shape) * size_bytes(type)));
}

Tensor slice_first_axis(const Tensor& tensor, int64_t first, int64_t count) {
  TANDEM_CHECK(!tensor.shape.empty(), "slice of a scalar");
  TANDEM_CHECK(first >= 0 && count >= 0 && first + count <= tensor.shape[0],
               fmt::format("slice {}+{} of {}", first, count, to_string(tensor.shape)));
  Tensor slice;
  slice.type = tensor.type;
  slice.shape = tensor.shape;
  slice.shape[0] = count;
  const Shape inner(tensor.shape.begin() + 1, tensor.shape.end());
  const int64_t stride = element_count(inner) * size_bytes(tensor.type);
  slice.data.assign(tensor.data.begin() + first * stride, tensor.data.begin() + (first + count) * stride);
  return slice;
}

Result<Tensor> read_npy(const std::string& path) {
  TANDEM_ASSIGN(const Bytes file, read_file(path));
  if (file.size() < kMagicBytes + 4 || std::memcmp(file.data(), kMagic, kMagicBytes) != 0) {
    return Diagnostic{{path}, "not a .npy file", {}, "write one with numpy.save"};
  }
  const int version = file[kMagicBytes];
  if (version < 1 || version > 3) {
    return Diagnostic{{path}, fmt::format(".npy version {} is not supported", version), {"1", "2", "3"}, ""};
  }
  const size_t length_bytes = version == 1 ? 2 : 4;
  const size_t header_begin = kMagicBytes + 2 + length_bytes;
  size_t header_bytes = 0;
  for (size_t i = 0; i < length_bytes && kMagicBytes + 2 + i < file.size(); ++i) {
    header_bytes |= size_t{file[kMagicBytes + 2 + i]} << (8 * i);
  }
  if (header_begin + header_bytes > file.size()) {
    return Diagnostic{
        {path},
        fmt::format("truncated: the header needs {} bytes, the file has {}", header_begin + header_bytes, file.size()),
        {},
        ""};
  }
  const std::string_view header(reinterpret_cast<const char*>(file.data()) + header_begin, header_bytes);
  TANDEM_ASSIGN(Tensor tensor, HeaderParser(header, path).parse());
  const size_t wanted = static_cast<size_t>(tensor.size() * size_bytes(tensor.type));
  const size_t found = file.size() - header_begin - header_bytes;
  if (found != wanted) {
    return Diagnostic{{path},
                      fmt::format("{} of {} needs {} bytes of data, the file has {}", to_string(tensor.shape),
                                  name(tensor.type), wanted, found),
                      {},
                      found < wanted ? "the file is truncated" : ""};
  }
  tensor.data.assign(file.begin() + static_cast<std::ptrdiff_t>(header_begin + header_bytes), file.end());
  return tensor;
}

Result<void> write_npy(const std::string& path, const Tensor& tensor) {
  const char* comma = tensor.shape.size() == 1 ? "," : "";
  std::string header = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}{}), }}", row(tensor.type).npy,
                                   fmt::join(tensor.shape, ", "), comma);
  const size_t preamble = kMagicBytes + 4;
  while ((preamble + header.size() + 1) % 64 != 0) header += ' ';
  header += '\n';
  std::string file(kMagic, kMagicBytes);
  file += '\x01';
  file += '\x00';
  file += static_cast<char>(header.size() & 0xff);
  file += static_cast<char>(header.size() >> 8);
  file += header;
  file.append(reinterpret_cast<const char*>(tensor.data.data()), tensor.data.size());
  return write_file(path, file);
}

}  // namespace tandem
