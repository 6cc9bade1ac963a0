// What the templates for the accelerator share: packed layouts, scratchpad buffers, and nests whose inner part becomes
// an intrinsic.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "compiler/loop/ir.h"
#include "compiler/ops/nest_builder.h"
#include "compiler/ops/requantize_lowering.h"
#include "isa/hw_config.h"
#include "support/result.h"
#include "tensorize/intrinsic.h"

namespace tandem::ops {

using Loops = std::vector<std::pair<std::string, int64_t>>;
using Indices = std::vector<loop::Expr>;

/// A parameter i8[n,c,h,w] packed as [n/batch, c/block, h, w, batch, block].
loop::Param packed_activation(const std::string& name, const Shape& nchw, int64_t batch, int64_t block, bool is_output);

class AccelWriter {
 public:
  AccelWriter(const isa::HwConfig& hardware, const tensorize::IntrinsicSet& intrinsics)
      : hardware_(hardware), intrinsics_(intrinsics) {}

  int64_t batch() const { return hardware_.batch; }
  int64_t block_in() const { return hardware_.block_in; }
  int64_t block_out() const { return hardware_.block_out; }

  /// Scratchpad buffers of `elements` hardware elements: [elements, batch, block].
  loop::BufferRef inputs(const std::string& name, int64_t elements) const;
  loop::BufferRef weights(const std::string& name, int64_t elements) const;
  loop::BufferRef accumulators(const std::string& name, int64_t elements) const;

  /// `loops` around the intrinsic that `inner` (a nest over the lanes, plain arithmetic) is an instance of.
  loop::Stmt instruction(const Loops& loops, const std::function<loop::Stmt(const Indices&)>& inner);
  /// acc[index] = 0 for each of `count` elements from `first` on.
  loop::Stmt reset(const loop::BufferRef& acc, const loop::Expr& first, int64_t count);
  /// The steps, one after the other, on `count` elements from `first` on.
  loop::Stmt steps(const loop::BufferRef& acc, const loop::Expr& first, int64_t count,
                   const std::vector<AluStep>& steps);
  /// acc[to] = op(acc[to], other[from]) lane by lane; `at` gives `to` and `from` for the values of the loops.
  loop::Stmt combine(const Loops& loops, loop::BinaryOp op, const loop::BufferRef& acc, const loop::BufferRef& other,
                     const std::function<std::pair<loop::Expr, loop::Expr>(const Indices&)>& at);
  /// tensor[indices, lanes] = acc[element, lanes], narrowed; `at` gives the element and the indices without lanes.
  loop::Stmt narrow_to(const Loops& loops, const loop::BufferRef& tensor, const loop::BufferRef& acc,
                       const std::function<std::pair<loop::Expr, Indices>(const Indices&)>& at) const;

  /// Why an `instruction` found no intrinsic; the statement is then left as it is.
  const std::optional<Diagnostic>& error() const { return error_; }

 private:
  const isa::HwConfig& hardware_;
  const tensorize::IntrinsicSet& intrinsics_;
  std::optional<Diagnostic> error_;
};

/// Lower bound and upper bound of an index as one condition; empty where the range of the index makes both hold.
std::optional<loop::Expr> inside(const loop::Expr& index, bool may_be_below, int64_t extent, bool may_be_above);
loop::Expr select_inside(const std::vector<std::optional<loop::Expr>>& conditions, const loop::Expr& value);

}  // namespace tandem::ops
