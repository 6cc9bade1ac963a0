// What a run was ended by, as a value that simulators can be compared on; the Diagnostic beside it says it in words.
#pragma once

#include <cstdint>

namespace tandem::sim {

/// The errors of hw/registers.svh. The error of an instruction shows when all before it in its engine's queue are done;
/// that engine then stops, the others go on as far as they can, and the error of the smallest index is the run's.
enum class ErrorCode {
  kEncoding,  // illegal, or for a unit that the hardware lacks; tokens of a missing neighbour
  kBounds,    // an index beyond a buffer
  kRead,      // memory refuses a read
  kWrite,     // memory refuses a write
  kTokens,    // tokens are left over at FINISH
  kOrder,     // FINISH is not the last instruction
  kNoFinish,  // the last instruction is not FINISH
  kDeadlock,  // every engine waits for a token, or for room for one
  kWatchdog,  // nothing has moved for too long
  kAddress,   // an address register of the device is misaligned: nothing was run
};

struct RunError {
  ErrorCode code = ErrorCode::kEncoding;
  int64_t instruction = -1;  // index in Program::code

  bool operator==(const RunError& other) const { return code == other.code && instruction == other.instruction; }
};

}  // namespace tandem::sim
