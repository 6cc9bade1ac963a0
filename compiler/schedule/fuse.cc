// fuse: two directly nested loops become one, which keeps the order of execution.
#include <fmt/format.h>

#include "compiler/schedule/tree.h"

namespace tandem::schedule {

Result<void> fuse(Schedule& schedule, const std::string& outer, const std::string& inner, const std::string& name) {
  TANDEM_ASSIGN(const Path path, find_loop(schedule, "fuse", outer));
  TANDEM_ASSIGN(const Path inner_path, find_loop(schedule, "fuse", inner));
  const loop::For& out = *as_for(path.back());
  const auto* in = as_for(out.body);
  if (!in || in->var->name != inner) {
    return refuse("fuse", path.back(), fmt::format("'{}' is not the only statement of '{}'", inner, outer),
                  in ? std::vector<std::string>{in->var->name} : std::vector<std::string>{},
                  "reorder or fission first, so that the one is directly in the other");
  }
  const VarRef var = new_var(new_name(schedule.kernel, name.empty() ? outer + "_" + inner : name));
  const Expr extent = loop::integer(in->extent);
  Stmt body = loop::substitute(in->body, {{out.var, loop::binary(loop::BinaryOp::kDiv, loop::use(var), extent)},
                                          {in->var, loop::binary(loop::BinaryOp::kMod, loop::use(var), extent)}});
  body = loop::for_loop(var, out.extent * in->extent, body, out.kind == in->kind ? out.kind : loop::ForKind::kSerial);
  commit(schedule, replace(schedule.kernel.body, path.back(), located(body, path.back()->where)),
         {"fuse", {{"outer", outer}, {"inner", inner}, {"name", name}}});
  return {};
}

}  // namespace tandem::schedule
