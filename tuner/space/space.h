// A finite space of choices: named knobs with declared values, constraints between them, and points as plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "compiler/ops/template.h"
#include "support/rng.h"

namespace tandem::tuner {

using ops::Knob;
using ops::KnobValues;

/// The index of the chosen value for every knob, in the order of `Space::knobs`.
using Point = std::vector<int>;

class Space {
 public:
  virtual ~Space() = default;
  virtual const std::vector<Knob>& knobs() const = 0;
  /// Empty for a legal point; else the constraint that it breaks, with sizes. Closed form, fast.
  virtual std::string infeasible(const Point& point) const = 0;
  /// What a cost model is told of a point: closed forms, of fixed length and order.
  virtual std::vector<float> features(const Point& point) const = 0;

  /// Points, feasible or not; saturates at the largest int64.
  int64_t count() const;
  /// The points in order, the last knob fastest; 0 <= index < count().
  Point at(int64_t index) const;
  KnobValues values(const Point& point) const;
  /// The point that has these values; none where a knob is missing, unknown or has no such choice.
  std::optional<Point> find(const KnobValues& values) const;
  /// Uniform over all points, feasible or not.
  Point any(Rng& rng) const;
  /// Uniform over the feasible points; none where `attempts` draws found none.
  std::optional<Point> sample(Rng& rng, int attempts = 1000) const;
  /// `point` with another choice for one knob; the point itself where no knob has two choices.
  Point neighbour(const Point& point, Rng& rng) const;
};

/// "tile_h=4 tile_w=7".
std::string to_string(const KnobValues& values);

}  // namespace tandem::tuner
