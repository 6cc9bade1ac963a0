#include "compiler/loop/lexer.h"

#include <cctype>

namespace tandem::loop {
namespace {

bool word_character(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }
bool digit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }

/// The length of the number at `begin`: 12, 1.5, 2e-3. "0..8" holds the number 0.
size_t number_length(const std::string& text, size_t begin, bool& is_float) {
  size_t end = begin;
  const auto digits = [&] {
    while (end < text.size() && digit(text[end])) ++end;
  };
  digits();
  if (end + 1 < text.size() && text[end] == '.' && digit(text[end + 1])) {
    is_float = true;
    ++end;
    digits();
  }
  if (end < text.size() && text[end] == 'e') {
    const size_t sign = end + 1 < text.size() && (text[end + 1] == '-' || text[end + 1] == '+') ? 2 : 1;
    if (end + sign < text.size() && digit(text[end + sign])) {
      is_float = true;
      end += sign;
      digits();
    }
  }
  return end - begin;
}

}  // namespace

Result<std::vector<Token>> tokenize(const std::string& text, const std::string& file) {
  static const std::vector<std::string> symbols = {"..", ".", "<=", ">=", "==", "!=", "&&", "||", "{",
                                                   "}",  "(", ")",  "[",  "]",  ",",  ";",  ":",  "=",
                                                   "<",  ">", "+",  "-",  "*",  "/",  "%",  "@",  "?"};
  std::vector<Token> tokens;
  SourceLocation where{file, 1, 1};
  size_t at = 0;
  const auto take = [&](TokenKind kind, size_t length) {
    tokens.push_back({kind, text.substr(at, length), where});
    at += length;
    where.column += static_cast<int>(length);
  };
  while (at < text.size()) {
    const char c = text[at];
    if (c == '\n') {
      ++at;
      ++where.line;
      where.column = 1;
    } else if (std::isspace(static_cast<unsigned char>(c))) {
      ++at;
      ++where.column;
    } else if (c == '#' || text.compare(at, 2, "//") == 0) {
      while (at < text.size() && text[at] != '\n') ++at;
    } else if (digit(c)) {
      bool is_float = false;
      const size_t length = number_length(text, at, is_float);
      take(is_float ? TokenKind::kFloat : TokenKind::kInteger, length);
    } else if (word_character(c)) {
      size_t length = 1;
      while (at + length < text.size() && word_character(text[at + length])) ++length;
      take(TokenKind::kWord, length);
    } else {
      const std::string* found = nullptr;
      for (const std::string& symbol : symbols) {
        if (!found && text.compare(at, symbol.size(), symbol) == 0) found = &symbol;
      }
      if (!found) return Diagnostic{where, std::string("unexpected character '") + c + "'", {}, ""};
      take(TokenKind::kSymbol, found->size());
    }
  }
  tokens.push_back({TokenKind::kEnd, "", where});
  return tokens;
}

}  // namespace tandem::loop
