// pack, replicate: how buffers lie in memory. For parameters the layout records what the host must do.
#include <fmt/format.h>

#include <algorithm>

#include "compiler/schedule/tree.h"

namespace tandem::schedule {
namespace {

BufferRef reshaped(const loop::Buffer& buffer, Shape shape) {
  return std::make_shared<const loop::Buffer>(
      loop::Buffer{buffer.name, buffer.type, std::move(shape), buffer.scope, buffer.copies});
}

/// The layout's axes written out.
void spell_out(loop::Param& param) {
  if (!param.layout.axes.empty()) return;
  for (size_t axis = 0; axis < param.buffer->shape.size(); ++axis) {
    param.layout.axes.push_back({static_cast<int>(axis), 1, param.buffer->shape[axis]});
  }
}

std::vector<std::string> buffer_names(const loop::Kernel& kernel) {
  std::vector<std::string> names;
  for (const loop::Param& param : kernel.params) names.push_back(param.buffer->name);
  for (const BufferRef& buffer : allocated_in(kernel.body)) names.push_back(buffer->name);
  std::sort(names.begin(), names.end());
  return names;
}

Diagnostic unknown_buffer(const std::string& primitive, const loop::Kernel& kernel, const std::string& name) {
  Diagnostic error = unknown_name({}, "buffer", name, buffer_names(kernel));
  error.what = "cannot " + primitive + ": " + error.what;
  return error;
}

BufferRef find_buffer(const loop::Kernel& kernel, const std::string& name) {
  const int position = find_param(kernel, name);
  if (position >= 0) return kernel.params[static_cast<size_t>(position)].buffer;
  for (const BufferRef& buffer : allocated_in(kernel.body)) {
    if (buffer->name == name) return buffer;
  }
  return nullptr;
}

/// `body` with every access of `buffer` redirected and its declaration replaced.
void install(Schedule& schedule, const BufferRef& buffer, const BufferRef& changed, const Redirect& to, Step step) {
  Stmt body = redirect(schedule.kernel.body, buffer, to);
  Stmt allocation;
  walk(body, [&](const Path& path) {
    const auto* node = as_alloc(path.back());
    if (node && node->buffer == buffer) allocation = path.back();
  });
  if (allocation)
    body = replace(body, allocation, located(loop::alloc(changed, as_alloc(allocation)->body), allocation->where));
  commit(schedule, body, std::move(step));
}

}  // namespace

Result<void> pack(Schedule& schedule, const std::string& name, int64_t axis, int64_t factor) {
  const BufferRef buffer = find_buffer(schedule.kernel, name);
  if (!buffer) return unknown_buffer("pack", schedule.kernel, name);
  const auto rank = static_cast<int64_t>(buffer->shape.size());
  if (axis < 0 || axis >= rank)
    return refuse("pack", fmt::format("'{}' {} has no axis {}", name, to_string(buffer->shape), axis));
  const auto at = static_cast<size_t>(axis);
  if (factor < 1 || buffer->shape[at] % factor != 0) {
    return refuse("pack",
                  fmt::format("axis {} of '{}' {} is no multiple of {}", axis, name, to_string(buffer->shape), factor),
                  {}, "pad the loops that run over it first");
  }
  bool in_intrinsic = false;
  walk(schedule.kernel.body, [&](const Path& path) {
    const auto* node = std::get_if<loop::Intrinsic>(&path.back()->node);
    for (size_t i = 0; node && i < node->operands.size(); ++i)
      in_intrinsic = in_intrinsic || node->operands[i].buffer == buffer;
  });
  if (in_intrinsic)
    return refuse("pack", fmt::format("'{}' is an operand of an intrinsic already", name), {}, "pack before tensorize");

  Shape shape = buffer->shape;
  shape[at] /= factor;
  shape.push_back(factor);
  const BufferRef packed = reshaped(*buffer, shape);
  const int position = find_param(schedule.kernel, name);
  if (position >= 0) {
    loop::Param& param = schedule.kernel.params[static_cast<size_t>(position)];
    if (!param.layout.axes.empty() && param.layout.axes[at].source_axis < 0) {
      return refuse("pack", fmt::format("axis {} of '{}' holds copies", axis, name));
    }
    spell_out(param);
    loop::PackedAxis& outer = param.layout.axes[at];
    const loop::PackedAxis inner{outer.source_axis, outer.divisor, factor};
    outer.divisor *= factor;
    outer.extent /= factor;
    param.layout.axes.push_back(inner);
    param.buffer = packed;
  }
  const Expr divisor = loop::integer(factor);
  install(schedule, buffer, packed,
          [&](const loop::Operand& element) {
            loop::Operand target{packed, element.indices};
            const Expr index = target.indices[at];
            target.indices[at] = loop::binary(loop::BinaryOp::kDiv, index, divisor);
            target.indices.push_back(loop::binary(loop::BinaryOp::kMod, index, divisor));
            return target;
          },
          {"pack", {{"buffer", name}, {"axis", axis}, {"factor", factor}}});
  return {};
}

Result<void> replicate(Schedule& schedule, const std::string& name, int64_t axis, const std::string& loop) {
  const int position = find_param(schedule.kernel, name);
  if (position < 0 || schedule.kernel.params[static_cast<size_t>(position)].is_output) {
    return refuse("replicate", fmt::format("'{}' is no input", name));
  }
  TANDEM_ASSIGN(const Path path, find_loop(schedule, "replicate", loop));
  const loop::For& node = *as_for(path.back());
  loop::Param& param = schedule.kernel.params[static_cast<size_t>(position)];
  const BufferRef buffer = param.buffer;
  if (axis < 0 || axis > static_cast<int64_t>(buffer->shape.size())) {
    return refuse("replicate",
                  fmt::format("'{}' {} has no place {} for an axis", name, to_string(buffer->shape), axis));
  }
  for (const Access& access : accesses_of(schedule.kernel.body)) {
    if (access.buffer == buffer && !ranges_of(access.path).count(node.var)) {
      return refuse("replicate", path.back(), fmt::format("'{}' is also read outside of '{}'", name, loop));
    }
  }
  Shape shape = buffer->shape;
  shape.insert(shape.begin() + axis, node.extent);
  const BufferRef copies = reshaped(*buffer, shape);
  spell_out(param);
  param.layout.axes.insert(param.layout.axes.begin() + axis, loop::PackedAxis{-1, 1, node.extent});
  param.buffer = copies;
  install(schedule, buffer, copies,
          [&](const loop::Operand& element) {
            loop::Operand target{copies, element.indices};
            target.indices.insert(target.indices.begin() + axis, loop::use(node.var));
            return target;
          },
          {"replicate", {{"buffer", name}, {"axis", axis}, {"loop", loop}}});
  return {};
}

}  // namespace tandem::schedule
