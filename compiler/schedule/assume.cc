// assume: a promise of the caller about the values of an input.
#include <fmt/format.h>

#include "compiler/schedule/tree.h"

namespace tandem::schedule {

Result<void> assume(Schedule& schedule, const std::string& buffer, int64_t low, int64_t high) {
  const int position = find_param(schedule.kernel, buffer);
  if (position < 0 || schedule.kernel.params[static_cast<size_t>(position)].is_output) {
    std::vector<std::string> inputs;
    for (const loop::Param& param : schedule.kernel.params) {
      if (!param.is_output) inputs.push_back(param.buffer->name);
    }
    Diagnostic error = unknown_name({}, "input", buffer, std::move(inputs));
    error.what = "cannot assume: " + error.what;
    return error;
  }
  if (low > high) return refuse("assume", fmt::format("no value of '{}' lies in [{}, {}]", buffer, low, high));
  schedule.assumed[buffer] = {low, high};
  schedule.trace.push_back({"assume", {{"buffer", buffer}, {"low", low}, {"high", high}}});
  return {};
}

}  // namespace tandem::schedule
