// A stable 64-bit content hash (FNV-1a with an avalanche) for cache keys and configuration identities. Not
// cryptographic.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tandem {

uint64_t hash64(std::string_view content, uint64_t seed = 0);

/// Sixteen lower-case hexadecimal digits.
std::string hex(uint64_t value);

}  // namespace tandem
