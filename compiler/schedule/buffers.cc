#include "compiler/schedule/buffers.h"

#include <fmt/format.h>

#include <algorithm>

namespace tandem::schedule {

BufferRef new_buffer(std::string name, loop::Type type, Shape shape, std::string scope) {
  return std::make_shared<const loop::Buffer>(loop::Buffer{std::move(name), type, std::move(shape), std::move(scope)});
}

BufferRef reshaped(const loop::Buffer& buffer, Shape shape) {
  return std::make_shared<const loop::Buffer>(
      loop::Buffer{buffer.name, buffer.type, std::move(shape), buffer.scope, buffer.copies});
}

std::vector<VarRef> axis_vars(const loop::Kernel& kernel, const std::string& buffer, size_t rank) {
  std::vector<VarRef> vars;
  for (size_t axis = 0; axis < rank; ++axis)
    vars.push_back(new_var(new_name(kernel, fmt::format("{}_{}", buffer, axis))));
  return vars;
}

std::vector<Expr> uses(const std::vector<VarRef>& vars) {
  std::vector<Expr> result;
  for (const VarRef& var : vars) result.push_back(loop::use(var));
  return result;
}

Result<BufferRef> find_buffer(const Schedule& schedule, const std::string& primitive, const std::string& name) {
  const loop::Kernel& kernel = schedule.kernel;
  const int position = find_param(kernel, name);
  if (position >= 0) return kernel.params[static_cast<size_t>(position)].buffer;
  std::vector<std::string> names;
  for (const loop::Param& param : kernel.params) names.push_back(param.buffer->name);
  for (const BufferRef& buffer : allocated_in(kernel.body)) {
    if (buffer->name == name) return buffer;
    names.push_back(buffer->name);
  }
  std::sort(names.begin(), names.end());
  Diagnostic error = unknown_name({}, "buffer", name, std::move(names));
  error.what = "cannot " + primitive + ": " + error.what;
  return error;
}

void spell_out(loop::Param& param) {
  if (!param.layout.axes.empty()) return;
  for (size_t axis = 0; axis < param.buffer->shape.size(); ++axis) {
    param.layout.axes.push_back({static_cast<int>(axis), 1, param.buffer->shape[axis]});
  }
}

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

}  // namespace tandem::schedule
