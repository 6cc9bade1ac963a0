// Sets of address ranges: "does anything touch these bytes" and "does one range hold all of them". Part of the static
// checker.
#pragma once

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <utility>
#include <vector>

namespace tandem::isa {

using AddressRange = std::pair<uint64_t, uint64_t>;  // begin, end

/// The addresses of all ranges together.
class RangeSet {
 public:
  explicit RangeSet(std::vector<AddressRange> ranges) {
    std::sort(ranges.begin(), ranges.end());
    for (const auto& [begin, end] : ranges) {
      if (!ranges_.empty() && begin <= ranges_.back().second) {
        ranges_.back().second = std::max(ranges_.back().second, end);
      } else {
        ranges_.emplace_back(begin, end);
      }
    }
  }
  bool touches(uint64_t begin, uint64_t end) const {
    const auto after =
        std::partition_point(ranges_.begin(), ranges_.end(), [&](const auto& range) { return range.second <= begin; });
    return after != ranges_.end() && after->first < end;
  }

 private:
  std::vector<AddressRange> ranges_;
};

/// Ranges that stay apart from each other, even where they overlap.
class RangeList {
 public:
  explicit RangeList(std::vector<AddressRange> ranges) : ranges_(std::move(ranges)) {
    std::sort(ranges_.begin(), ranges_.end());
    uint64_t furthest = 0;
    for (AddressRange& range : ranges_) range.second = furthest = std::max(furthest, range.second);
  }
  bool one_holds(uint64_t begin, uint64_t end) const {
    const auto after =
        std::partition_point(ranges_.begin(), ranges_.end(), [&](const auto& range) { return range.first <= begin; });
    return after != ranges_.begin() && std::prev(after)->second >= end;
  }

 private:
  std::vector<AddressRange> ranges_;  // by begin; ends as far as any range up to here reaches
};

}  // namespace tandem::isa
