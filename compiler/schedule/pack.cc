// pack: an axis of a buffer is split and its inner part becomes the last axis.
#include <fmt/format.h>

#include "compiler/schedule/buffers.h"

namespace tandem::schedule {

Result<void> pack(Schedule& schedule, const std::string& name, int64_t axis, int64_t factor) {
  TANDEM_ASSIGN(const BufferRef buffer, find_buffer(schedule, "pack", name));
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

}  // namespace tandem::schedule
