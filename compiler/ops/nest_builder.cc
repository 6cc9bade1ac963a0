#include "compiler/ops/nest_builder.h"

#include <algorithm>

namespace tandem::ops {

loop::BufferRef buffer(const std::string& name, loop::Type type, Shape shape, const std::string& scope) {
  return std::make_shared<const loop::Buffer>(loop::Buffer{name, type, std::move(shape), scope});
}

loop::VarRef var(const std::string& name) {
  return std::make_shared<const loop::Var>(loop::Var{name, loop::Type::kI64});
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

}  // namespace tandem::ops
