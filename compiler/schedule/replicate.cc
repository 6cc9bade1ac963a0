// replicate: an input gets an axis of copies.
#include <fmt/format.h>

#include "compiler/schedule/buffers.h"

namespace tandem::schedule {

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
