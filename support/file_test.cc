#include "support/file.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

namespace tandem {
namespace {

namespace fs = std::filesystem;

class File : public testing::Test {
 protected:
  void SetUp() override { fs::create_directories(folder_); }
  void TearDown() override { fs::remove_all(folder_); }
  std::string folder_ = testing::TempDir() + "tandem_file_test_" + std::to_string(::getpid());
};

TEST_F(File, RoundTrips) {
  const std::string path = folder_ + "/a";
  const std::string content("with\0zero", 9);
  ASSERT_TRUE(write_file(path, content).ok());
  EXPECT_EQ(read_text_file(path).value(), content);
  EXPECT_EQ(read_file(path)->size(), 9u);
}

TEST_F(File, ReasonsAreTheSystems) {
  EXPECT_EQ(render(read_file("/no/such").error()), "/no/such: error: cannot read: No such file or directory");
  EXPECT_EQ(render(read_file("/").error()), "/: error: cannot read: Is a directory");
  EXPECT_EQ(render(write_file("/no/such", "x").error()), "/no/such: error: cannot write: No such file or directory");
}

// A write that fails half-way, here at the process's limit, leaves the old file and nothing beside it.
TEST_F(File, AFailedWriteLeavesTheOldFile) {
  const std::string path = folder_ + "/a";
  ASSERT_TRUE(write_file(path, "old").ok());
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const rlimit small{1000, before.rlim_max};
  const auto handler = ::signal(SIGXFSZ, SIG_IGN);
  ::setrlimit(RLIMIT_FSIZE, &small);
  const Result<void> result = write_file(path, std::string(5000, 'x'));
  ::setrlimit(RLIMIT_FSIZE, &before);
  ::signal(SIGXFSZ, handler);
  EXPECT_EQ(render(result.error()), path + ": error: cannot write: File too large");
  EXPECT_EQ(read_text_file(path).value(), "old");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()), 1);
}

}  // namespace
}  // namespace tandem
