#include "tuner/measure/sources.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "support/file.h"

namespace tandem::tuner {
namespace {

TEST(Sources, OnlyWhatDecidesAMeasurementCounts) {
  const std::string checkout = testing::TempDir() + "sources_test." + std::to_string(::getpid());
  for (const char* folder : {"hw/tests", "isa", "docs"}) std::filesystem::create_directories(checkout + "/" + folder);
  const auto hash_with = [&](const std::string& path, const std::string& text) {
    EXPECT_TRUE(write_file(checkout + "/" + path, text).ok());
    return hash_of_sources(checkout);
  };
  const std::string first = hash_with("hw/alu.sv", "// One.\n");
  EXPECT_EQ(hash_with("isa/codec_test.cc", "x"), first);
  EXPECT_EQ(hash_with("hw/tests/alu_bench.sv", "x"), first);
  EXPECT_EQ(hash_with("docs/isa.md", "x"), first);
  const std::string second = hash_with("isa/isa.yaml", "x");
  EXPECT_NE(second, first);
  EXPECT_NE(hash_with("hw/alu.sv", "// Two.\n"), second);
  EXPECT_EQ(hash_with("hw/alu.sv", "// One.\n"), second);
  std::filesystem::remove_all(checkout);
}

}  // namespace
}  // namespace tandem::tuner
