// A program's tokens executed on abstract engines: queues, waiting and order without data or time. Part of the static
// checker.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "isa/program.h"

namespace tandem::isa {

/// How many instructions of each engine (indexed by Engine) are done for certain.
using EngineCounts = std::array<int64_t, 3>;

struct TokenRun {
  std::vector<int64_t> order;        // instructions in one legal order of completion
  std::vector<EngineCounts> before;  // per instruction: what is done when it starts, its own engine's neighbours in the
                                     // queue apart, which are ordered anyway
  std::vector<Fault> faults;         // tokens that cannot be, deadlock, tokens left over
  std::array<std::vector<int64_t>, 3> own;  // per engine: its instructions in queue order
};

/// In-order fetch into command queues of the configuration's depth, tokens through queues of its depth. Engines and
/// queues are deterministic and blocking, so that what can complete does not depend on the order that is tried here.
///
/// It holds for every simulator: an instruction starts once all its tokens are there and all that it pushes find room,
/// FINISH when load and store have done all of theirs besides, and leaves its queue when it is done (as in
/// `functional`; in the RTL when it starts). What is said to be done before an instruction is so in both: by tokens,
/// and by full queues, where a token waited for the room of an earlier one. Of the engine that made that room only what
/// was done before the popping instruction's predecessor started counts, for in the RTL the instructions of an engine
/// overlap.
TokenRun run_tokens(const HwConfig& config, const std::vector<Instruction>& instructions);

}  // namespace tandem::isa
