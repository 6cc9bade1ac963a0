// A program's tokens executed on abstract engines: queues, waiting and order without data or time. Part of the static
// checker.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "isa/program.h"

namespace tandem::isa {

/// How many instructions of each engine (indexed by Engine) have completed for certain.
using EngineCounts = std::array<int64_t, 3>;

struct TokenRun {
  std::vector<int64_t> order;               // instructions in one legal order of completion
  std::vector<EngineCounts> before;         // per instruction: what tokens and queues order before it
  std::vector<Fault> faults;                // tokens that cannot be, deadlock, tokens left over
  std::array<std::vector<int64_t>, 3> own;  // per engine: its instructions in queue order
};

/// In-order fetch into command queues of the configuration's depth (an instruction leaves its queue when it completes),
/// pops before execution, pushes after it that wait for room. One engine's progress never takes another's away, so that
/// the outcome does not depend on the order that is tried here.
TokenRun run_tokens(const HwConfig& config, const std::vector<Instruction>& instructions);

}  // namespace tandem::isa
