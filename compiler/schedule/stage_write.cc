// stage_write: an output is computed in a local buffer and copied out at the end.
#include <fmt/format.h>

#include "compiler/schedule/buffers.h"

namespace tandem::schedule {

Result<std::string> stage_write(Schedule& schedule, const std::string& buffer, const std::string& scope) {
  TANDEM_TRY(check_scope("stage_write", scope));
  const int position = find_param(schedule.kernel, buffer);
  std::vector<std::string> outputs;
  for (const loop::Param& param : schedule.kernel.params) {
    if (param.is_output) outputs.push_back(param.buffer->name);
  }
  if (position < 0 || !schedule.kernel.params[static_cast<size_t>(position)].is_output) {
    Diagnostic error = unknown_name({}, "output", buffer, outputs);
    error.what = "cannot stage_write: " + error.what;
    return error;
  }
  const BufferRef target = schedule.kernel.params[static_cast<size_t>(position)].buffer;
  const std::string name = new_name(schedule.kernel, buffer + "_" + scope);
  const BufferRef local = new_buffer(name, target->type, target->shape, scope);
  const std::vector<VarRef> vars = axis_vars(schedule.kernel, name, target->shape.size());
  const Stmt body = redirect(schedule.kernel.body, target, [&](const loop::Operand& at) {
    return loop::Operand{local, at.indices};
  });
  const Stmt copy = nest(vars, target->shape, loop::store(target, uses(vars), loop::load(local, uses(vars))));
  commit(schedule, loop::alloc(local, loop::block({body, copy})),
         {"stage_write", {{"buffer", buffer}, {"scope", scope}}});
  return name;
}

}  // namespace tandem::schedule
