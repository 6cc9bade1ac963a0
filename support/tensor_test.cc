#include "support/tensor.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>

namespace tandem {
namespace {

class Npy : public testing::Test {
 protected:
  void TearDown() override { ::unlink(path_.c_str()); }
  std::string error_of(const std::string& content) {
    EXPECT_TRUE(write_file(path_, content).ok());
    std::string text = render(read_npy(path_).error());
    const size_t at = text.find(path_);
    return at == std::string::npos ? text : text.replace(at, path_.size(), "FILE");
  }
  std::string file(const std::string& header, const std::string& data) {
    std::string text("\x93NUMPY\x01\x00", 8);
    text += static_cast<char>(header.size());
    text += '\0';
    return text + header + data;
  }
  std::string path_ = testing::TempDir() + "tandem_tensor_test_" + std::to_string(::getpid()) + ".npy";
};

TEST_F(Npy, RoundTripsEveryTypeAndRank) {
  for (const DType type : {DType::kI8, DType::kU8, DType::kI16, DType::kI32, DType::kI64, DType::kF32}) {
    for (const Shape& shape : {Shape{}, Shape{3}, Shape{2, 0, 5}, Shape{2, 3, 4}}) {
      Tensor tensor(type, shape);
      for (size_t i = 0; i < tensor.data.size(); ++i) tensor.data[i] = static_cast<uint8_t>(i * 37);
      ASSERT_TRUE(write_npy(path_, tensor).ok());
      const Result<Tensor> back = read_npy(path_);
      ASSERT_TRUE(back.ok());
      EXPECT_TRUE(*back == tensor) << name(type) << to_string(shape);
      EXPECT_EQ(read_file(path_)->size() % 64, tensor.data.size() % 64);
    }
  }
}

TEST_F(Npy, ReadsNumpysOwnFiles) {
  const char* data = std::getenv("TANDEM_DATA");
  const std::string root = data != nullptr ? data : TANDEM_SOURCE_DIR "/../shared";
  const std::string path = root + "/models/ref/mnist8_int8_pow2/labels.npy";
  if (::access(path.c_str(), R_OK) != 0) GTEST_SKIP() << "no " << path;
  const Result<Tensor> labels = read_npy(path);
  ASSERT_TRUE(labels.ok()) << render(labels.error());
  EXPECT_EQ(labels->shape, Shape{200});
}

TEST_F(Npy, ErrorsNameTheFileAndWhatIsWrong) {
  EXPECT_EQ(error_of("hello world"), "FILE: error: not a .npy file\n  hint: write one with numpy.save");
  EXPECT_EQ(error_of(file("{'descr': '<f8', 'fortran_order': False, 'shape': (1,), }", "12345678")),
            "FILE: error: element type '<f8' is not supported\n  legal: |i1, |u1, <i2, <i4, <i8, <f4");
  EXPECT_EQ(error_of(file("{'descr': '|i1', 'fortran_order': True, 'shape': (1,1), }", "1")),
            "FILE: error: Fortran order is not supported\n  hint: save it with numpy.ascontiguousarray(x)");
  EXPECT_EQ(error_of(file("{'descr': '<i4', 'fortran_order': False, 'shape': (2, 3), }", "123456789")),
            "FILE: error: [2, 3] of i32 needs 24 bytes of data, the file has 9\n  hint: the file is truncated");
  EXPECT_EQ(error_of(file("{'descr': '<i4', 'fortran_order'", "")), "FILE: error: the .npy header is malformed");
  EXPECT_EQ(error_of(file("{'descr': '<i4', 'fortran_order': False, 'shape': (9999999999, 9999999999), }", "")),
            "FILE: error: the .npy header is malformed");
  EXPECT_EQ(error_of(std::string("\x93NUMPY\x09\x00\x01\x00", 10)),
            "FILE: error: .npy version 9 is not supported\n  legal: 1, 2, 3");
  EXPECT_EQ(error_of(std::string("\x93NUMPY\x01\x00\x50\x00", 10)),
            "FILE: error: truncated: the header needs 90 bytes, the file has 10");
}

TEST(Tensor, TypesHaveNames) {
  EXPECT_EQ(parse_dtype("i32").value(), DType::kI32);
  EXPECT_EQ(render(parse_dtype("i33").error()),
            "error: unknown element type 'i33'\n"
            "  legal: i8, u8, i16, i32, i64, f32\n"
            "  hint: did you mean 'i32'?");
}

TEST(Tensor, SlicesTheFirstAxis) {
  Tensor tensor(DType::kI16, {3, 2});
  for (int16_t i = 0; i < 6; ++i) tensor.as<int16_t>()[i] = i;
  const Tensor slice = slice_first_axis(tensor, 1, 2);
  EXPECT_EQ(slice.shape, (Shape{2, 2}));
  EXPECT_EQ(slice.as<int16_t>()[0], 2);
  EXPECT_EQ(slice.as<int16_t>()[3], 5);
}

}  // namespace
}  // namespace tandem
