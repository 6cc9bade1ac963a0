// Fields of an instruction by name, read and changed. For tests that make programs wrong.
#pragma once

#include <optional>
#include <string>

#include "isa/instruction.h"

namespace tandem::isa {

/// Empty where the instruction has no such field.
std::optional<int64_t> field(const Instruction& instruction, const std::string& name);
/// False where it has no such field.
bool set_field(Instruction& instruction, const std::string& name, int64_t value);

}  // namespace tandem::isa
