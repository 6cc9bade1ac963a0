#include "compiler/ops/tile_choices.h"

#include <algorithm>

namespace tandem::ops {

std::vector<int64_t> tile_choices(int64_t total) {
  std::vector<int64_t> choices;
  for (int64_t count = 1; count <= total; count += std::max<int64_t>(1, count / 4)) {
    const int64_t tile = (total + count - 1) / count;
    if (choices.empty() || tile < choices.back()) choices.push_back(tile);
  }
  if (choices.back() != 1) choices.push_back(1);
  constexpr size_t kMost = 12;
  while (choices.size() > kMost) {
    // Drop the size whose neighbours are nearest to each other in ratio, never the first or the last.
    size_t drop = 1;
    double least = 1e30;
    for (size_t i = 1; i + 1 < choices.size(); ++i) {
      const double ratio = static_cast<double>(choices[i - 1]) / static_cast<double>(choices[i + 1]);
      if (ratio < least) {
        least = ratio;
        drop = i;
      }
    }
    choices.erase(choices.begin() + static_cast<std::ptrdiff_t>(drop));
  }
  return choices;
}

}  // namespace tandem::ops
