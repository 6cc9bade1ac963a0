// rfactor: a sum over a loop becomes partial sums, one for each iteration, which are then added: iterations of the loop
// no longer depend on each other.
#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "compiler/schedule/buffers.h"
#include "compiler/schedule/dependence.h"
#include "compiler/schedule/value_range.h"

namespace tandem::schedule {
namespace {

/// What changes nothing, whatever it is combined with.
Expr neutral(loop::BinaryOp op, loop::Type type) {
  const loop::Interval all = range_of_type(type);
  if (op == loop::BinaryOp::kMul) return loop::integer(1, type);
  if (op == loop::BinaryOp::kMin) return loop::integer(type == loop::Type::kI64 ? INT64_MAX : all.high, type);
  if (op == loop::BinaryOp::kMax) return loop::integer(type == loop::Type::kI64 ? INT64_MIN : all.low, type);
  return loop::integer(0, type);
}

}  // namespace

Result<std::string> rfactor(Schedule& schedule, const std::string& loop, const std::string& scope) {
  TANDEM_TRY(check_scope("rfactor", scope));
  TANDEM_ASSIGN(const Path path, find_loop(schedule, "rfactor", loop));
  const Stmt& old_nest = path.back();
  const loop::For& node = *as_for(old_nest);
  const Stmt stmt = only_store(old_nest);
  if (!stmt) return refuse("rfactor", old_nest, "this is no perfect nest around one store");
  const auto& store = std::get<loop::Store>(stmt->node);
  const BufferRef buffer = store.buffer;
  if (!is_reduction(stmt)) {
    const bool rounds = buffer->type == loop::Type::kF32;
    return refuse("rfactor", old_nest,
                  rounds ? fmt::format("'{}' is f32: another order of a sum rounds differently", buffer->name)
                         : fmt::format("{} is no sum, product, minimum or maximum with the stored element",
                                       to_text(store.value)));
  }
  std::vector<std::string> summing;
  for (const Stmt* at = &old_nest; *at != stmt;) {
    const auto* inner = as_for(*at);
    const bool indexes = inner && std::any_of(store.indices.begin(), store.indices.end(),
                                              [&](const Expr& index) { return mentions(index, inner->var); });
    if (inner && !indexes) summing.push_back(inner->var->name);
    at = inner ? &inner->body : &std::get<loop::If>((*at)->node).body;
  }
  if (std::find(summing.begin(), summing.end(), loop) == summing.end()) {
    return refuse("rfactor", old_nest, fmt::format("'{}' indexes '{}': nothing is summed over it", loop, buffer->name),
                  summing);
  }
  Access written;
  for (const Access& access : accesses_of(old_nest)) {
    if (access.buffer != buffer) continue;
    if (access.path.back() != stmt) {
      return refuse("rfactor", access.path.back(), fmt::format("this condition reads '{}'", buffer->name));
    }
    if (access.is_store) written = access;
  }

  const auto op = std::get<loop::Binary>(store.value->node).op;
  const Region region = region_of({written}, *buffer, ranges_of(written.path));
  Shape shape = {node.extent};
  shape.insert(shape.end(), region.extent.begin(), region.extent.end());
  const std::string name = new_name(schedule.kernel, buffer->name + "_" + scope);
  const BufferRef partial = new_buffer(name, buffer->type, shape, scope);
  const Stmt sums = redirect(old_nest, buffer, [&](const loop::Operand& at) {
    loop::Operand target{partial, {loop::use(node.var)}};
    for (size_t axis = 0; axis < at.indices.size(); ++axis)
      target.indices.push_back(at.indices[axis] - region.base[axis]);
    return target;
  });
  std::vector<Stmt> statements;
  if (op != loop::BinaryOp::kAdd) {  // a fresh buffer holds zeros
    const std::vector<VarRef> vars = axis_vars(schedule.kernel, name + "_init", shape.size());
    statements.push_back(nest(vars, shape, loop::store(partial, uses(vars), neutral(op, buffer->type))));
  }
  statements.push_back(sums);
  const std::vector<VarRef> vars = axis_vars(schedule.kernel, name, shape.size());
  loop::Ranges ranges = ranges_of(path);
  std::vector<Expr> element;
  for (size_t axis = 0; axis < vars.size(); ++axis) {
    ranges[vars[axis]] = {0, shape[axis] - 1};
    if (axis > 0) element.push_back(region.base[axis - 1] + loop::use(vars[axis]));
  }
  const Expr total = loop::binary(op, loop::load(buffer, element), loop::load(partial, uses(vars)));
  statements.push_back(nest(
      vars, shape, loop::if_then(lies_inside(element, buffer->shape, ranges), loop::store(buffer, element, total))));
  const Stmt changed = located(loop::alloc(partial, loop::block(std::move(statements))), old_nest->where);
  const Stmt body = loop::simplify(replace(schedule.kernel.body, old_nest, changed));
  TANDEM_TRY(check_concurrent("rfactor", path, body));
  commit(schedule, body, {"rfactor", {{"loop", loop}, {"scope", scope}}});
  return name;
}

}  // namespace tandem::schedule
