#include "support/environment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

namespace tandem {
namespace {

TEST(Environment, PathsFollowTheVariables) {
  ::setenv("TANDEM_ROOT", "/somewhere", 1);
  EXPECT_EQ(checkout_path(""), "/somewhere");
  EXPECT_EQ(checkout_path("configs/hw"), "/somewhere/configs/hw");
  EXPECT_EQ(revision(), "unknown");
  ::unsetenv("TANDEM_ROOT");
  EXPECT_EQ(checkout_path("hw"), TANDEM_SOURCE_DIR "/hw");
  ::setenv("TANDEM_DATA", "/data", 1);
  EXPECT_EQ(shared_data_path("vta"), "/data/vta");
  ::unsetenv("TANDEM_DATA");
  EXPECT_EQ(shared_data_path("vta"), TANDEM_SOURCE_DIR "/../shared/vta");
}

TEST(Environment, MachineNamesItsCores) { EXPECT_THAT(machine(), testing::ContainsRegex(", [0-9]+ cores$")); }

}  // namespace
}  // namespace tandem
