#include "support/hash.h"

#include <fmt/format.h>

namespace tandem {

uint64_t hash64(std::string_view content, uint64_t seed) {
  uint64_t hash = 0xcbf29ce484222325u ^ seed;
  for (const char c : content) hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001b3u;
  hash ^= hash >> 32;
  hash *= 0xd6e8feb86659fd93u;
  return hash ^ (hash >> 32);
}

std::string hex(uint64_t value) { return fmt::format("{:016x}", value); }

}  // namespace tandem
