#include "support/diagnostic.h"

#include <gtest/gtest.h>

namespace tandem {
namespace {

TEST(Diagnostic, RendersPlaceRuleAndRemedy) {
  EXPECT_EQ(render({{"a.yaml", 3, 5}, "unknown key 'x'", {"y", "z"}, "did you mean 'y'?"}),
            "a.yaml:3:5: error: unknown key 'x'\n  legal: y, z\n  hint: did you mean 'y'?");
  EXPECT_EQ(render({{"a.npy"}, "truncated", {}, ""}), "a.npy: error: truncated");
  EXPECT_EQ(render({{}, "no bench is named", {}, ""}), "error: no bench is named");
}

TEST(Diagnostic, NearestIsALikelyTypoOrNothing) {
  EXPECT_EQ(nearest("blok_in", {"batch", "block_in", "block_out"}), "block_in");
  EXPECT_EQ(nearest("fats", {"slow", "fast"}), "fast");
  EXPECT_EQ(nearest("weather", {"batch", "block_in"}), "");
  EXPECT_EQ(nearest("", {"batch"}), "");
}

}  // namespace
}  // namespace tandem
