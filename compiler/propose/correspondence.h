// What a statement would be in a pattern if loops, layouts and scopes were right: which access stands for which.
// Private to compiler/propose.
#pragma once

#include <optional>
#include <vector>

#include "compiler/loop/ir.h"
#include "tensorize/intrinsic.h"

namespace tandem::propose {

/// An access of the pattern and the one in its place.
struct Pair {
  loop::BufferRef pattern;
  std::vector<loop::Expr> pattern_indices;
  loop::BufferRef buffer;
  std::vector<loop::Expr> indices;
  std::optional<loop::Type> converted;  // the statement converts what it loads to this type, the pattern does not
};
using Correspondence = std::vector<Pair>;

/// Every way in which the store is the pattern's but for indices and scopes: operators, constants and types agree, with
/// operands swapped where that is the same, and no buffer of the pattern would be two places. Empty for a pattern of
/// several statements.
std::vector<Correspondence> correspondences(const tensorize::IntrinsicDeclaration& declaration,
                                            const loop::Store& store);

}  // namespace tandem::propose
