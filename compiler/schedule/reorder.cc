// reorder: the loops of a perfect nest in another order, where no dependence is turned round.
#include <fmt/format.h>

#include <algorithm>

#include "compiler/schedule/dependence.h"

namespace tandem::schedule {
namespace {

std::string joined(const std::vector<std::string>& words) { return fmt::format("{}", fmt::join(words, ", ")); }

/// What stands inside the conditions that begin `stmt`, as long as they read no buffer; appends these,
/// and the statements to the path.
Stmt without_guards(const Stmt& stmt, std::vector<Expr>& conditions, Path& path) {
  const auto* guard = std::get_if<loop::If>(&stmt->node);
  if (!guard) return stmt;
  for (const Access& access : accesses_of(stmt)) {
    if (access.path.size() == 1) return stmt;  // the condition reads it
  }
  conditions.push_back(guard->condition);
  path.push_back(stmt);
  return without_guards(guard->body, conditions, path);
}

}  // namespace

Result<void> reorder(Schedule& schedule, const std::vector<std::string>& loops) {
  // The chain of directly nested loops from the first named one down to the last.
  std::vector<Path> named;
  for (const std::string& name : loops) {
    TANDEM_ASSIGN(Path path, find_loop(schedule, "reorder", name));
    named.push_back(std::move(path));
  }
  if (named.empty()) return refuse("reorder", "no loop is named");
  const Path top =
      *std::min_element(named.begin(), named.end(), [](const Path& a, const Path& b) { return a.size() < b.size(); });
  std::vector<const loop::For*> chain;
  std::vector<std::string> names;
  std::vector<size_t> places;
  std::vector<size_t> guards_until;  // how many conditions stand before the body of each loop of the chain
  std::vector<Expr> guards;
  std::vector<size_t> lengths;  // of the path to each loop of the chain
  Path path = top;
  for (const loop::For* node = as_for(top.back()); node;) {
    if (std::count(loops.begin(), loops.end(), node->var->name) > 0) places.push_back(chain.size());
    chain.push_back(node);
    names.push_back(node->var->name);
    lengths.push_back(path.size());
    const Stmt inside = without_guards(node->body, guards, path);
    guards_until.push_back(guards.size());
    path.push_back(inside);
    node = as_for(inside);
  }
  if (places.size() != loops.size()) {
    return refuse("reorder", top.back(), fmt::format("[{}] are not different loops of one perfect nest", joined(loops)),
                  names, "fission first, so that each of them is directly in the other");
  }
  chain.resize(places.back() + 1);
  guards.resize(guards_until[places.back()]);
  path.resize(lengths[places.back()]);
  std::vector<size_t> order(chain.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  for (size_t i = 0; i < loops.size(); ++i) {
    order[places[i]] = static_cast<size_t>(std::find(names.begin(), names.end(), loops[i]) - names.begin());
  }
  const bool concurrent =
      std::any_of(chain.begin(), chain.end(), [](const loop::For* node) { return is_concurrent(node->kind); });
  const Reductions reductions = concurrent ? Reductions::kDepend : Reductions::kAnyOrder;
  for (const Dependence& dependence : carried_dependences(chain, reductions)) {
    const auto first = std::find_if(order.begin(), order.end(), [&](size_t i) { return dependence.direction[i] != 0; });
    const loop::For& carrier = *chain[*first];
    const bool turned = dependence.direction[*first] < 0 && !is_reduction(dependence);
    if (!(turned || is_concurrent(carrier.kind)) || !exists(dependence, chain, path)) continue;
    const std::string why = fmt::format("to [{}]: {}", joined(loops), describe(dependence, chain));
    if (turned) {
      const auto before =
          std::find_if(dependence.direction.begin(), dependence.direction.end(), [](int sign) { return sign != 0; });
      return refuse(
          "reorder", top.back(), why, {},
          fmt::format("keep '{}' around '{}'",
                      chain[static_cast<size_t>(before - dependence.direction.begin())]->var->name, carrier.var->name));
    }
    return refuse("reorder", top.back(), why, {},
                  fmt::format("'{}' is {}: reorder before that", carrier.var->name, keyword(carrier.kind)));
  }
  // Conditions of the tails stand directly in the innermost of the loops that they name.
  std::vector<Expr> ignored;
  Path leading;
  Stmt body = without_guards(chain.back()->body, ignored, leading);
  for (size_t i = order.size(); i-- > 0;) {
    const loop::For& node = *chain[order[i]];
    for (size_t g = guards.size(); g-- > 0;) {
      if (!mentions(guards[g], node.var)) continue;
      body = loop::if_then(guards[g], body);
      guards.erase(guards.begin() + static_cast<std::ptrdiff_t>(g));
    }
    body = loop::for_loop(node.var, node.extent, body, node.kind);
  }
  for (size_t g = guards.size(); g-- > 0;) body = loop::if_then(guards[g], body);
  commit(schedule, replace(schedule.kernel.body, top.back(), located(body, top.back()->where)),
         {"reorder", {{"loops", loops}}});
  return {};
}

}  // namespace tandem::schedule
