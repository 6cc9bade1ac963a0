// What a campaign of seeded faults must show, and its table for the log.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "bench/seeded_faults.h"
#include "tests/value_or_fail.h"

namespace tandem::bench {

/// Every fault that changes some execution is caught; of each kind there are some, and enough change something.
inline void expect_all_caught(int64_t faults, int64_t orders, uint64_t seed) {
  const FaultCampaign campaign = value_or_fail(seed_faults(faults, orders, seed));
  fmt::print("{:<16} {:>7} {:>7} {:>8} {:>7} {:>8}\n", "kind", "seeded", "caught", "changed", "of them", "another");
  for (const auto& [kind, tally] : campaign.by_kind) {
    fmt::print("{:<16} {:>7} {:>7} {:>8} {:>7} {:>8}\n", kind, tally.seeded, tally.caught, tally.changed,
               tally.changed_caught, tally.another);
  }
  EXPECT_EQ(campaign.all.seeded, faults);
  EXPECT_EQ(campaign.all.changed_caught, campaign.all.changed) << campaign.first_missed;
  EXPECT_EQ(campaign.by_kind.size(), 10u);
  EXPECT_GT(campaign.all.changed, faults / 4);
}

}  // namespace tandem::bench
