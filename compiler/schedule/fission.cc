// fission: each statement of a loop gets a loop of its own.
#include <fmt/format.h>

#include "compiler/schedule/dependence.h"

namespace tandem::schedule {

Result<void> fission(Schedule& schedule, const std::string& loop) {
  TANDEM_ASSIGN(const Path path, find_loop(schedule, "fission", loop));
  const loop::For& node = *as_for(path.back());
  const auto* list = std::get_if<loop::Block>(&node.body->node);
  if (!list) return refuse("fission", path.back(), fmt::format("'{}' is around a single statement", loop));
  for (size_t second = 1; second < list->statements.size(); ++second) {
    for (const Access& later : accesses_of(list->statements[second])) {
      for (size_t first = 0; first < second; ++first) {
        for (const Access& earlier : accesses_of(list->statements[first])) {
          if (earlier.buffer != later.buffer || !(earlier.is_store || later.is_store)) continue;
          for (const Direction& direction : directions(later, earlier, {&node})) {
            if (direction[0] <= 0 || !exists({later, earlier, direction}, {&node}, path)) continue;
            return refuse("fission", path.back(),
                          fmt::format("statement {} {} '{}', which statement {} {} in a later iteration", second + 1,
                                      later.is_store ? "writes" : "reads", later.buffer->name, first + 1,
                                      earlier.is_store ? "writes" : "reads"));
          }
        }
      }
    }
  }
  std::vector<Stmt> loops;
  loop::Kernel names = schedule.kernel;
  for (const Stmt& statement : list->statements) {
    const VarRef var = loops.empty() ? node.var : new_var(new_name(names, loop));
    loops.push_back(
        located(loop::for_loop(var, node.extent, loop::substitute(statement, {{node.var, loop::use(var)}}), node.kind),
                path.back()->where));
    names.body = loop::block({names.body, loops.back()});
  }
  // The loops inside were one set of names, and still are: each statement keeps its own.
  commit(schedule, replace(schedule.kernel.body, path.back(), loop::block(std::move(loops))),
         {"fission", {{"loop", loop}}});
  return {};
}

}  // namespace tandem::schedule
