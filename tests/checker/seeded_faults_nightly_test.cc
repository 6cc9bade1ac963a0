// Many more faults than seeded_faults_test.cc, in more orders. TANDEM_SEED gives others.
#include <cstdlib>

#include "tests/checker/fault_report.h"

namespace tandem::bench {
namespace {

TEST(SeededFaultsNightly, TheCheckerCatchesAllThatChangeAnExecution) {
  const char* seed = std::getenv("TANDEM_SEED");
  expect_all_caught(10'000, 24, seed == nullptr ? 2 : std::strtoull(seed, nullptr, 10));
}

}  // namespace
}  // namespace tandem::bench
