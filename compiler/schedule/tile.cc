// tile: the loops of a perfect nest are split, and all outer parts come before all inner ones.
#include <fmt/format.h>

#include "compiler/schedule/tree.h"

namespace tandem::schedule {

Result<void> tile(Schedule& schedule, const std::vector<std::string>& loops, const std::vector<int64_t>& factors,
                  const std::string& tail) {
  if (loops.size() != factors.size() || loops.empty()) {
    return refuse("tile", fmt::format("{} loops are named and {} factors", loops.size(), factors.size()), {},
                  "give one factor for each loop");
  }
  return composed(schedule, {"tile", {{"loops", loops}, {"factors", factors}, {"tail", tail}}},
                  [&](Schedule& tiled) -> Result<void> {
                    std::vector<std::string> order, inner;
                    for (size_t i = 0; i < loops.size(); ++i) {
                      order.push_back(new_name(tiled.kernel, loops[i] + "_outer"));
                      inner.push_back(new_name(tiled.kernel, loops[i] + "_inner"));
                      TANDEM_TRY(split(tiled, loops[i], factors[i], order.back(), inner.back(), tail));
                    }
                    order.insert(order.end(), inner.begin(), inner.end());
                    return reorder(tiled, order);
                  });
}

}  // namespace tandem::schedule
