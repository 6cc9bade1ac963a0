#include "compiler/codegen/accel/step.h"

#include <algorithm>

#include "support/check.h"

namespace tandem::codegen {

std::vector<Run> touched(int64_t base, int64_t length, const std::vector<int64_t>& extents,
                         const std::vector<int64_t>& strides) {
  std::vector<std::pair<int64_t, int64_t>> dims;  // stride, extent
  for (size_t i = 0; i < extents.size(); ++i) {
    TANDEM_CHECK(strides[i] >= 0, "a negative stride");
    if (extents[i] == 0) return {};
    if (strides[i] != 0 && extents[i] > 1) dims.emplace_back(strides[i], extents[i]);
  }
  std::sort(dims.begin(), dims.end());
  size_t joined = 0;
  for (; joined < dims.size() && dims[joined].first <= length; ++joined)
    length += dims[joined].first * (dims[joined].second - 1);
  std::vector<int64_t> starts = {base};
  for (; joined < dims.size(); ++joined) {
    const size_t count = starts.size();
    for (int64_t i = 1; i < dims[joined].second; ++i) {
      for (size_t s = 0; s < count; ++s) starts.push_back(starts[s] + i * dims[joined].first);
    }
  }
  std::sort(starts.begin(), starts.end());
  std::vector<Run> runs;
  for (const int64_t start : starts) {
    if (!runs.empty() && start <= runs.back().end) {
      runs.back().end = std::max(runs.back().end, start + length);
    } else {
      runs.push_back({start, start + length});
    }
  }
  return runs;
}

void add_accesses(std::vector<Access>& accesses, int space, const std::vector<Run>& runs, bool is_write) {
  constexpr size_t kMaxRuns = 64;
  if (runs.empty()) return;
  if (runs.size() >= kMaxRuns) {
    accesses.push_back({space, runs.front().begin, runs.back().end, is_write});
    return;
  }
  for (const Run& run : runs) accesses.push_back({space, run.begin, run.end, is_write});
}

}  // namespace tandem::codegen
