#include "verify/verify.h"

#include <fmt/format.h>

#include <algorithm>

namespace tandem::verify {
namespace {

std::optional<Counterexample> difference(const Case& inputs, const Values& expected, const Values& got) {
  for (size_t param = 0; param < expected.size(); ++param) {
    for (size_t i = 0; i < expected[param].size(); ++i) {
      if (expected[param][i] != got[param][i])
        return Counterexample{inputs, param, i, expected[param][i], got[param][i]};
    }
  }
  return std::nullopt;
}

/// The first case on which both differ.
Result<std::optional<Counterexample>> first_difference(const tensorize::IntrinsicDeclaration& declaration,
                                                       Executor& executor, const std::vector<Case>& cases) {
  TANDEM_ASSIGN(const std::vector<Values> expected, interpret(declaration, cases));
  TANDEM_ASSIGN(const std::vector<Values> got, executor.run(declaration, cases));
  for (size_t i = 0; i < cases.size(); ++i) {
    if (auto found = difference(cases[i], expected[i], got[i])) return found;
  }
  return std::optional<Counterexample>();
}

/// Simpler cases, the simplest first: runs of zeros from whole operands down to single values, then smaller values.
std::vector<Case> simpler(const tensorize::IntrinsicDeclaration& declaration, const Case& from) {
  constexpr size_t kMost = 256;
  std::vector<Case> cases;
  const auto add = [&](Case changed) {
    keep_given(declaration, changed);
    if (changed.operands != from.operands || changed.scalars != from.scalars) cases.push_back(std::move(changed));
  };
  size_t longest = 1;
  for (const std::vector<int64_t>& values : from.operands) longest = std::max(longest, values.size());
  for (size_t run = longest; run > 0; run /= 2) {
    for (size_t param = 0; param < from.operands.size(); ++param) {
      const size_t size = from.operands[param].size();
      for (size_t begin = 0; begin < size && run <= size; begin += run) {
        Case changed = from;
        std::fill_n(changed.operands[param].begin() + static_cast<std::ptrdiff_t>(begin), std::min(run, size - begin),
                    0);
        add(std::move(changed));
        if (cases.size() >= kMost) return cases;
      }
    }
  }
  const auto smaller = [](int64_t value) {
    std::vector<int64_t> values = {0, 1, -1, value / 2};
    if (value < 0 && value != INT32_MIN) values.push_back(-value);
    values.push_back(value > 0 ? value - 1 : value + 1);
    values.erase(
        std::remove_if(
            values.begin(), values.end(),
            [&](int64_t v) { return std::abs(v) > std::abs(value) || (std::abs(v) == std::abs(value) && v <= value); }),
        values.end());
    return values;
  };
  for (size_t i = 0; i < from.scalars.size(); ++i) {
    for (const int64_t value : smaller(from.scalars[i])) {
      Case changed = from;
      changed.scalars[i] = value;
      add(std::move(changed));
    }
  }
  for (size_t param = 0; param < from.operands.size(); ++param) {
    if (declaration.pattern.params[param].buffer->type == loop::Type::kF32) continue;  // these are bits
    for (size_t i = 0; i < from.operands[param].size(); ++i) {
      for (const int64_t value : smaller(from.operands[param][i])) {
        Case changed = from;
        changed.operands[param][i] = value;
        add(std::move(changed));
        if (cases.size() >= kMost) return cases;
      }
    }
  }
  return cases;
}

Result<Counterexample> shrunk(const tensorize::IntrinsicDeclaration& declaration, Executor& executor,
                              Counterexample found) {
  constexpr int kMostRounds = 500;
  for (int round = 0; round < kMostRounds; ++round) {
    const std::vector<Case> cases = simpler(declaration, found.inputs);
    TANDEM_ASSIGN(const std::optional<Counterexample> next, first_difference(declaration, executor, cases));
    if (!next) break;
    found = *next;
  }
  return found;
}

}  // namespace

Result<std::optional<Counterexample>> verify(const tensorize::IntrinsicDeclaration& declaration, Executor& executor,
                                             int cases, uint64_t seed) {
  Rng rng(seed);
  TANDEM_ASSIGN(const std::optional<Counterexample> found,
                first_difference(declaration, executor, make_cases(declaration, cases, rng)));
  if (!found) return found;
  TANDEM_ASSIGN(Counterexample smallest, shrunk(declaration, executor, *found));
  return std::make_optional(std::move(smallest));
}

std::string to_text(const tensorize::IntrinsicDeclaration& declaration, const Counterexample& found) {
  const loop::Kernel& pattern = declaration.pattern;
  std::string inputs;
  const auto add = [&](const std::string& place, const std::string& value) {
    inputs += fmt::format("{}{} = {}", inputs.empty() ? "" : ", ", place, value);
  };
  bool has_zeros = false;
  for (size_t param = 0; param < pattern.params.size(); ++param) {
    const loop::Buffer& buffer = *pattern.params[param].buffer;
    for (size_t i = 0; i < found.inputs.operands[param].size(); ++i) {
      const int64_t value = found.inputs.operands[param][i];
      if (value != 0) add(place_name(buffer, i), value_text(buffer.type, value));
      has_zeros = has_zeros || value == 0;
    }
  }
  for (size_t i = 0; i < pattern.scalars.size(); ++i)
    add(pattern.scalars[i]->name, value_text(pattern.scalars[i]->type, found.inputs.scalars[i]));
  if (has_zeros) inputs += inputs.empty() ? "all values 0" : ", all else 0";
  const loop::Buffer& buffer = *pattern.params[found.param].buffer;
  return fmt::format("{}\n{}: expected {}, got {}", inputs, place_name(buffer, found.position),
                     value_text(buffer.type, found.expected), value_text(buffer.type, found.got));
}

}  // namespace tandem::verify
