#include "tuner/space/space.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "support/check.h"

namespace tandem::tuner {

int64_t Space::count() const {
  int64_t count = 1;
  for (const Knob& knob : knobs()) {
    if (__builtin_mul_overflow(count, static_cast<int64_t>(knob.choices.size()), &count)) {
      return std::numeric_limits<int64_t>::max();
    }
  }
  return count;
}

Point Space::at(int64_t index) const {
  TANDEM_CHECK(index >= 0 && index < count(), fmt::format("point {} of {}", index, count()));
  Point point(knobs().size());
  for (size_t i = point.size(); i-- > 0;) {
    const auto choices = static_cast<int64_t>(knobs()[i].choices.size());
    point[i] = static_cast<int>(index % choices);
    index /= choices;
  }
  return point;
}

KnobValues Space::values(const Point& point) const {
  TANDEM_CHECK(point.size() == knobs().size(), "a point of another space");
  KnobValues values;
  for (size_t i = 0; i < point.size(); ++i) {
    values[knobs()[i].name] = knobs()[i].choices.at(static_cast<size_t>(point[i]));
  }
  return values;
}

std::optional<Point> Space::find(const KnobValues& values) const {
  if (values.size() != knobs().size()) return std::nullopt;
  Point point;
  for (const Knob& knob : knobs()) {
    const auto value = values.find(knob.name);
    if (value == values.end()) return std::nullopt;
    const auto choice = std::find(knob.choices.begin(), knob.choices.end(), value->second);
    if (choice == knob.choices.end()) return std::nullopt;
    point.push_back(static_cast<int>(choice - knob.choices.begin()));
  }
  return point;
}

Point Space::any(Rng& rng) const {
  Point point;
  for (const Knob& knob : knobs()) {
    point.push_back(static_cast<int>(rng.uniform(0, static_cast<int64_t>(knob.choices.size()) - 1)));
  }
  return point;
}

std::optional<Point> Space::sample(Rng& rng, int attempts) const {
  for (int i = 0; i < attempts; ++i) {
    Point point = any(rng);
    if (infeasible(point).empty()) return point;
  }
  return std::nullopt;
}

Point Space::neighbour(const Point& point, Rng& rng) const {
  std::vector<size_t> movable;
  for (size_t i = 0; i < point.size(); ++i) {
    if (knobs()[i].choices.size() > 1) movable.push_back(i);
  }
  if (movable.empty()) return point;
  const size_t moved = rng.pick(movable);
  Point next = point;
  const auto others = static_cast<int64_t>(knobs()[moved].choices.size()) - 1;
  const int choice = static_cast<int>(rng.uniform(0, others - 1));
  next[moved] = choice < point[moved] ? choice : choice + 1;
  return next;
}

std::string to_string(const KnobValues& values) {
  std::string text;
  for (const auto& [name, value] : values) text += fmt::format("{}{}={}", text.empty() ? "" : " ", name, value);
  return text;
}

}  // namespace tandem::tuner
