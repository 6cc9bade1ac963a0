// Invariants of our own code. A failed check is a bug in Tandem, never a user's mistake: it prints the place and
// aborts.
#pragma once

#include <string>

namespace tandem {

[[noreturn]] void check_failed(const char* file, int line, const char* condition, const std::string& message);

}  // namespace tandem

#define TANDEM_CHECK(condition, message) \
  ((condition) ? static_cast<void>(0) : ::tandem::check_failed(__FILE__, __LINE__, #condition, (message)))
