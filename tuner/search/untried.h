// Which feasible points of a space are left to ask, drawn uniformly: what all samplers share.
#pragma once

#include <optional>
#include <set>
#include <vector>

#include "support/rng.h"
#include "tuner/space/space.h"

namespace tandem::tuner {

class Untried {
 public:
  explicit Untried(const Space& space) : space_(space) {}

  bool contains(const Point& point) const { return tried_.count(point) == 0; }
  void mark(const Point& point) { tried_.insert(point); }
  /// A feasible untried point; none when there is no more (see kEnumerable). Does not mark it.
  std::optional<Point> draw(Rng& rng);

 private:
  const Space& space_;
  std::set<Point> tried_;
  std::optional<std::vector<Point>> feasible_;  // listed once luck has failed; tried points leave when met
};

}  // namespace tandem::tuner
