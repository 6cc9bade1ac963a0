// Small vocabulary of definitions and plans: buffers, fresh loop variables, dimensions cut into tiles.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compiler/loop/ir.h"

namespace tandem::ops {

loop::BufferRef buffer(const std::string& name, loop::Type type, Shape shape, const std::string& scope = "dram");
loop::VarRef var(const std::string& name);

/// One dimension cut into tiles; the last one may be smaller.
struct TiledDim {
  std::string name;
  int64_t total = 1, tile = 1;
  int64_t count() const { return (total + tile - 1) / tile; }
};

/// The last position in `dims` that has several tiles and is named in `names`, plus 1: where what depends on these is
/// the same for all loops further in. 0: for all loops.
size_t depth_of(const std::vector<TiledDim>& dims, const std::vector<std::string>& names);

/// Iterations of the first `depth` dimensions' loops.
int64_t iterations(const std::vector<TiledDim>& dims, size_t depth);

}  // namespace tandem::ops
