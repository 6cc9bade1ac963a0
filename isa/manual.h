// The instruction set's page in the documentation, from the table alone.
#pragma once

#include <string>

namespace tandem::isa {

/// Markdown: instructions with fields, widths and bits at the default configuration, memories, ALU operations,
/// built-ins.
std::string manual();

}  // namespace tandem::isa
