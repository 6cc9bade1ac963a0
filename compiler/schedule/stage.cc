// set_scope, stage, stage_write, stage_store: where values are kept.
#include <fmt/format.h>

#include <algorithm>

#include "compiler/schedule/tree.h"

namespace tandem::schedule {
namespace {

BufferRef make_buffer(std::string name, loop::Type type, Shape shape, std::string scope) {
  return std::make_shared<const loop::Buffer>(loop::Buffer{std::move(name), type, std::move(shape), std::move(scope)});
}

std::vector<VarRef> axis_vars(const loop::Kernel& kernel, const std::string& buffer, size_t rank) {
  std::vector<VarRef> vars;
  for (size_t axis = 0; axis < rank; ++axis)
    vars.push_back(new_var(new_name(kernel, fmt::format("{}_{}", buffer, axis))));
  return vars;
}

std::vector<Expr> uses(const std::vector<VarRef>& vars) {
  std::vector<Expr> result;
  for (const VarRef& var : vars) result.push_back(loop::use(var));
  return result;
}

std::optional<loop::Type> type_named(const std::string& text) {
  for (const loop::Type type : {loop::Type::kI8, loop::Type::kI32, loop::Type::kI64, loop::Type::kF32}) {
    if (text == name(type)) return type;
  }
  return std::nullopt;
}

}  // namespace

Result<void> set_scope(Schedule& schedule, const std::string& buffer, const std::string& scope) {
  TANDEM_ASSIGN(const Path path, find_alloc(schedule, "set_scope", buffer));
  const loop::Alloc& node = *as_alloc(path.back());
  loop::Buffer changed = *node.buffer;
  changed.scope = scope;
  const BufferRef moved = std::make_shared<const loop::Buffer>(std::move(changed));
  const Stmt body = redirect(node.body, node.buffer, [&](const loop::Operand& at) {
    return loop::Operand{moved, at.indices};
  });
  commit(schedule, replace(schedule.kernel.body, path.back(), located(loop::alloc(moved, body), path.back()->where)),
         {"set_scope", {{"buffer", buffer}, {"scope", scope}}});
  return {};
}

Result<std::string> stage(Schedule& schedule, const std::string& buffer, const std::string& scope,
                          const std::string& loop, const std::string& type) {
  Stmt place = schedule.kernel.body;
  Path path;
  if (!loop.empty()) {
    TANDEM_ASSIGN(path, find_loop(schedule, "stage", loop));
    place = as_for(path.back())->body;
  }
  std::vector<Access> reads;
  for (const Access& access : accesses_of(place)) {
    if (access.buffer->name != buffer) continue;
    if (access.is_store) {
      const std::string what =
          fmt::format("'{}' is written {}", buffer, loop.empty() ? "in the kernel" : "in '" + loop + "'");
      return loop.empty() ? refuse("stage", what)
                          : refuse("stage", path.back(), what, {}, "use compute_at or stage_write");
    }
    reads.push_back(access);
  }
  if (reads.empty()) {
    const std::string what =
        fmt::format("'{}' is not read {}", buffer, loop.empty() ? "in the kernel" : "in '" + loop + "'");
    return loop.empty() ? refuse("stage", what) : refuse("stage", path.back(), what);
  }
  const BufferRef source = reads[0].buffer;
  loop::Type held = source->type;
  if (!type.empty()) {
    const auto wanted = type_named(type);
    if (!wanted) return unknown_name({}, "type", type, {"i8", "i32", "i64", "f32"});
    for (const Access& access : reads) {
      if (*wanted == source->type || (access.under_cast && access.cast_type == *wanted)) continue;
      return refuse("stage", access.path.back(), fmt::format("not every read of '{}' is converted to {}", buffer, type),
                    {name(source->type)});
    }
    held = *wanted;
  }
  loop::Ranges inner;
  for (const Access& access : reads) {
    for (const auto& [var, range] : ranges_of(access.path)) inner[var] = range;
  }
  const Region region = region_of(reads, *source, inner);
  const std::string name = new_name(schedule.kernel, buffer + "_" + scope);
  const BufferRef copy = make_buffer(name, held, region.extent, scope);
  const std::vector<VarRef> vars = axis_vars(schedule.kernel, name, region.extent.size());
  std::vector<Expr> from;
  Expr inside = loop::integer(1, loop::Type::kBool);
  loop::Ranges ranges = ranges_of(path);
  for (size_t axis = 0; axis < vars.size(); ++axis) {
    ranges[vars[axis]] = {0, region.extent[axis] - 1};
    from.push_back(region.base[axis] + loop::use(vars[axis]));
    // What lies outside is never read: only guarded reads may name it.
    const auto both = [&](const Expr& bound) {
      inside = loop::binary(loop::BinaryOp::kAnd, inside, loop::simplify(bound, ranges));
    };
    both(loop::binary(loop::BinaryOp::kGe, from.back(), loop::integer(0)));
    both(loop::binary(loop::BinaryOp::kLt, from.back(), loop::integer(source->shape[axis])));
  }
  const Stmt fill =
      nest(vars, region.extent,
           loop::if_then(inside, loop::store(copy, uses(vars), loop::cast(held, loop::load(source, from)))));
  const Stmt body = redirect(place, source, [&](const loop::Operand& at) {
    loop::Operand target{copy, at.indices};
    for (size_t axis = 0; axis < target.indices.size(); ++axis)
      target.indices[axis] = target.indices[axis] - region.base[axis];
    return target;
  });
  const Stmt staged = loop::alloc(copy, loop::block({fill, body}));
  commit(schedule,
         loop.empty() ? staged
                      : replace(schedule.kernel.body, path.back(),
                                located(loop::for_loop(as_for(path.back())->var, as_for(path.back())->extent, staged,
                                                       as_for(path.back())->kind),
                                        path.back()->where)),
         {"stage", {{"buffer", buffer}, {"scope", scope}, {"loop", loop}, {"type", type}}});
  return name;
}

Result<std::string> stage_write(Schedule& schedule, const std::string& buffer, const std::string& scope) {
  const int position = find_param(schedule.kernel, buffer);
  std::vector<std::string> outputs;
  for (const loop::Param& param : schedule.kernel.params) {
    if (param.is_output) outputs.push_back(param.buffer->name);
  }
  if (position < 0 || !schedule.kernel.params[static_cast<size_t>(position)].is_output) {
    Diagnostic error = unknown_name({}, "output", buffer, outputs);
    error.what = "cannot stage_write: " + error.what;
    return error;
  }
  const BufferRef target = schedule.kernel.params[static_cast<size_t>(position)].buffer;
  const std::string name = new_name(schedule.kernel, buffer + "_" + scope);
  const BufferRef local = make_buffer(name, target->type, target->shape, scope);
  const std::vector<VarRef> vars = axis_vars(schedule.kernel, name, target->shape.size());
  const Stmt body = redirect(schedule.kernel.body, target, [&](const loop::Operand& at) {
    return loop::Operand{local, at.indices};
  });
  const Stmt copy = nest(vars, target->shape, loop::store(target, uses(vars), loop::load(local, uses(vars))));
  commit(schedule, loop::alloc(local, loop::block({body, copy})),
         {"stage_write", {{"buffer", buffer}, {"scope", scope}}});
  return name;
}

Result<std::string> stage_store(Schedule& schedule, const std::string& loop, const std::string& scope) {
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
  const BufferRef local = make_buffer(name, store->buffer->type, region.extent, scope);
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
