// bind: the iterations of a loop become the blocks of a GPU's grid, or the threads of a block, along one axis.
#include <fmt/format.h>

#include "compiler/schedule/loop_kind.h"

namespace tandem::schedule {
namespace {

const std::vector<std::string> kAxes = {"block.x", "block.y", "block.z", "thread.x", "thread.y", "thread.z"};

}  // namespace

Result<void> bind(Schedule& schedule, const std::string& loop, const std::string& axis) {
  const auto kind = loop::for_kind(axis);
  if (!kind || axis.find('.') == std::string::npos) {
    Diagnostic error = unknown_name({}, "axis", axis, kAxes);
    error.what = "cannot bind: " + error.what;
    return error;
  }
  TANDEM_ASSIGN(const Path path, find_loop(schedule, "bind", loop));
  std::set<std::string> taken;
  const auto look = [&](const Stmt& stmt) {
    const auto* node = as_for(stmt);
    if (node && stmt != path.back()) taken.insert(keyword(node->kind));
  };
  for (const Stmt& stmt : path) look(stmt);
  walk(path.back(), [&](const Path& below) { look(below.back()); });
  if (taken.count(axis) > 0) {
    std::vector<std::string> free;
    for (const std::string& other : kAxes) {
      if (taken.count(other) == 0) free.push_back(other);
    }
    return refuse("bind", path.back(), fmt::format("a loop around or inside '{}' has the axis {}", loop, axis), free);
  }
  return set_kind(schedule, loop, *kind, {"bind", {{"loop", loop}, {"axis", axis}}});
}

}  // namespace tandem::schedule
