// Reads one intrinsic's declaration.
#pragma once

#include <set>
#include <string>

#include "tensorize/intrinsic.h"

namespace tandem::tensorize {

/// The declaration in `text`, no family, under a hardware configuration or for a CPU with these features. Errors have
/// the file's name, line and column; those in the pattern have the line in the file.
Result<IntrinsicDeclaration> parse_declaration(const std::string& text, const std::string& file,
                                               const isa::HwConfig& hardware,
                                               const std::set<std::string>& cpu_features = {});

}  // namespace tandem::tensorize
