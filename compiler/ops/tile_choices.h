// Which tile sizes are worth trying for a dimension.
#pragma once

#include <cstdint>
#include <vector>

namespace tandem::ops {

/// Sizes that cut `total` into 1, 2, 3, ... tiles as evenly as possible, largest first, with 1 at the end; at most 12,
/// the small ones thinned out.
std::vector<int64_t> tile_choices(int64_t total);

/// How many blocks of `block` cover `count`.
constexpr int64_t blocks(int64_t count, int64_t block) { return (count + block - 1) / block; }

}  // namespace tandem::ops
