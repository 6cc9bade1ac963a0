#include "compiler/codegen/accel/live_shape.h"

#include <algorithm>

namespace tandem::codegen {

using loop::Expr;
using loop::Stmt;

void LiveShapes::collect(const Expr& expr, const loop::BufferRef& buffer, const Read& around,
                         std::vector<Read>& reads) {
  const auto enter = [&](const Expr& child) { collect(child, buffer, around, reads); };
  if (const auto* node = std::get_if<loop::Load>(&expr->node)) {
    if (node->buffer == buffer) {
      reads.push_back(around);
      reads.back().indices = node->indices;
    }
    for (const Expr& index : node->indices) enter(index);
  } else if (const auto* operation = std::get_if<loop::Binary>(&expr->node)) {
    enter(operation->a);
    enter(operation->b);
  } else if (const auto* conversion = std::get_if<loop::Cast>(&expr->node)) {
    enter(conversion->value);
  } else if (const auto* choice = std::get_if<loop::Select>(&expr->node)) {
    enter(choice->condition);
    enter(choice->a);
    enter(choice->b);
  } else if (const auto* call = std::get_if<loop::Call>(&expr->node)) {
    for (const Expr& argument : call->arguments) enter(argument);
  }
}

void LiveShapes::collect(const Stmt& stmt, const loop::BufferRef& buffer, Read& around, std::vector<Read>& reads) {
  if (const auto* loop = std::get_if<loop::For>(&stmt->node)) {
    around.loops.push_back(loop);
    collect(loop->body, buffer, around, reads);
    around.loops.pop_back();
  } else if (const auto* guard = std::get_if<loop::If>(&stmt->node)) {
    around.conditions.push_back(guard->condition);
    collect(guard->body, buffer, around, reads);
    around.conditions.pop_back();
  } else if (const auto* scoped = std::get_if<loop::Alloc>(&stmt->node)) {
    collect(scoped->body, buffer, around, reads);
  } else if (const auto* list = std::get_if<loop::Block>(&stmt->node)) {
    for (const Stmt& part : list->statements) collect(part, buffer, around, reads);
  } else if (const auto* store = std::get_if<loop::Store>(&stmt->node)) {
    collect(store->value, buffer, around, reads);
  } else {
    collect(std::get<loop::Intrinsic>(stmt->node).meaning, buffer, around, reads);
  }
}

Shape LiveShapes::of(const loop::Alloc& allocation, int64_t lanes, Environment& environment) {
  const Shape& whole = allocation.buffer->shape;
  size_t axes = whole.size();
  for (int64_t taken = 1; taken < lanes && axes > 0;) taken *= whole[--axes];
  const auto [entry, fresh] = reads_.try_emplace(allocation.buffer.get());
  if (fresh) {
    Read around;
    collect(allocation.body, allocation.buffer, around, entry->second);
  }
  const std::vector<Read>& reads = entry->second;
  if (reads.empty()) return whole;
  Shape shape = whole;
  std::fill_n(shape.begin(), axes, 1);
  for (const Read& read : reads) {
    std::vector<int64_t> extents;
    for (size_t i = 0; i < read.loops.size(); ++i) {
      environment.set_loop(read.loops[i]->var, i);
      extents.push_back(read.loops[i]->extent);
    }
    Box box(extents);
    // A condition that says nothing about single loops only leaves the shape larger.
    for (const Expr& condition : read.conditions) restrict_box(environment, condition, box);
    for (size_t axis = 0; axis < axes && !box.empty(); ++axis) {
      const auto index = environment.linear(read.indices[axis]);
      int64_t last = index ? index->constant : whole[axis] - 1;
      for (size_t i = 0; index && i < extents.size(); ++i) {
        const int64_t factor = index->coefficient(i);
        last += factor * (factor > 0 ? box.high[i] - 1 : box.low[i]);
      }
      shape[axis] = std::max(shape[axis], std::min(last + 1, whole[axis]));
    }
    for (const loop::For* loop : read.loops) environment.erase(loop->var);
  }
  return shape;
}

}  // namespace tandem::codegen
