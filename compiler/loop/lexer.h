// Words of the loop IR's text form, each with its place.
#pragma once

#include <string>
#include <vector>

#include "support/result.h"

namespace tandem::loop {

enum class TokenKind { kWord, kInteger, kFloat, kSymbol, kEnd };

struct Token {
  TokenKind kind = TokenKind::kEnd;
  std::string text;  // "" at the end
  SourceLocation where;
};

/// Always ends with one kEnd. `//` and `#` begin comments that last to the end of the line.
Result<std::vector<Token>> tokenize(const std::string& text, const std::string& file);

}  // namespace tandem::loop
