// Programs with one small mistake of the kind that a compiler makes: a token too few, a range that is off by one, the
// wrong buffer. For tests of the static checker: some of them break a program, some do not.
#pragma once

#include "isa/program.h"
#include "support/rng.h"

namespace tandem::isa {

struct SeededFault {
  Program program;
  std::string kind;  // "dependence", "range", ...; one of a few
  std::string what;  // "instruction 12: x_size is 8, not 7"
};

/// `program`, whose code must decode, with one mistake that still has an encoding. Kinds:
/// - "lost token": one push or one pop is gone; "lost dependence": the push and the pop of one token;
/// - "early token": a push moves to an earlier instruction of its engine; "late token": a pop to a later one; "wrong
///   neighbour": a token goes to, or comes from, the other neighbour; "swapped tokens": two neighbouring instructions
///   of an engine exchange their flags;
/// - "swapped": two neighbouring instructions exchange their places, with their flags;
/// - "off by one": a base, size, stride, pad, trip count, factor, range of micro-ops or field of a micro-op is one more
///   or one less;
/// - "wrong range": a base in a scratchpad or DRAM or a range of micro-ops is that of another instruction of the kind;
///   "wrong memory": a LOAD fills another scratchpad.
SeededFault seed_fault(const Program& program, Rng& rng);

}  // namespace tandem::isa
