// stage: what the iterations of a loop read is copied to a memory near by first.
#include <fmt/format.h>

#include <algorithm>

#include "compiler/schedule/buffers.h"

namespace tandem::schedule {
namespace {

std::optional<loop::Type> type_named(const std::string& text) {
  for (const loop::Type type : {loop::Type::kI8, loop::Type::kI32, loop::Type::kI64, loop::Type::kF32}) {
    if (text == name(type)) return type;
  }
  return std::nullopt;
}

}  // namespace

Result<std::string> stage(Schedule& schedule, const std::string& buffer, const std::string& scope,
                          const std::string& loop, const std::string& type) {
  TANDEM_TRY(check_scope("stage", scope));
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
  if (allocated_in(place).count(source) != 0) {
    const std::string what =
        fmt::format("'{}' is allocated {}", buffer, loop.empty() ? "in the kernel" : "in '" + loop + "'");
    return loop.empty() ? refuse("stage", what) : refuse("stage", path.back(), what);
  }
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
  const BufferRef copy = new_buffer(name, held, region.extent, scope);
  const std::vector<VarRef> vars = axis_vars(schedule.kernel, name, region.extent.size());
  std::vector<Expr> from;
  loop::Ranges ranges = ranges_of(path);
  for (size_t axis = 0; axis < vars.size(); ++axis) {
    ranges[vars[axis]] = {0, region.extent[axis] - 1};
    from.push_back(region.base[axis] + loop::use(vars[axis]));
  }
  // What lies outside is never read: only guarded reads may name it.
  const Expr inside = lies_inside(from, source->shape, ranges);
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

}  // namespace tandem::schedule
