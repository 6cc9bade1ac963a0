#include "compiler/ops/nest_builder.h"

#include <algorithm>

#include "support/check.h"

namespace tandem::ops {

using loop::Expr;
using loop::Stmt;

loop::BufferRef buffer(const std::string& name, loop::Type type, Shape shape, const std::string& scope) {
  return std::make_shared<const loop::Buffer>(loop::Buffer{name, type, std::move(shape), scope});
}

loop::VarRef var(const std::string& name) {
  return std::make_shared<const loop::Var>(loop::Var{name, loop::Type::kI64});
}

Stmt nest(const std::vector<std::pair<std::string, int64_t>>& loops,
          const std::function<Stmt(const std::vector<Expr>&)>& body) {
  std::vector<loop::VarRef> vars;
  std::vector<Expr> uses;
  for (const auto& [name, extent] : loops) {
    vars.push_back(var(name));
    uses.push_back(extent == 1 ? loop::integer(0) : loop::use(vars.back()));
  }
  Stmt result = body(uses);
  for (size_t i = loops.size(); i-- > 0;) {
    if (loops[i].second != 1) result = loop::for_loop(vars[i], loops[i].second, std::move(result));
  }
  return result;
}

Stmt tile_loops(const std::vector<TiledDim>& dims, const TileBody& at) {
  std::vector<TileAt> tiles(dims.size());
  std::function<Stmt(size_t)> from = [&](size_t position) -> Stmt {
    return at(position, tiles, [&, position]() -> Stmt {
      if (position == dims.size()) return loop::block({});
      const TiledDim& dim = dims[position];
      const int64_t whole = dim.total / dim.tile, rest = dim.total % dim.tile;
      std::vector<Stmt> parts;
      if (whole == 1) {
        tiles[position] = {loop::integer(0), loop::integer(0), dim.tile};
        parts.push_back(from(position + 1));
      } else if (whole > 1) {
        const loop::VarRef v = var(dim.name + "_tile");
        tiles[position] = {loop::use(v), loop::use(v) * dim.tile, dim.tile};
        parts.push_back(loop::for_loop(v, whole, from(position + 1)));
      }
      if (rest != 0) {
        tiles[position] = {loop::integer(whole), loop::integer(whole * dim.tile), rest};
        parts.push_back(from(position + 1));
      }
      return loop::block(std::move(parts));
    });
  };
  return from(0);
}

Expr copy_index(const std::vector<TiledDim>& dims, const std::vector<TileAt>& tiles, size_t depth, int64_t copies) {
  if (copies == 1) return loop::integer(0);
  Expr running = loop::integer(0);
  for (size_t i = 0; i < depth; ++i) running = running * dims[i].count() + tiles[i].index;
  return loop::binary(loop::BinaryOp::kMod, running, loop::integer(copies));
}

size_t depth_of(const std::vector<TiledDim>& dims, const std::vector<std::string>& names) {
  size_t depth = 0;
  for (size_t i = 0; i < dims.size(); ++i) {
    if (dims[i].count() > 1 && std::find(names.begin(), names.end(), dims[i].name) != names.end()) depth = i + 1;
  }
  return depth;
}

int64_t iterations(const std::vector<TiledDim>& dims, size_t depth) {
  int64_t result = 1;
  for (size_t i = 0; i < depth; ++i) result *= dims[i].count();
  return result;
}

Expr flat(const std::vector<Expr>& indices, const std::vector<int64_t>& extents) {
  TANDEM_CHECK(indices.size() == extents.size(), "as many indices as extents");
  Expr result = loop::integer(0);
  for (size_t i = 0; i < indices.size(); ++i) result = result * extents[i] + indices[i];
  return result;
}

}  // namespace tandem::ops
