// begin_sum: a sum that starts from a cleared buffer starts with its first term instead. A fresh local buffer holds
// zeros, so that it does not matter how much of it the nest clears.
#include <fmt/format.h>

#include <algorithm>

#include "compiler/schedule/tree.h"

namespace tandem::schedule {
namespace {

/// The store of zero inside a nest that clears (some of) a buffer; null where it is none.
const loop::Store* clearing_store(const Stmt& nest) {
  if (const auto* node = as_for(nest)) return clearing_store(node->body);
  if (const auto* node = std::get_if<loop::If>(&nest->node)) return clearing_store(node->body);
  const auto* store = std::get_if<loop::Store>(&nest->node);
  const auto* value = store ? std::get_if<loop::IntLiteral>(&store->value->node) : nullptr;
  return value && value->value == 0 ? store : nullptr;
}

bool is_index(const loop::Store& store, const VarRef& var) {
  return std::any_of(store.indices.begin(), store.indices.end(), [&](const Expr& index) {
    const auto* use = std::get_if<loop::VarUse>(&index->node);
    return use && use->var == var;
  });
}

Expr combined(loop::BinaryOp op, const Expr& all, const Expr& next) { return all ? loop::binary(op, all, next) : next; }

/// The loops from `stmt` down to its store, each the only statement of the one before; empty where there is something
/// else between.
std::vector<const loop::For*> loops_to_store(Stmt stmt) {
  std::vector<const loop::For*> loops;
  while (const auto* node = as_for(stmt)) {
    loops.push_back(node);
    stmt = node->body;
  }
  if (!std::holds_alternative<loop::Store>(stmt->node)) loops.clear();
  return loops;
}

/// `loops[from...]` around their store with new variables; before the store's first loop that does not index it, zero
/// is stored.
Stmt first_term(const loop::Kernel& kernel, const std::vector<const loop::For*>& loops, const loop::Store& store) {
  std::map<VarRef, Expr> renamed;
  std::map<VarRef, VarRef> vars;
  for (const loop::For* node : loops) {
    vars[node->var] = new_var(new_name(kernel, node->var->name + "_first"));
    renamed[node->var] = loop::use(vars[node->var]);
  }
  Stmt body = loop::substitute(loop::store(store.buffer, store.indices, store.value), renamed);
  const Stmt zero =
      loop::substitute(loop::store(store.buffer, store.indices, loop::integer(0, store.buffer->type)), renamed);
  bool cleared = false;
  for (size_t i = loops.size(); i-- > 0;) {
    if (!cleared && is_index(store, loops[i]->var)) {
      body = loop::block({zero, body});
      cleared = true;
    }
    body = loop::for_loop(vars[loops[i]->var], loops[i]->extent, body, loops[i]->kind);
  }
  return cleared ? body : loop::block({zero, body});
}

}  // namespace

Result<void> begin_sum(Schedule& schedule, const std::string& reset, const std::string& loop) {
  TANDEM_ASSIGN(const Path reset_path, find_loop(schedule, "begin_sum", reset));
  TANDEM_ASSIGN(const Path loop_path, find_loop(schedule, "begin_sum", loop));
  const Stmt &nest = reset_path.back(), &at = loop_path.back();
  const loop::Store* zero = clearing_store(nest);
  if (!zero) return refuse("begin_sum", nest, "this nest does not store zeros to a buffer");
  const BufferRef buffer = zero->buffer;
  const auto alloc = std::find_if(loop_path.begin(), loop_path.end(),
                                  [&](const Stmt& stmt) { return as_alloc(stmt) && as_alloc(stmt)->buffer == buffer; });
  const bool beside = alloc != loop_path.end() && reset_path.size() > static_cast<size_t>(alloc - loop_path.begin()) &&
                      std::none_of(reset_path.begin() + (alloc - loop_path.begin()), reset_path.end() - 1,
                                   [](const Stmt& stmt) { return as_for(stmt) != nullptr; });
  if (!beside) {
    return refuse("begin_sum", nest,
                  fmt::format("'{}' is not cleared where it is allocated, next to the sum", buffer->name));
  }
  const std::vector<const loop::For*> inner = loops_to_store(at);
  const auto* sum = inner.empty() ? nullptr : std::get_if<loop::Store>(&inner.back()->body->node);
  if (!sum || sum->buffer != buffer || !added_term(*sum)) {
    return refuse("begin_sum", at, fmt::format("this is no nest around a sum into '{}'", buffer->name));
  }
  for (const Expr& index : sum->indices) {
    if (std::holds_alternative<loop::VarUse>(index->node) || std::holds_alternative<loop::IntLiteral>(index->node))
      continue;
    return refuse("begin_sum", at,
                  fmt::format("'{}' is indexed by {}, not by a loop of its own", buffer->name, to_text(index)));
  }
  for (size_t i = 1; i < inner.size(); ++i) {
    if (!is_index(*sum, inner[i]->var) || is_index(*sum, inner[i - 1]->var)) continue;
    return refuse("begin_sum", at,
                  fmt::format("'{}' sums around '{}', which indexes '{}'", inner[i - 1]->var->name, inner[i]->var->name,
                              buffer->name),
                  {}, "reorder, so that summing loops are inside");
  }
  // Between clearing and summing nothing touches the buffer.
  bool cleared = false, reached = false;
  for (const Access& access : accesses_of(as_alloc(*alloc)->body)) {
    const bool in_reset = std::find(access.path.begin(), access.path.end(), nest) != access.path.end();
    reached = reached || std::find(access.path.begin(), access.path.end(), at) != access.path.end();
    cleared = cleared || in_reset;
    if (access.buffer != buffer || in_reset || reached) continue;
    return refuse("begin_sum", access.path.back(),
                  fmt::format("'{}' is used here, between clearing and summing", buffer->name));
  }
  if (!cleared || !reached) return refuse("begin_sum", at, fmt::format("'{}' is cleared after the sum", buffer->name));

  Expr first, later;
  std::map<VarRef, Expr> at_first;
  for (auto stmt = alloc; *stmt != at; ++stmt) {
    const auto* node = as_for(*stmt);
    if (!node || is_index(*sum, node->var)) continue;
    at_first[node->var] = loop::integer(0);
    if (node->extent == 1) continue;
    first = combined(loop::BinaryOp::kAnd, first,
                     loop::binary(loop::BinaryOp::kEq, loop::use(node->var), loop::integer(0)));
    later =
        combined(loop::BinaryOp::kOr, later, loop::binary(loop::BinaryOp::kGt, loop::use(node->var), loop::integer(0)));
  }
  // The first term of every element must be summed, whatever the conditions on the way.
  for (auto stmt = alloc; *stmt != at; ++stmt) {
    const auto* guard = std::get_if<loop::If>(&(*stmt)->node);
    if (!guard) continue;
    const bool depends = std::any_of(at_first.begin(), at_first.end(),
                                     [&](const auto& entry) { return mentions(guard->condition, entry.first); });
    const Expr then = loop::simplify(loop::substitute(guard->condition, at_first), ranges_of(loop_path));
    const auto* holds = std::get_if<loop::IntLiteral>(&then->node);
    if (depends && (!holds || holds->value == 0)) {
      return refuse("begin_sum", *stmt, "this condition may leave out the first term of a sum");
    }
  }
  Stmt begun = first_term(schedule.kernel, inner, *sum);
  if (first) begun = loop::block({loop::if_then(first, begun), loop::if_then(later, at)});
  const Stmt body = replace(schedule.kernel.body, at, begun);
  commit(schedule, replace(body, nest, nullptr), {"begin_sum", {{"reset", reset}, {"loop", loop}}});
  return {};
}

}  // namespace tandem::schedule
