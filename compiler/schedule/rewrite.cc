// rewrite: the same values by other operations, proven equal on all that the operand may be.
#include <fmt/format.h>

#include <algorithm>

#include "compiler/schedule/operation_chain.h"
#include "compiler/schedule/value_range.h"
#include "isa/builtin.h"

namespace tandem::schedule {

using loop::Interval;
using loop::Type;

namespace {

/// The exact result, without wrapping; operations are only asked about values at which it fits 63 bits.
int64_t exact(const Operation& operation, int64_t value) {
  const int64_t c = operation.constant;
  if (operation.name == "add") return value + c;
  if (operation.name == "mul") return value * c;
  if (operation.name == "min") return std::min(value, c);
  if (operation.name == "max") return std::max(value, c);
  if (operation.name == "convert") return value;
  if (c < 0) return value * (int64_t{1} << std::min<int64_t>(-c, 31));
  return (*isa::find_builtin(operation.name))({value, c});
}

int64_t run(const std::vector<Operation>& operations, int64_t value) {
  for (const Operation& operation : operations) value = exact(operation, value);
  return value;
}

/// Every operation rises with its operand and stays within its type for operands in `range`; else why not. Then the
/// chain rises, too.
Result<void> check_rising(const std::vector<Operation>& operations, Interval range) {
  constexpr int64_t kMost = int64_t{1} << 31;
  for (const Operation& operation : operations) {
    const int64_t c = operation.constant;
    const bool large = c > kMost || c < -kMost || range.low < -kMost || range.high > kMost;
    const bool falls = operation.name == "mul" && c < 0, left = operation.name == "rounding_shift_right" && c < 0;
    const bool shifts = operation.name == "shift_right" || operation.name == "rounding_shift_right";
    const bool small_enough =
        !large || operation.name == "min" || operation.name == "max" || operation.name == "convert";
    if (falls || left || !small_enough || (shifts && (c < -31 || operation.type != Type::kI32))) {
      return refuse("rewrite", fmt::format("'{}' of values in [{}, {}] cannot be compared", text_of(operation),
                                           range.low, range.high));
    }
    const Interval result{exact(operation, range.low), exact(operation, range.high)};
    if (!lies_in(result, range_of_type(operation.type))) {
      return refuse("rewrite",
                    fmt::format("'{}' may wrap in {} for values in [{}, {}]", text_of(operation), name(operation.type),
                                range.low, range.high),
                    {}, "clamp before it, or assume less of the inputs");
    }
    range = result;
  }
  return {};
}

/// Both chains rise, so each is a staircase: equal where every step begins and ends at the same values.
Result<void> check_equal(const std::vector<Operation>& a, const std::vector<Operation>& b, const Interval& range) {
  constexpr int64_t kMostSteps = 1 << 16;
  if (run(a, range.high) - run(a, range.low) > kMostSteps) {
    return refuse("rewrite", fmt::format("the value takes more than {} values: too many to compare", kMostSteps), {},
                  "rewrite together with the clamp after it");
  }
  for (int64_t first = range.low; first <= range.high;) {
    const int64_t value = run(a, first);
    int64_t last = first, beyond = range.high + 1;
    while (beyond - last > 1) {
      const int64_t middle = last + (beyond - last) / 2;
      (run(a, middle) == value ? last : beyond) = middle;
    }
    for (const int64_t at : {first, last}) {
      if (run(b, at) == value) continue;
      return refuse("rewrite", fmt::format("of {} the old operations make {}, the new ones {}", at, value, run(b, at)));
    }
    first = last + 1;
  }
  return {};
}

}  // namespace

Result<void> rewrite(Schedule& schedule, const std::string& loop, const std::vector<std::string>& operations) {
  Stmt nest;
  TANDEM_ASSIGN(const Stmt stmt, find_only_store(schedule, "rewrite", loop, nest));
  const auto& store = std::get<loop::Store>(stmt->node);
  std::vector<Operation> old_chain, new_chain;
  const Expr start = take_chain(store.value, old_chain);
  for (const std::string& text : operations) {
    TANDEM_ASSIGN(Operation operation, parse_operation(text, start->type));
    new_chain.push_back(std::move(operation));
  }
  if (store.value->type != start->type) new_chain.push_back({"convert", 0, store.value->type});
  const Interval range = value_range(schedule, start);
  TANDEM_TRY(check_rising(old_chain, range));
  TANDEM_TRY(check_rising(new_chain, range));
  TANDEM_TRY(check_equal(old_chain, new_chain, range));
  const Stmt changed = located(loop::store(store.buffer, store.indices, build(new_chain, start)), stmt->where);
  commit(schedule, replace(schedule.kernel.body, stmt, changed),
         {"rewrite", {{"loop", loop}, {"operations", operations}}});
  return {};
}

}  // namespace tandem::schedule
