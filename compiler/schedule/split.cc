// split: a loop becomes two, which keeps the order of execution.
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

}  // namespace tandem::schedule
