// Random operators on random legal configurations: each is computed right, or refused with the reason; none is silently
// wrong. TANDEM_SEED chooses others, TANDEM_CONFIGURATIONS how many; the nightly label runs 100, 20 operators on each.
#include "isa/random_hardware.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/operators/random_operators.h"

namespace tandem {
namespace {

/// Why an operator may be refused: a unit that is absent, or a buffer that holds less than one block of each operand.
bool is_a_reason(const std::string& refused) {
  for (const char* reason : {"need 'requant_lanes', which the hardware has 0 of", " do not fit '"}) {
    if (refused.find(reason) != std::string::npos) return true;
  }
  return false;
}

void run(uint64_t configurations) {
  int64_t computed = 0, refused = 0;
  for (uint64_t i = 0; i < configurations; ++i) {
    Rng rng(seed_of_tests() * 1000003 + i);
    const isa::HwConfig hw = isa::random_hardware(rng, {1024, 256 * 1024});
    for (int k = 0; k < 20; ++k) {
      const ops::Operator op = k % 3 == 2 ? random_other(rng, hw) : ops::Operator(random_conv(rng, hw));
      SCOPED_TRACE(fmt::format("TANDEM_SEED={}, configuration {}, operator {}: {}\n{}", seed_of_tests(), i, k,
                               ops::key(op), isa::to_yaml(hw)));
      const OperatorOutcome outcome = try_operator(rng, op, hw, k % 2 == 1);
      ASSERT_EQ(outcome.difference, "");
      if (!outcome.refused.empty()) {
        ASSERT_TRUE(is_a_reason(outcome.refused)) << outcome.refused;
      }
      (outcome.refused.empty() ? computed : refused) += 1;
    }
  }
  std::printf("%lld operators computed right, %lld refused with the reason\n", static_cast<long long>(computed),
              static_cast<long long>(refused));
  EXPECT_GT(computed, 2 * refused);
}

TEST(RandomHardwareOperators, AreRightOrRefused) {
  const char* text = std::getenv("TANDEM_CONFIGURATIONS");
  run(text == nullptr ? TANDEM_RANDOM_CONFIGURATIONS : std::strtoull(text, nullptr, 10));
}

}  // namespace
}  // namespace tandem
