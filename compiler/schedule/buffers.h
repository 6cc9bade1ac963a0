// Finding, making and replacing buffers: what the primitives of memory and layout share. Private to compiler/schedule.
#pragma once

#include <string>
#include <vector>

#include "compiler/schedule/tree.h"

namespace tandem::schedule {

BufferRef new_buffer(std::string name, loop::Type type, Shape shape, std::string scope);
/// The same buffer with another shape.
BufferRef reshaped(const loop::Buffer& buffer, Shape shape);

/// Loop variables for the axes of a new buffer: BUFFER_0, BUFFER_1, ...
std::vector<VarRef> axis_vars(const loop::Kernel& kernel, const std::string& buffer, size_t rank);
std::vector<Expr> uses(const std::vector<VarRef>& vars);

/// A parameter or local buffer; an error lists those that exist.
Result<BufferRef> find_buffer(const Schedule& schedule, const std::string& primitive, const std::string& name);
/// The layout's axes written out.
void spell_out(loop::Param& param);

/// Commits the kernel with every access of `buffer` redirected and its allocation, if it has one, replaced.
void install(Schedule& schedule, const BufferRef& buffer, const BufferRef& changed, const Redirect& to, Step step);

}  // namespace tandem::schedule
