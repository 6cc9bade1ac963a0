// unfold: what a window reads of a buffer lies window by window, without the rows or columns that strides leap over.
#include <fmt/format.h>

#include <algorithm>

#include "compiler/schedule/tree.h"

namespace tandem::schedule {
namespace {

/// stride * outer + inner, as all reads of the axis have it.
struct Window {
  const loop::For* outer = nullptr;
  const loop::For* inner = nullptr;
  int64_t stride = 0;  // 0: not known yet, as the outer loop has one iteration only
};

Result<void> check_read(const Access& access, size_t axis, Window& window) {
  const Expr& index = access.indices[axis];
  const auto fail = [&] {
    return refuse("unfold", access.path.back(),
                  fmt::format("axis {} of '{}' is indexed by {}, not by '{}' * stride + '{}'", axis,
                              access.buffer->name, to_text(index), window.outer->var->name, window.inner->var->name));
  };
  const auto affine = loop::as_affine(index);
  if (!affine || affine->constant != 0) return fail();
  int64_t stride = 0;
  bool has_inner = window.inner->extent == 1;
  for (const auto& [var, coefficient] : affine->coefficients) {
    if (var == window.outer->var && coefficient > 0) {
      stride = coefficient;
    } else if (var == window.inner->var && coefficient == 1) {
      has_inner = true;
    } else {
      return fail();
    }
  }
  if (!has_inner || stride == 0 || (window.stride != 0 && stride != window.stride)) return fail();
  window.stride = stride;
  return {};
}

}  // namespace

Result<void> unfold(Schedule& schedule, const std::string& buffer_name, int64_t axis_number, const std::string& outer,
                    const std::string& inner) {
  TANDEM_ASSIGN(const Path alloc_path, find_alloc(schedule, "unfold", buffer_name));
  TANDEM_ASSIGN(const Path outer_path, find_loop(schedule, "unfold", outer));
  TANDEM_ASSIGN(const Path inner_path, find_loop(schedule, "unfold", inner));
  const loop::Alloc& allocation = *as_alloc(alloc_path.back());
  const BufferRef buffer = allocation.buffer;
  if (axis_number < 0 || axis_number >= static_cast<int64_t>(buffer->shape.size())) {
    return refuse("unfold", fmt::format("'{}' {} has no axis {}", buffer_name, to_string(buffer->shape), axis_number));
  }
  const auto axis = static_cast<size_t>(axis_number);
  Window window{as_for(outer_path.back()), as_for(inner_path.back()), 0};
  std::vector<Stmt> fills;  // the loops that index the axis where it is written
  for (const Access& access : accesses_of(allocation.body)) {
    if (access.buffer != buffer) continue;
    if (in_intrinsic(access)) {
      return refuse("unfold", access.path.back(), fmt::format("'{}' is an operand here", buffer_name), {},
                    "unfold before tensorize");
    }
    if (!access.is_store) {
      TANDEM_TRY(check_read(access, axis, window));
      continue;
    }
    const auto* var = std::get_if<loop::VarUse>(&access.indices[axis]->node);
    const auto loop = std::find_if(access.path.begin(), access.path.end(), [&](const Stmt& stmt) {
      return var && as_for(stmt) && as_for(stmt)->var == var->var;
    });
    if (loop == access.path.end()) {
      return refuse("unfold", access.path.back(),
                    fmt::format("axis {} of '{}' is written at {}, not at a loop of its own", axis, buffer_name,
                                to_text(access.indices[axis])));
    }
    if (std::find(fills.begin(), fills.end(), *loop) == fills.end()) fills.push_back(*loop);
  }
  if (window.stride == 0) return refuse("unfold", fmt::format("'{}' is never read", buffer_name));
  for (const Stmt& fill : fills) {
    const std::set<BufferRef> own = allocated_in(fill);
    for (const Access& access : accesses_of(fill)) {
      if (!access.is_store || access.buffer == buffer || own.count(access.buffer) != 0) continue;
      return refuse("unfold", fill, fmt::format("this nest writes '{}' besides '{}'", access.buffer->name, buffer_name),
                    {}, "fission it first");
    }
  }
  const int64_t windows = window.outer->extent, taps = window.inner->extent, stride = window.stride;
  if (stride * (windows - 1) + taps > buffer->shape[axis]) {
    return refuse("unfold", fmt::format("{} windows of {} at stride {} do not lie within the {} elements of axis {}",
                                        windows, taps, stride, buffer->shape[axis], axis));
  }
  loop::Buffer unfolded = *buffer;
  unfolded.shape[axis] = windows;
  unfolded.shape.insert(unfolded.shape.begin() + axis_number + 1, taps);
  const BufferRef target = std::make_shared<const loop::Buffer>(std::move(unfolded));

  const auto with_axes = [&](const loop::Operand& at, const Expr& first, const Expr& second) {
    loop::Operand result{target, at.indices};
    result.indices[axis] = first;
    result.indices.insert(result.indices.begin() + axis_number + 1, second);
    return result;
  };
  // Reads first: what is left then are the fills, each with its own pair of loops.
  Stmt body = allocation.body;
  std::vector<Stmt> done;
  for (const Stmt& fill : fills) {
    const loop::For& node = *as_for(fill);
    const VarRef first = new_var(new_name(schedule.kernel, node.var->name + "_outer")),
                 second = new_var(new_name(schedule.kernel, node.var->name + "_inner"));
    Stmt inside = redirect(node.body, buffer,
                           [&](const loop::Operand& at) { return with_axes(at, loop::use(first), loop::use(second)); });
    const Expr index = loop::use(first) * stride + loop::use(second);
    inside = loop::substitute(inside, {{node.var, index}});
    // Elements beyond the loop's end were never filled; `simplify` drops a bound that always holds.
    inside = loop::if_then(loop::binary(loop::BinaryOp::kLt, index, loop::integer(node.extent)), inside);
    inside = loop::for_loop(first, windows, loop::for_loop(second, taps, inside, node.kind), node.kind);
    body = replace(body, fill, located(inside, fill->where));
  }
  body = redirect(body, buffer, [&](const loop::Operand& at) {
    return with_axes(at, windows == 1 ? loop::integer(0) : loop::use(window.outer->var),
                     taps == 1 ? loop::integer(0) : loop::use(window.inner->var));
  });
  commit(schedule,
         replace(schedule.kernel.body, alloc_path.back(), located(loop::alloc(target, body), alloc_path.back()->where)),
         {"unfold", {{"buffer", buffer_name}, {"axis", axis_number}, {"outer", outer}, {"inner", inner}}});
  return {};
}

}  // namespace tandem::schedule
