// skip_neutral: the pads of a minimum or maximum are left out.
#include <fmt/format.h>

#include <algorithm>

#include "compiler/schedule/value_range.h"

namespace tandem::schedule {
namespace {

/// What min or max leaves unchanged for every partner of the type.
bool is_neutral(loop::BinaryOp op, const Expr& value) {
  const auto* constant = std::get_if<loop::IntLiteral>(&value->node);
  const loop::Interval range = range_of_type(value->type);
  return constant && ((op == loop::BinaryOp::kMax && constant->value <= range.low) ||
                      (op == loop::BinaryOp::kMin && constant->value >= range.high));
}

}  // namespace

Result<void> skip_neutral(Schedule& schedule, const std::string& loop) {
  Stmt nest;
  TANDEM_ASSIGN(const Stmt stmt, find_only_store(schedule, "skip_neutral", loop, nest));
  const auto& store = std::get<loop::Store>(stmt->node);
  const auto* operation = std::get_if<loop::Binary>(&store.value->node);
  const auto* own = operation ? std::get_if<loop::Load>(&operation->a->node) : nullptr;
  const auto* choice = operation ? std::get_if<loop::Select>(&operation->b->node) : nullptr;
  if (!own || !choice || own->buffer != store.buffer || !is_neutral(operation->op, choice->b) ||
      !std::equal(own->indices.begin(), own->indices.end(), store.indices.begin(),
                  [](const Expr& a, const Expr& b) { return equal(a, b); })) {
    return refuse("skip_neutral", nest,
                  fmt::format("{} is no min or max of the stored element with a select whose other side is neutral",
                              to_text(store.value)));
  }
  const Stmt changed = loop::if_then(
      choice->condition,
      located(loop::store(store.buffer, store.indices, loop::binary(operation->op, operation->a, choice->a)),
              stmt->where));
  commit(schedule, replace(schedule.kernel.body, stmt, changed), {"skip_neutral", {{"loop", loop}}});
  return {};
}

}  // namespace tandem::schedule
