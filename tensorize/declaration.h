// Reads one intrinsic's declaration.
#pragma once

#include <string>

#include "tensorize/intrinsic.h"

namespace tandem::tensorize {

/// The declaration in `text` under a hardware configuration. Errors have the file's name, line and column; those in the
/// pattern have the line in the file.
Result<IntrinsicDeclaration> parse_declaration(const std::string& text, const std::string& file,
                                               const isa::HwConfig& hardware);

}  // namespace tandem::tensorize
