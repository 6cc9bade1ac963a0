// Faults seeded into compiled and random programs: the static checker refuses all that change some execution.
#include "tests/checker/fault_report.h"

namespace tandem::bench {
namespace {

TEST(SeededFaults, TheCheckerCatchesAllThatChangeAnExecution) { expect_all_caught(1200, 10, 1); }

}  // namespace
}  // namespace tandem::bench
