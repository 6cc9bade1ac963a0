// start_from_zero: a buffer is cleared and the constant added, where it was set to the constant.
#include <fmt/format.h>

#include "compiler/schedule/tree.h"

namespace tandem::schedule {

Result<void> start_from_zero(Schedule& schedule, const std::string& loop) {
  Stmt nest;
  TANDEM_ASSIGN(const Stmt stmt, find_only_store(schedule, "start_from_zero", loop, nest));
  const auto& store = std::get<loop::Store>(stmt->node);
  const auto* constant = std::get_if<loop::IntLiteral>(&store.value->node);
  const loop::Type type = store.value->type;
  if (!constant || (type != loop::Type::kI8 && type != loop::Type::kI32)) {
    return refuse("start_from_zero", nest, fmt::format("the value {} is no integer constant", to_text(store.value)));
  }
  if (find_param(schedule.kernel, store.buffer->name) >= 0) {
    return refuse("start_from_zero", nest, fmt::format("'{}' is a parameter", store.buffer->name), {},
                  "stage_write it first: outputs are never read");
  }
  if (!fills_all(nest, store.buffer)) {
    return refuse("start_from_zero", nest, fmt::format("this nest does not write all of '{}'", store.buffer->name));
  }
  std::map<VarRef, Expr> renamed;
  std::map<VarRef, VarRef> vars;
  std::vector<const loop::For*> loops;
  for (const auto* node = as_for(nest); node; node = as_for(node->body)) {
    loops.push_back(node);
    vars[node->var] = new_var(new_name(schedule.kernel, node->var->name + "_add"));
    renamed[node->var] = loop::use(vars[node->var]);
  }
  Stmt update = loop::substitute(
      loop::store(store.buffer, store.indices, loop::load(store.buffer, store.indices) + store.value), renamed);
  for (size_t i = loops.size(); i-- > 0;) {
    update = loop::for_loop(vars[loops[i]->var], loops[i]->extent, update, loops[i]->kind);
  }
  const Stmt zeros =
      replace(nest, stmt, located(loop::store(store.buffer, store.indices, loop::integer(0, type)), stmt->where));
  commit(schedule, replace(schedule.kernel.body, nest, loop::block({zeros, update})),
         {"start_from_zero", {{"loop", loop}}});
  return {};
}

}  // namespace tandem::schedule
