// The static checker against faults seeded into programs: whatever makes a program's result depend on the order in
// which the engines move, or makes it fail, must be refused.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "support/result.h"

namespace tandem::bench {

/// Faults of one kind, or of all.
struct FaultTally {
  int64_t seeded = 0;
  int64_t caught = 0;   // refused by the checker
  int64_t changed = 0;  // some orders give different outputs, an error or a hang
  int64_t changed_caught = 0;
  int64_t another = 0;  // accepted: a right program of another meaning, the same in all orders that were tried
};

struct FaultCampaign {
  FaultTally all;
  std::map<std::string, FaultTally> by_kind;
  std::string first_missed;  // a program that the checker accepts and whose executions differ: what was done to it, and
                             // how to have it again; "" where there is none
};

/// `count` faults, each in a program of its own draw: half of them compiler-emitted (chains of random layers with
/// random schedules, one Program, on several configurations, some with queues of two tokens), half random. Each faulty
/// program runs in turn and in `orders` random orders.
Result<FaultCampaign> seed_faults(int64_t count, int64_t orders, uint64_t seed);

}  // namespace tandem::bench
