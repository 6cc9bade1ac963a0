#include "compiler/propose/correspondence.h"

namespace tandem::propose {
namespace {

using loop::Expr;
using Ways = std::vector<Correspondence>;

constexpr size_t kMostWays = 64;

/// Each way of one with each way of the other.
Ways both(const Ways& a, const Ways& b) {
  Ways result;
  for (const Correspondence& left : a) {
    for (const Correspondence& right : b) {
      if (result.size() == kMostWays) return result;
      result.push_back(left);
      result.back().insert(result.back().end(), right.begin(), right.end());
    }
  }
  return result;
}

bool commutes(loop::BinaryOp op) {
  using loop::BinaryOp;
  return op == BinaryOp::kAdd || op == BinaryOp::kMul || op == BinaryOp::kMin || op == BinaryOp::kMax ||
         op == BinaryOp::kEq || op == BinaryOp::kNe || op == BinaryOp::kAnd || op == BinaryOp::kOr;
}

Ways unify(const Expr& pattern, const Expr& value) {
  if (std::holds_alternative<loop::VarUse>(pattern->node)) {  // a scalar: patterns compute with loaded values
    const bool constant = std::holds_alternative<loop::IntLiteral>(value->node) && value->type == pattern->type;
    return constant ? Ways{Correspondence{}} : Ways{};
  }
  if (const auto* wanted = std::get_if<loop::Load>(&pattern->node)) {
    const auto* conversion = std::get_if<loop::Cast>(&value->node);
    const auto* load = std::get_if<loop::Load>(conversion ? &conversion->value->node : &value->node);
    if (load == nullptr || value->type != pattern->type) return {};
    return {{Pair{wanted->buffer, wanted->indices, load->buffer, load->indices,
                  conversion ? std::make_optional(pattern->type) : std::nullopt}}};
  }
  if (pattern->type != value->type || pattern->node.index() != value->node.index()) return {};
  if (const auto* node = std::get_if<loop::Binary>(&pattern->node)) {
    const auto& other = std::get<loop::Binary>(value->node);
    if (node->op != other.op) return {};
    Ways ways = both(unify(node->a, other.a), unify(node->b, other.b));
    if (!commutes(node->op)) return ways;
    const Ways swapped = both(unify(node->a, other.b), unify(node->b, other.a));
    ways.insert(ways.end(), swapped.begin(), swapped.end());
    return ways;
  }
  if (const auto* node = std::get_if<loop::Cast>(&pattern->node))
    return unify(node->value, std::get<loop::Cast>(value->node).value);
  if (const auto* node = std::get_if<loop::Select>(&pattern->node)) {
    const auto& other = std::get<loop::Select>(value->node);
    return both(both(unify(node->condition, other.condition), unify(node->a, other.a)), unify(node->b, other.b));
  }
  if (const auto* node = std::get_if<loop::Call>(&pattern->node)) {
    const auto& other = std::get<loop::Call>(value->node);
    if (node->builtin != other.builtin) return {};
    Ways ways = {{}};
    for (size_t i = 0; i < node->arguments.size(); ++i)
      ways = both(ways, unify(node->arguments[i], other.arguments[i]));
    return ways;
  }
  return equal(pattern, value) ? Ways{Correspondence{}} : Ways{};
}

bool one_place_each(const Correspondence& pairs) {
  for (size_t i = 0; i < pairs.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      if (pairs[i].pattern != pairs[j].pattern) continue;
      bool same_pattern = true, same = pairs[i].buffer == pairs[j].buffer;
      for (size_t axis = 0; axis < pairs[i].pattern_indices.size(); ++axis)
        same_pattern = same_pattern && equal(pairs[i].pattern_indices[axis], pairs[j].pattern_indices[axis]);
      if (!same) return false;
      for (size_t axis = 0; same_pattern && axis < pairs[i].indices.size(); ++axis) {
        if (!equal(pairs[i].indices[axis], pairs[j].indices[axis])) return false;
      }
    }
  }
  return true;
}

}  // namespace

std::vector<Correspondence> correspondences(const tensorize::IntrinsicDeclaration& declaration,
                                            const loop::Store& store) {
  loop::Stmt stmt = declaration.pattern.body;
  while (const auto* node = std::get_if<loop::For>(&stmt->node)) stmt = node->body;
  const auto* wanted = std::get_if<loop::Store>(&stmt->node);
  if (wanted == nullptr || wanted->buffer->type != store.buffer->type) return {};
  const Ways target = {{Pair{wanted->buffer, wanted->indices, store.buffer, store.indices, std::nullopt}}};
  std::vector<Correspondence> ways;
  for (const Correspondence& way : both(target, unify(wanted->value, store.value))) {
    if (one_place_each(way)) ways.push_back(way);
  }
  return ways;
}

}  // namespace tandem::propose
