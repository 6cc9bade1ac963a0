// The assembler: text of a program, or of one instruction, back to values, driven by the tables that isa.yaml
// becomes.
#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "isa/assembly.h"
#include "isa/program.h"

namespace tandem::isa {
namespace {

constexpr int64_t kMostZeros = int64_t{1} << 32;

struct Line {
  std::string text;
  SourceLocation where;  // of its first character
  std::vector<AssemblyWord> words;
};

/// Reads a program statement by statement. A statement is one line; blocks run from a line that ends in '{' to a line
/// '}'.
class Assembler {
 public:
  Assembler(const std::string& text, const std::string& file) : file_(file) {
    int number = 1;
    for (size_t at = 0; at < text.size(); ++number) {
      const size_t end = std::min(text.find('\n', at), text.size());
      Line line{text.substr(at, end - at), {file, number, 1}, {}};
      line.words = split_words(line.text, line.where);
      lines_.push_back(std::move(line));
      at = end + 1;
    }
  }

  Result<Program> run() {
    while (next_line()) TANDEM_TRY(statement());
    if (!has_code_) {
      return Diagnostic{{file_}, "the program has no code", {}, "add 'code at ADDRESS {', instructions and '}'"};
    }
    return program_;
  }

 private:
  /// Moves to the next line that says something; false at the end.
  bool next_line() {
    while (at_ < lines_.size()) {
      line_ = &lines_[at_++];
      word_ = 0;
      if (!line_->words.empty()) return true;
    }
    return false;
  }

  SourceLocation here() const {
    if (word_ < line_->words.size()) return line_->words[word_].where;
    SourceLocation end = line_->where;
    end.column += static_cast<int>(line_->text.size());
    return end;
  }
  Diagnostic expected(const std::string& what) const {
    const std::string found =
        word_ < line_->words.size() ? "'" + line_->words[word_].text + "'" : "the end of the line";
    return Diagnostic{here(), fmt::format("expected {}, found {}", what, found), {}, ""};
  }
  bool take(const std::string& text) {
    if (word_ >= line_->words.size() || line_->words[word_].text != text) return false;
    ++word_;
    return true;
  }
  Result<void> need(const std::string& text) {
    if (!take(text)) return expected("'" + text + "'");
    return {};
  }
  Result<void> end_of_line() {
    if (word_ < line_->words.size()) return expected("the end of the line");
    return {};
  }
  Result<std::string> word(const std::string& what) {
    if (word_ >= line_->words.size()) return expected(what);
    return line_->words[word_++].text;
  }
  Result<std::string> quoted() {
    if (word_ >= line_->words.size() || line_->words[word_].text[0] != '"') return expected("a name in quotes");
    const std::string& text = line_->words[word_].text;
    std::string result;
    size_t i = 1;
    for (; i < text.size() && text[i] != '"'; ++i) {
      if (text[i] == '\\' && i + 1 < text.size()) {
        ++i;
        result += text[i] == 'n' ? '\n' : text[i];
      } else {
        result += text[i];
      }
    }
    if (i >= text.size()) return Diagnostic{here(), "the closing quote is missing", {}, ""};
    ++word_;
    return result;
  }
  Result<int64_t> number(const std::string& what) {
    const SourceLocation where = here();
    TANDEM_ASSIGN(const std::string text, word(what));
    return parse_number(text, where);
  }
  Result<uint64_t> address() {
    TANDEM_TRY(need("at"));
    return unsigned_number("an address");
  }
  Result<uint64_t> unsigned_number(const std::string& what) {
    const SourceLocation where = here();
    TANDEM_ASSIGN(const int64_t value, number(what));
    if (value < 0) return Diagnostic{where, fmt::format("{} is negative", value), {}, ""};
    return static_cast<uint64_t>(value);
  }
  /// A word KEY=NUMBER.
  Result<int64_t> keyed(const std::string& key) {
    const SourceLocation where = here();
    if (word_ >= line_->words.size() || line_->words[word_].text.rfind(key + "=", 0) != 0)
      return expected("'" + key + "=NUMBER'");
    SourceLocation value = where;
    value.column += static_cast<int>(key.size()) + 1;
    return parse_number(line_->words[word_++].text.substr(key.size() + 1), value);
  }

  Result<void> statement() {
    const SourceLocation where = here();
    TANDEM_ASSIGN(const std::string keyword, word("a statement"));
    if (keyword == "program") {
      TANDEM_ASSIGN(program_.name, quoted());
      return end_of_line();
    }
    if (keyword == "hardware") return hardware();
    if (keyword == "dram") {
      TANDEM_ASSIGN(program_.dram_bytes, unsigned_number("a number of bytes"));
      return end_of_line();
    }
    if (keyword == "segment") return segment();
    if (keyword == "binding") return binding();
    if (keyword == "code") return code(where);
    return unknown_name(where, "statement", keyword, {"program", "hardware", "dram", "segment", "binding", "code"});
  }

  /// YAML lines up to '}'; its errors get the places of this file.
  Result<void> hardware() {
    const SourceLocation where = here();
    if (has_code_ || !program_.segments.empty()) {
      return Diagnostic{
          where, "'hardware' after a segment or the code", {}, "put it before both: their encoding depends on it"};
    }
    TANDEM_TRY(need("{"));
    TANDEM_TRY(end_of_line());
    const int first = line_->where.line;
    std::string yaml;
    while (true) {
      if (at_ >= lines_.size()) return Diagnostic{where, "the block of 'hardware' has no closing '}'", {}, ""};
      line_ = &lines_[at_++];
      if (line_->words.size() == 1 && line_->words[0].text == "}") break;
      yaml += line_->text + "\n";
    }
    Result<HwConfig> parsed = parse_hw(yaml, file_);
    if (!parsed.ok()) {
      Diagnostic error = parsed.error();
      if (error.where.line > 0) error.where.line += first;
      return error;
    }
    program_.hardware = *parsed;
    codec_ = Codec(program_.hardware);
    return {};
  }

  Result<void> data_block(const std::string& of, Bytes& bytes) {
    const SourceLocation where = line_->where;
    while (next_line()) {
      if (line_->words.size() == 1 && take("}")) return {};
      const SourceLocation place = here();
      TANDEM_ASSIGN(const std::string keyword, word("data"));
      if (keyword == "hex") {
        TANDEM_TRY(hex_line(bytes));
      } else if (keyword == "zero") {
        const SourceLocation count_place = here();
        TANDEM_ASSIGN(const int64_t count, number("a number of bytes"));
        if (count < 0 || count > kMostZeros) {
          return Diagnostic{count_place, fmt::format("{} bytes are not from 0 to {}", count, kMostZeros), {}, ""};
        }
        bytes.resize(bytes.size() + static_cast<size_t>(count));
        TANDEM_TRY(end_of_line());
      } else if (keyword == "uop") {
        SourceLocation rest = here();
        const auto column = static_cast<size_t>(rest.column - 1);
        TANDEM_ASSIGN(const Uop uop,
                      parse_uop(codec_, column < line_->text.size() ? line_->text.substr(column) : "", rest));
        codec_.append_uop_bytes(uop, bytes);
      } else {
        return unknown_name(place, "data", keyword, {"hex", "zero", "uop"});
      }
    }
    return Diagnostic{where, fmt::format("the block of {} has no closing '}}'", of), {}, ""};
  }

  Result<void> hex_line(Bytes& bytes) {
    const auto digit = [](char c) {
      if (c >= '0' && c <= '9') return c - '0';
      if (c >= 'a' && c <= 'f') return c - 'a' + 10;
      if (c >= 'A' && c <= 'F') return c - 'A' + 10;
      return -1;
    };
    while (word_ < line_->words.size()) {
      SourceLocation where = here();
      const std::string& text = line_->words[word_++].text;
      if (text.size() % 2 != 0)
        return Diagnostic{where, fmt::format("{} hexadecimal digits are no whole bytes", text.size()), {}, ""};
      for (size_t i = 0; i < text.size(); i += 2) {
        const int high = digit(text[i]);
        const int low = digit(text[i + 1]);
        if (high < 0 || low < 0) {
          where.column += static_cast<int>(high < 0 ? i : i + 1);
          return Diagnostic{where, fmt::format("'{}' is no hexadecimal digit", text[high < 0 ? i : i + 1]), {}, ""};
        }
        bytes.push_back(static_cast<uint8_t>(high * 16 + low));
      }
    }
    return {};
  }

  Result<void> segment() {
    Segment segment;
    TANDEM_ASSIGN(segment.name, quoted());
    TANDEM_ASSIGN(segment.address, address());
    segment.holds_uops = take("uops");
    TANDEM_TRY(need("{"));
    TANDEM_TRY(end_of_line());
    TANDEM_TRY(data_block(fmt::format("segment '{}'", segment.name), segment.bytes));
    program_.segments.push_back(std::move(segment));
    return {};
  }

  Result<void> binding() {
    Binding binding;
    TANDEM_ASSIGN(binding.name, quoted());
    const SourceLocation role_place = here();
    TANDEM_ASSIGN(const std::string role, word("input, output or scratch"));
    if (role == "input") {
      binding.role = Role::kInput;
    } else if (role == "output") {
      binding.role = Role::kOutput;
    } else if (role == "scratch") {
      binding.role = Role::kScratch;
    } else {
      return unknown_name(role_place, "role", role, {"input", "output", "scratch"});
    }
    const SourceLocation type_place = here();
    TANDEM_ASSIGN(const std::string type, word("a data type"));
    Result<DType> parsed = parse_dtype(type);
    if (!parsed.ok()) {
      Diagnostic error = parsed.error();
      error.where = type_place;
      return error;
    }
    binding.type = *parsed;
    TANDEM_ASSIGN(binding.shape, shape());
    TANDEM_TRY(need("layout"));
    TANDEM_ASSIGN(binding.layout, quoted());
    TANDEM_ASSIGN(binding.address, address());
    if (take("expected")) {
      TANDEM_TRY(need("{"));
      TANDEM_TRY(end_of_line());
      TANDEM_TRY(data_block(fmt::format("binding '{}'", binding.name), binding.expected));
    } else {
      TANDEM_TRY(end_of_line());
    }
    program_.bindings.push_back(std::move(binding));
    return {};
  }

  /// [1,16,7,7] without blanks.
  Result<Shape> shape() {
    const SourceLocation where = here();
    TANDEM_ASSIGN(const std::string text, word("a shape"));
    const Diagnostic malformed{
        where, fmt::format("'{}' is not a shape", text), {}, "write '[1,16,7,7]', without blanks"};
    if (text.size() < 2 || text.front() != '[' || text.back() != ']') return malformed;
    Shape shape;
    for (size_t at = 1; at < text.size() - 1;) {
      const size_t end = std::min(text.find(',', at), text.size() - 1);
      const Result<int64_t> extent = parse_number(text.substr(at, end - at), where);
      if (!extent.ok() || *extent < 0) return malformed;
      shape.push_back(*extent);
      at = end + 1;
    }
    return shape;
  }

  Result<void> code(const SourceLocation& where) {
    if (has_code_) return Diagnostic{where, "a second 'code'", {}, "put all instructions into one block"};
    has_code_ = true;
    TANDEM_ASSIGN(program_.code_address, address());
    TANDEM_TRY(need("{"));
    TANDEM_TRY(end_of_line());
    while (next_line()) {
      if (line_->words.size() == 1 && take("}")) return {};
      if (take("mark")) {
        TANDEM_TRY(mark());
      } else if (take("raw")) {
        TANDEM_TRY(raw());
      } else {
        const SourceLocation place = here();
        TANDEM_ASSIGN(const Instruction instruction,
                      parse_instruction(codec_, line_->text.substr(static_cast<size_t>(place.column - 1)), place));
        program_.code.push_back(codec_.encode(instruction));
      }
    }
    return Diagnostic{where, "the block of 'code' has no closing '}'", {}, ""};
  }

  Result<void> mark() {
    LayerMark mark;
    TANDEM_ASSIGN(mark.name, quoted());
    TANDEM_ASSIGN(mark.macs, keyed("macs"));
    TANDEM_ASSIGN(mark.roofline_cycles, keyed("roofline"));
    mark.first_instruction = static_cast<int64_t>(program_.code.size());
    if (word_ < line_->words.size()) {
      TANDEM_ASSIGN(mark.first_instruction, keyed("first"));
    }
    program_.marks.push_back(std::move(mark));
    return end_of_line();
  }

  /// The words of an instruction that no decoder takes, for tests of error handling.
  Result<void> raw() {
    EncodedInstruction encoded;
    for (int i = 0; i < codec_.instruction_bytes() / 8; ++i) {
      const SourceLocation where = here();
      TANDEM_ASSIGN(const std::string text, word(fmt::format("{} words", codec_.instruction_bytes() / 8)));
      // 64-bit words use the sign bit, which parse_number leaves to signs.
      const bool top = text.size() == 18 && text.compare(0, 2, "0x") == 0;
      TANDEM_ASSIGN(const int64_t low, parse_number(top ? "0x" + text.substr(3) : text, where));
      TANDEM_ASSIGN(const int64_t high, parse_number(top ? "0x" + text.substr(2, 1) : "0", where));
      encoded.words[static_cast<size_t>(i)] = static_cast<uint64_t>(high) << 60 | static_cast<uint64_t>(low);
    }
    program_.code.push_back(encoded);
    return end_of_line();
  }

  std::string file_;
  std::vector<Line> lines_;
  size_t at_ = 0;
  const Line* line_ = nullptr;
  size_t word_ = 0;
  Program program_;
  Codec codec_{HwConfig{}};
  bool has_code_ = false;
};

}  // namespace

Result<Program> assemble(const std::string& text, const std::string& file) { return Assembler(text, file).run(); }

}  // namespace tandem::isa
