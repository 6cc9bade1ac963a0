// annotate: how the iterations of a loop are carried out.
#include <fmt/format.h>

#include <algorithm>

#include "compiler/schedule/dependence.h"

namespace tandem::schedule {
namespace {

const char* text_of(loop::ForKind kind) {
  switch (kind) {
    case loop::ForKind::kSerial:
      return "serial";
    case loop::ForKind::kParallel:
      return "parallel";
    case loop::ForKind::kVectorized:
      return "vectorized";
    case loop::ForKind::kUnrolled:
      return "unrolled";
  }
  return "?";
}

}  // namespace

Result<void> annotate(Schedule& schedule, const std::string& loop, const std::string& kind) {
  const std::vector<std::pair<std::string, loop::ForKind>> kinds = {{"serial", loop::ForKind::kSerial},
                                                                    {"parallel", loop::ForKind::kParallel},
                                                                    {"vectorized", loop::ForKind::kVectorized},
                                                                    {"unrolled", loop::ForKind::kUnrolled}};
  TANDEM_ASSIGN(const Path path, find_loop(schedule, "annotate", loop));
  const loop::For& node = *as_for(path.back());
  const auto found = std::find_if(kinds.begin(), kinds.end(), [&](const auto& entry) { return entry.first == kind; });
  if (found == kinds.end())
    return unknown_name({}, "kind of loop", kind, {"serial", "parallel", "vectorized", "unrolled"});
  if (found->second == loop::ForKind::kParallel || found->second == loop::ForKind::kVectorized) {
    const std::vector<Dependence> dependences = carried_dependences({&node});
    if (!dependences.empty()) {
      return refuse("annotate", path.back(),
                    fmt::format("'{}' is not {}: {}", loop, text_of(found->second), describe(dependences[0], {&node})),
                    {"serial", "unrolled"});
    }
  }
  const Stmt replacement = located(loop::for_loop(node.var, node.extent, node.body, found->second), path.back()->where);
  commit(schedule, replace(schedule.kernel.body, path.back(), replacement),
         {"annotate", {{"loop", loop}, {"kind", kind}}});
  return {};
}

}  // namespace tandem::schedule
