// Auto-tensorize: every place of a kernel where a declared intrinsic applies, with the rewrites that it needs. Each
// proposal was tried: its steps have been applied, and the last one tensorized.
#pragma once

#include <string>
#include <vector>

#include "compiler/loop/ir.h"
#include "compiler/schedule/schedule.h"
#include "support/result.h"
#include "tensorize/intrinsic.h"

namespace tandem::propose {

struct Proposal {
  std::string intrinsic;
  SourceLocation where;   // of the statement
  std::string statement;  // its text
  std::string loops;      // "b = n, o = k, i = c": which loop stands for which of the pattern
  schedule::Trace steps;  // split, pad, pack, reorder, stage, ..., tensorize; of a schedule of the kernel as it is
  loop::Kernel result;    // what they make of it
};

/// In the order of statements, then of intrinsics; of those that stand for the same loops the one of the fewest steps.
/// Patterns of several statements (overwrite) are not looked for: `begin_sum` makes such a nest of a sum.
std::vector<Proposal> propose(const loop::Kernel& kernel, const tensorize::IntrinsicSet& intrinsics);

/// One line: `split(k, 16), pack(w, 0, 16), tensorize(k_inner, gemm)`.
std::string to_text(const schedule::Trace& steps);

/// A statement of the kernel against one intrinsic: it is an instance, or which condition failed.
struct Explanation {
  SourceLocation where;
  std::string statement;
  std::string loop;  // that would be named, or is
  bool matches = false;
  tensorize::Mismatch mismatch;  // where it does not
  std::vector<Proposal> proposals;
};
std::vector<Explanation> explain(const loop::Kernel& kernel, const tensorize::IntrinsicDeclaration& declaration,
                                 const tensorize::IntrinsicSet& intrinsics);

}  // namespace tandem::propose
