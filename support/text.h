// Numbers and lines of text as people read them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tandem {

/// "12,345".
std::string grouped(uint64_t value);

/// The lines without their ends; a last line may lack one.
std::vector<std::string> lines_of(const std::string& text);

}  // namespace tandem
