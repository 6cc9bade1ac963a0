// Index expressions as linear forms over the loops of one nest, with every enumerated loop around it replaced by its
// value.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "compiler/loop/ir.h"

namespace tandem::codegen {

/// constant + sum of coefficients[i] * (loop i of the nest); `coefficients` may be shorter than the nest (the rest is
/// 0).
struct Linear {
  int64_t constant = 0;
  std::vector<int64_t> coefficients;

  int64_t coefficient(size_t i) const { return i < coefficients.size() ? coefficients[i] : 0; }
  bool is_constant() const;
};

/// What a variable stands for where an expression is looked at: a value (an enumerated loop) or a loop of the nest.
class Environment {
 public:
  void set_value(const loop::VarRef& var, int64_t value) { entries_[var.get()] = {false, value}; }
  void set_loop(const loop::VarRef& var, size_t index) { entries_[var.get()] = {true, static_cast<int64_t>(index)}; }
  void erase(const loop::VarRef& var) { entries_.erase(var.get()); }

  /// Empty where the expression is not linear in the loops of the nest (its quotients and remainders must be of
  /// constants).
  std::optional<Linear> linear(const loop::Expr& expr) const;
  /// Adds `factor` times the expression; false where it is not linear, and the sum is of no use then.
  bool add(const loop::Expr& expr, int64_t factor, Linear& sum) const;

 private:
  /// Of what is no sum, from the forms of its parts.
  std::optional<Linear> linear_of_parts(const loop::Expr& expr) const;

  struct Entry {
    bool is_loop = false;
    int64_t value = 0;  // or the index of the loop
  };
  std::unordered_map<const loop::Var*, Entry> entries_;
};

/// The iterations [low, high) of each loop of a nest in which its conditions hold.
struct Box {
  std::vector<int64_t> low, high;

  explicit Box(const std::vector<int64_t>& extents) : low(extents.size(), 0), high(extents) {}
  bool empty() const;
};

/// The boxes, disjoint, in which all `conditions` hold: conjunctions and disjunctions of bounds on single loops. Empty
/// optional where a condition is something else.
std::optional<std::vector<Box>> boxes_of(const Environment& environment, const std::vector<loop::Expr>& conditions,
                                         const Box& all);

/// Narrows `box` to where `condition` holds. False where the condition is not a conjunction of bounds on single loops.
bool restrict_box(const Environment& environment, const loop::Expr& condition, Box& box);

}  // namespace tandem::codegen
