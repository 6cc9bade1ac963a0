// stage_store: a nest stores to a local buffer, which is then copied.
#include <fmt/format.h>

#include <algorithm>

#include "compiler/schedule/buffers.h"

namespace tandem::schedule {

Result<std::string> stage_store(Schedule& schedule, const std::string& loop, const std::string& scope) {
  TANDEM_TRY(check_scope("stage_store", scope));
  TANDEM_ASSIGN(const Path path, find_loop(schedule, "stage_store", loop));
  std::vector<Stmt> around;  // loops and conditions
  Stmt inner = path.back();
  for (;;) {
    const auto* node = as_for(inner);
    const auto* guard = std::get_if<loop::If>(&inner->node);
    if (!node && !guard) break;
    around.push_back(inner);
    inner = node ? node->body : guard->body;
  }
  const auto* store = std::get_if<loop::Store>(&inner->node);
  if (!store) return refuse("stage_store", path.back(), "this is no perfect nest around one store");
  Access access;
  for (const Access& candidate : accesses_of(path.back())) {
    if (candidate.buffer != store->buffer) continue;
    if (!candidate.is_store) {
      return refuse("stage_store", path.back(), fmt::format("the value reads '{}' itself", store->buffer->name));
    }
    access = candidate;
  }
  for (const Stmt& stmt : around) {
    const auto* node = as_for(stmt);
    const bool indexes =
        !node || node->extent == 1 || std::any_of(store->indices.begin(), store->indices.end(), [&](const Expr& index) {
          const auto affine = loop::as_affine(index);
          return affine && affine->coefficients.count(node->var) > 0;
        });
    if (indexes) continue;
    return refuse("stage_store", stmt,
                  fmt::format("'{}' does not index '{}': several iterations share an element", node->var->name,
                              store->buffer->name));
  }
  const Region region = region_of({access}, *store->buffer, ranges_of(around));
  const std::string name = new_name(schedule.kernel, store->buffer->name + "_" + scope);
  const BufferRef local = new_buffer(name, store->buffer->type, region.extent, scope);
  std::vector<Expr> element;
  for (size_t axis = 0; axis < store->indices.size(); ++axis)
    element.push_back(store->indices[axis] - region.base[axis]);
  std::map<VarRef, Expr> renamed;
  Stmt compute = loop::store(local, element, store->value);
  Stmt copy = located(loop::store(store->buffer, store->indices, loop::load(local, element)), inner->where);
  for (size_t i = around.size(); i-- > 0;) {
    if (const auto* node = as_for(around[i])) {
      const VarRef var = new_var(new_name(schedule.kernel, node->var->name + "_" + scope));
      renamed[node->var] = loop::use(var);
      compute = loop::for_loop(var, node->extent, compute, node->kind);
      copy = loop::for_loop(node->var, node->extent, copy, node->kind);
    } else {
      const Expr& condition = std::get<loop::If>(around[i]->node).condition;
      compute = loop::if_then(condition, compute);
      copy = loop::if_then(condition, copy);
    }
  }
  const Stmt staged = loop::alloc(local, loop::block({loop::substitute(compute, renamed), copy}));
  commit(schedule, replace(schedule.kernel.body, path.back(), staged),
         {"stage_store", {{"loop", loop}, {"scope", scope}}});
  return name;
}

}  // namespace tandem::schedule
