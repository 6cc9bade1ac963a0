// split: a loop becomes two, which keeps the order of execution. Where the factor does not divide the extent, `tail`
// says what happens with the iterations beyond it.
#include <fmt/format.h>

#include <algorithm>

#include "compiler/schedule/dependence.h"
#include "compiler/schedule/pad.h"

namespace tandem::schedule {
namespace {

const std::vector<std::string> kTails = {"guard", "pad", "shift", "exact"};

std::vector<std::string> divisors(int64_t extent) {
  std::vector<std::string> result;
  for (int64_t factor = 1; factor <= extent; ++factor) {
    if (extent % factor == 0) result.push_back(std::to_string(factor));
  }
  return result;
}

/// The last tile begins earlier, so that some iterations run twice: legal where that changes nothing.
Result<void> check_shift(const Path& path, int64_t factor) {
  const loop::For& node = *as_for(path.back());
  const std::string& name = node.var->name;
  if (factor > node.extent) {
    return refuse("split", path.back(), fmt::format("'{}' has fewer than {} iterations: no tile fits", name, factor),
                  {fmt::format("1..{}", node.extent)});
  }
  if (is_concurrent(node.kind)) {
    return refuse("split", path.back(),
                  fmt::format("'{}' is {}, and two tiles would write the same elements", name, keyword(node.kind)),
                  {"guard", "pad"});
  }
  std::vector<Dependence> dependences = carried_dependences({&node}, Reductions::kDepend);
  const std::set<BufferRef> own = allocated_in(node.body);
  for (const Access& read : accesses_of(node.body)) {
    for (const Access& write : accesses_of(node.body)) {
      if (read.is_store || !write.is_store || read.buffer != write.buffer || own.count(read.buffer) != 0) continue;
      dependences.push_back({read, write, {0}});
    }
  }
  for (const Dependence& dependence : dependences) {
    if (!exists(dependence, {&node}, path)) continue;
    const std::string& buffer = dependence.from.buffer->name;
    return refuse("split", path.back(),
                  fmt::format("iterations of '{}' would run twice, and '{}' would not keep its values", name, buffer),
                  {"guard", "pad"});
  }
  return {};
}

}  // namespace

Result<void> split(Schedule& original, const std::string& loop, int64_t factor, const std::string& outer,
                   const std::string& inner, const std::string& tail) {
  const Step step{"split", {{"loop", loop}, {"factor", factor}, {"outer", outer}, {"inner", inner}, {"tail", tail}}};
  if (std::find(kTails.begin(), kTails.end(), tail) == kTails.end()) {
    Diagnostic error = unknown_name({}, "tail", tail, kTails);
    error.what = "cannot split: " + error.what;
    return error;
  }
  TANDEM_ASSIGN(Path path, find_loop(original, "split", loop));
  const int64_t extent = as_for(path.back())->extent;
  if (factor < 1) {
    return refuse("split", path.back(), fmt::format("factor {} of '{}' is not positive", factor, loop),
                  {fmt::format("1..{}", extent)});
  }
  const bool has_tail = extent % factor != 0;
  if (has_tail && tail == "exact") {
    return refuse("split", path.back(),
                  fmt::format("{} does not divide the {} iterations of '{}'", factor, extent, loop), divisors(extent),
                  "or let the tail be guarded, padded or shifted");
  }
  if (has_tail && tail == "shift") TANDEM_TRY(check_shift(path, factor));
  std::optional<Schedule> padded;
  if (has_tail && tail == "pad") {
    padded = original;
    TANDEM_TRY(pad_loops(*padded, {loop}, factor, step));
    padded->trace.pop_back();
    TANDEM_ASSIGN(path, find_loop(*padded, "split", loop));
  }
  Schedule& schedule = padded ? *padded : original;
  const loop::For& node = *as_for(path.back());
  const VarRef out = new_var(new_name(schedule.kernel, outer.empty() ? loop + "_outer" : outer));
  const VarRef in = new_var(new_name(schedule.kernel, inner.empty() ? loop + "_inner" : inner));
  // A loop of one iteration is left out of the index, so that indices stay single loops where they can.
  const int64_t trips = (node.extent + factor - 1) / factor;
  Expr start = loop::use(out) * factor;
  if (has_tail && tail == "shift") start = loop::binary(loop::BinaryOp::kMin, start, loop::integer(extent - factor));
  const Expr index = factor == 1 ? loop::use(out) : trips == 1 ? loop::use(in) : start + loop::use(in);
  Stmt body = loop::substitute(node.body, {{node.var, index}});
  if (has_tail && tail == "guard") {
    body = loop::if_then(loop::binary(loop::BinaryOp::kLt, index, loop::integer(extent)), body);
  }
  body = loop::for_loop(out, trips, loop::for_loop(in, factor, body, node.kind), node.kind);
  commit(schedule, replace(schedule.kernel.body, path.back(), located(body, path.back()->where)), step);
  if (padded) original = std::move(*padded);
  return {};
}

}  // namespace tandem::schedule
