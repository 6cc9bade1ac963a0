#include "tuner/search/untried.h"

#include "tuner/search/sampler.h"

namespace tandem::tuner {

std::optional<Point> Untried::draw(Rng& rng) {
  // Luck first: most spaces are mostly untried.
  const int64_t count = space_.count();
  const int draws = feasible_ ? 0 : count > kEnumerable ? 1 << 12 : 32;
  for (int i = 0; i < draws; ++i) {
    Point point = space_.any(rng);
    if (contains(point) && space_.infeasible(point).empty()) return point;
  }
  if (count > kEnumerable) return std::nullopt;
  if (!feasible_) {
    feasible_.emplace();
    for (int64_t i = 0; i < count; ++i) {
      Point point = space_.at(i);
      if (contains(point) && space_.infeasible(point).empty()) feasible_->push_back(std::move(point));
    }
  }
  while (!feasible_->empty()) {
    Point& drawn = (*feasible_)[static_cast<size_t>(rng.uniform(0, static_cast<int64_t>(feasible_->size()) - 1))];
    if (contains(drawn)) return drawn;
    std::swap(drawn, feasible_->back());
    feasible_->pop_back();
  }
  return std::nullopt;
}

}  // namespace tandem::tuner
