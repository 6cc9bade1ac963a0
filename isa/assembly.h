// One instruction or micro-op as a line of text and back, driven by the `assembly` entries of isa.yaml.
#pragma once

#include <string>

#include "isa/instruction.h"

namespace tandem::isa {

/// "gemm uop=[0,16) iter=(4,2) dst=(64,1) src=(8,0) wgt=(0,0) push_next".
std::string to_text(const Instruction& instruction);
/// Parses what to_text writes; groups may come in any order. `where` is the place of the text's first character.
Result<Instruction> parse_instruction(const Codec& codec, const std::string& text, const SourceLocation& where);

/// "dst=0 src=1 wgt=2".
std::string to_text(const Uop& uop);
Result<Uop> parse_uop(const Codec& codec, const std::string& text, const SourceLocation& where);

/// A word of a line: text without blanks, and its place.
struct AssemblyWord {
  std::string text;
  SourceLocation where;
};
/// Splits at blanks; '#' begins a comment. A word that begins with '"' runs to the closing one and keeps both.
std::vector<AssemblyWord> split_words(const std::string& text, const SourceLocation& where);

/// Decimal, or hexadecimal after 0x, with an optional minus.
Result<int64_t> parse_number(const std::string& text, const SourceLocation& where);

}  // namespace tandem::isa
