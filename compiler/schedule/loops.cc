// split, fuse, remove_unit_loops: index changes that keep the order of execution, and are therefore always legal.
#include <fmt/format.h>

#include "compiler/schedule/tree.h"

namespace tandem::schedule {

Result<void> split(Schedule& schedule, const std::string& loop, int64_t factor, const std::string& outer,
                   const std::string& inner) {
  TANDEM_ASSIGN(const Path path, find_loop(schedule, "split", loop));
  const loop::For& node = *as_for(path.back());
  if (factor < 1) {
    return refuse("split", path.back(), fmt::format("factor {} of '{}' is not positive", factor, loop),
                  {fmt::format("1..{}", node.extent)});
  }
  const VarRef out = new_var(new_name(schedule.kernel, outer.empty() ? loop + "_outer" : outer));
  const VarRef in = new_var(new_name(schedule.kernel, inner.empty() ? loop + "_inner" : inner));
  // A loop of one iteration is left out of the index, so that indices stay single loops where they can.
  const int64_t trips = (node.extent + factor - 1) / factor;
  const Expr index = factor == 1  ? loop::use(out)
                     : trips == 1 ? loop::use(in)
                                  : loop::use(out) * factor + loop::use(in);
  Stmt body = loop::substitute(node.body, {{node.var, index}});
  if (node.extent % factor != 0) {
    body = loop::if_then(loop::binary(loop::BinaryOp::kLt, index, loop::integer(node.extent)), body);
  }
  body = loop::for_loop(out, trips, loop::for_loop(in, factor, body, node.kind), node.kind);
  commit(schedule, replace(schedule.kernel.body, path.back(), located(body, path.back()->where)),
         {"split", {{"loop", loop}, {"factor", factor}, {"outer", outer}, {"inner", inner}}});
  return {};
}

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

namespace {

class UnitLoops : public loop::Rewriter {
 protected:
  Stmt on_stmt(const Stmt& stmt) override {
    const auto* node = as_for(stmt);
    if (!node || node->extent != 1) return stmt;
    return loop::substitute(node->body, {{node->var, loop::integer(0)}});
  }
};

}  // namespace

Result<void> remove_unit_loops(Schedule& schedule) {
  commit(schedule, UnitLoops().rewrite(schedule.kernel.body), {"remove_unit_loops", {}});
  return {};
}

}  // namespace tandem::schedule
