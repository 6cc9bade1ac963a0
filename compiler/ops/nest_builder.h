// Small vocabulary for writing loop nests in C++: buffers, fresh loop variables, nests over them, tile loops with their
// tails.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "compiler/loop/ir.h"

namespace tandem::ops {

loop::BufferRef buffer(const std::string& name, loop::Type type, Shape shape, const std::string& scope = "dram");
loop::VarRef var(const std::string& name);

/// for v[0] < extents[0]: for v[1] < extents[1]: ... body(v), with variables of these names.
loop::Stmt nest(const std::vector<std::pair<std::string, int64_t>>& loops,
                const std::function<loop::Stmt(const std::vector<loop::Expr>&)>& body);

/// One dimension cut into tiles; the last one may be smaller.
struct TiledDim {
  std::string name;
  int64_t total = 1, tile = 1;
  int64_t count() const { return (total + tile - 1) / tile; }
};

/// The current tile of a dimension within the loops around it.
struct TileAt {
  loop::Expr index;  // of the tile, 0 .. count-1
  loop::Expr start;  // first element
  int64_t size = 0;  // elements: the tile, or what is left for the last one
};

/// Loops over the tiles of dims[position], dims[position + 1], ..., outermost first. `at(position, tiles)` gives what
/// stands inside the loops of the dimensions before `position` (whose tiles are set) around `inner`, which makes the
/// loops from `position` on. A tail gets a copy of the body with its own sizes, so that no bound depends on a loop.
using TileBody = std::function<loop::Stmt(size_t position, const std::vector<TileAt>& tiles,
                                          const std::function<loop::Stmt()>& inner)>;
loop::Stmt tile_loops(const std::vector<TiledDim>& dims, const TileBody& at);

/// The running number of an iteration of the first `depth` dimensions' tile loops, modulo `copies`: which copy of a
/// multi-buffer it uses.
loop::Expr copy_index(const std::vector<TiledDim>& dims, const std::vector<TileAt>& tiles, size_t depth,
                      int64_t copies);

/// The last position in `dims` that has several tiles and is named in `names`, plus 1: where what depends on these is
/// the same for all loops further in. 0: for all loops.
size_t depth_of(const std::vector<TiledDim>& dims, const std::vector<std::string>& names);

/// Iterations of the first `depth` dimensions' loops.
int64_t iterations(const std::vector<TiledDim>& dims, size_t depth);

/// Row-major position in a space of these extents.
loop::Expr flat(const std::vector<loop::Expr>& indices, const std::vector<int64_t>& extents);

}  // namespace tandem::ops
