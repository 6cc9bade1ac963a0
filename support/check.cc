#include "support/check.h"

#include <cstdio>
#include <cstdlib>

namespace tandem {

void check_failed(const char* file, int line, const char* condition, const std::string& message) {
  std::fprintf(stderr, "%s:%d: internal error: %s (%s). Please report this.\n", file, line, message.c_str(), condition);
  std::abort();
}

}  // namespace tandem
