// How much of a scratchpad buffer one allocation uses: tiles at the end of a dimension are smaller, and what nothing
// reads needs no place.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "compiler/codegen/accel/linear.h"
#include "compiler/loop/ir.h"

namespace tandem::codegen {

class LiveShapes {
 public:
  /// The shape that holds every element that the body reads while the enumerated loops have their values in
  /// `environment`; at most the buffer's. The last axes, which make one hardware element of `lanes`, are whole.
  Shape of(const loop::Alloc& allocation, int64_t lanes, Environment& environment);

 private:
  struct Read {
    std::vector<const loop::For*> loops;  // between the allocation and the read
    std::vector<loop::Expr> conditions;
    std::vector<loop::Expr> indices;
  };
  /// All reads of the buffer below `stmt`; `around` is what stands around it.
  static void collect(const loop::Stmt& stmt, const loop::BufferRef& buffer, Read& around, std::vector<Read>& reads);
  static void collect(const loop::Expr& expr, const loop::BufferRef& buffer, const Read& around,
                      std::vector<Read>& reads);

  std::map<const loop::Buffer*, std::vector<Read>> reads_;
};

}  // namespace tandem::codegen
