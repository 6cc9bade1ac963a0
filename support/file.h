// Whole files in and out, with diagnostics that name the path and the system's reason.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "support/result.h"

namespace tandem {

using Bytes = std::vector<uint8_t>;

/// The file's bytes, or why it cannot be read ("cannot read: No such file or directory").
Result<Bytes> read_file(const std::string& path);
Result<std::string> read_text_file(const std::string& path);

/// Writes beside `path` and renames, so that readers see the old file or the whole new one, and a full disk leaves
/// nothing.
Result<void> write_file(const std::string& path, std::string_view content);
Result<void> write_file(const std::string& path, const Bytes& content);

}  // namespace tandem
