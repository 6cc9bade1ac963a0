#include "isa/assembly.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace tandem::isa {
namespace {

/// A piece of a group: literal text, or a field.
struct Piece {
  std::string literal;
  int field = -1;
  bool hexadecimal = false;
};

/// One word of an instruction's text.
struct Group {
  std::vector<Piece> pieces;
  bool optional = false;  // left out where its fields are zero
  bool flag = false;      // a single flag, written as its name

  /// What the word begins with: "uop=[" gives "uop="; empty where it begins with a field.
  std::string key() const {
    const std::string& first = pieces.front().literal;
    return flag ? first : first.substr(0, first.find('=') + 1);
  }
};

int field_index(const std::vector<FieldInfo>& fields, const std::string& name) {
  for (size_t i = 0; i < fields.size(); ++i) {
    if (name == fields[i].name) return static_cast<int>(i);
  }
  TANDEM_CHECK(false, fmt::format("isa.yaml: assembly names a field '{}' that is not there", name));
  return -1;
}

Group parse_group(const std::vector<FieldInfo>& fields, std::string word) {
  Group group;
  if (word.back() == '?') {
    group.optional = true;
    word.pop_back();
  }
  if (word.find('{') == std::string::npos) {
    group.flag = group.optional = true;
    group.pieces.push_back({word, field_index(fields, word), false});
    return group;
  }
  size_t at = 0;
  while (at < word.size()) {
    const size_t open = std::min(word.find('{', at), word.size());
    if (open > at) group.pieces.push_back({word.substr(at, open - at), -1, false});
    if (open == word.size()) break;
    const size_t close = word.find('}', open);
    std::string name = word.substr(open + 1, close - open - 1);
    const bool hexadecimal = name.size() > 2 && name.compare(name.size() - 2, 2, ":x") == 0;
    if (hexadecimal) name.resize(name.size() - 2);
    group.pieces.push_back({"", field_index(fields, name), hexadecimal});
    at = close + 1;
  }
  return group;
}

std::vector<Group> parse_template(const InstructionInfo& instruction) {
  std::vector<Group> groups;
  for (const AssemblyWord& word : split_words(instruction.assembly, {}))
    groups.push_back(parse_group(instruction.fields, word.text));
  const auto used = [&](int field) {
    return std::any_of(groups.begin(), groups.end(), [&](const Group& group) {
      return std::any_of(group.pieces.begin(), group.pieces.end(),
                         [&](const Piece& piece) { return piece.field == field; });
    });
  };
  for (size_t i = 0; i < instruction.fields.size(); ++i) {
    if (instruction.fields[i].kind != FieldKind::kFlag || used(static_cast<int>(i))) continue;
    groups.push_back({{{instruction.fields[i].name, static_cast<int>(i), false}}, true, true});
  }
  return groups;
}

const std::vector<Group>& groups_of(const InstructionInfo& instruction) {
  static const std::vector<std::vector<Group>> all = [] {
    std::vector<std::vector<Group>> groups;
    for (const InstructionInfo& entry : instruction_infos()) groups.push_back(parse_template(entry));
    return groups;
  }();
  return all[static_cast<size_t>(&instruction - instruction_infos().data())];
}

std::string value_text(const FieldInfo& field, int64_t value, bool hexadecimal) {
  for (const FieldCode& code : known_codes(field)) {
    if (code.value == value) return code.name;
  }
  return hexadecimal ? fmt::format("{:#x}", value) : fmt::format("{}", value);
}

std::string group_text(const Group& group, const std::vector<FieldInfo>& fields, const FieldValues& values) {
  const bool all_zero = std::all_of(group.pieces.begin(), group.pieces.end(), [&](const Piece& piece) {
    return piece.field < 0 || values[static_cast<size_t>(piece.field)] == 0;
  });
  if (group.optional && all_zero) return "";
  if (group.flag) return group.pieces.front().literal;
  std::string text;
  for (const Piece& piece : group.pieces) {
    const auto field = static_cast<size_t>(piece.field);
    text += piece.field < 0 ? piece.literal : value_text(fields[field], values[field], piece.hexadecimal);
  }
  return text;
}

/// How a group is written, for hints: "uop=[UOP_BGN,UOP_END)".
std::string group_shape(const Group& group, const std::vector<FieldInfo>& fields) {
  std::string text;
  for (const Piece& piece : group.pieces) {
    if (piece.field < 0) {
      text += piece.literal;
    } else {
      for (const char c : std::string(fields[static_cast<size_t>(piece.field)].name)) {
        text += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
      }
    }
  }
  return text;
}

Result<int64_t> parse_value(const FieldInfo& field, const std::string& text, const SourceLocation& where) {
  const std::vector<FieldCode> codes = known_codes(field);
  if (codes.empty()) return parse_number(text, where);
  std::vector<std::string> names;
  for (const FieldCode& code : codes) {
    if (text == code.name) return code.value;
    names.emplace_back(code.name);
  }
  const char* kind = field.kind == FieldKind::kMemory  ? "memory"
                     : field.kind == FieldKind::kState ? "state"
                                                       : "ALU operation";
  return unknown_name(where, kind, text, names);
}

Result<void> parse_pieces(const Group& group, const std::vector<FieldInfo>& fields, const AssemblyWord& word,
                          FieldValues& values) {
  const auto malformed = [&] {
    return Diagnostic{word.where,
                      fmt::format("'{}' is malformed", word.text),
                      {},
                      fmt::format("write '{}', without blanks", group_shape(group, fields))};
  };
  size_t at = 0;
  for (size_t i = 0; i < group.pieces.size(); ++i) {
    const Piece& piece = group.pieces[i];
    if (piece.field < 0) {
      if (word.text.compare(at, piece.literal.size(), piece.literal) != 0) return malformed();
      at += piece.literal.size();
      continue;
    }
    // A value ends where the next literal begins.
    const size_t end =
        i + 1 < group.pieces.size() ? word.text.find(group.pieces[i + 1].literal[0], at) : word.text.size();
    if (end == std::string::npos || end == at) return malformed();
    SourceLocation where = word.where;
    where.column += static_cast<int>(at);
    const auto field = static_cast<size_t>(piece.field);
    TANDEM_ASSIGN(values[field], parse_value(fields[field], word.text.substr(at, end - at), where));
    at = end;
  }
  if (at != word.text.size()) return malformed();
  return {};
}

/// The group to which a word belongs, or nothing.
std::optional<size_t> find_group(const std::vector<Group>& groups, const std::string& word) {
  const size_t equals = word.find('=');
  const std::string key = equals == std::string::npos ? word : word.substr(0, equals + 1);
  for (size_t i = 0; i < groups.size(); ++i) {
    if (groups[i].key() == key) return i;
  }
  return std::nullopt;
}

}  // namespace

std::vector<AssemblyWord> split_words(const std::string& text, const SourceLocation& where) {
  std::vector<AssemblyWord> words;
  size_t at = 0;
  while (true) {
    at = text.find_first_not_of(" \t\r", at);
    if (at == std::string::npos || text[at] == '#') return words;
    size_t end = std::min(text.find_first_of(" \t\r", at), text.size());
    if (text[at] == '"') {
      end = at + 1;
      while (end < text.size() && text[end] != '"') end += text[end] == '\\' ? 2 : 1;
      end = std::min(end + 1, text.size());
    }
    SourceLocation place = where;
    place.column += static_cast<int>(at);
    words.push_back({text.substr(at, end - at), place});
    at = end;
  }
}

Result<int64_t> parse_number(const std::string& text, const SourceLocation& where) {
  const bool negative = !text.empty() && text[0] == '-';
  const size_t start = negative ? 1 : 0;
  const bool hexadecimal = text.compare(start, 2, "0x") == 0;
  const char* begin = text.data() + start + (hexadecimal ? 2 : 0);
  const char* end = text.data() + text.size();
  uint64_t value = 0;
  const auto parsed = std::from_chars(begin, end, value, hexadecimal ? 16 : 10);
  if (parsed.ec != std::errc() || parsed.ptr != end || value > static_cast<uint64_t>(INT64_MAX)) {
    return Diagnostic{where, fmt::format("'{}' is not a number", text), {}, "write it as 64 or 0x40"};
  }
  return negative ? -static_cast<int64_t>(value) : static_cast<int64_t>(value);
}

std::string to_text(const Instruction& instruction) {
  const InstructionInfo& table = info(instruction);
  const FieldValues values = field_values(instruction);
  std::string text = table.name;
  for (const Group& group : groups_of(table)) {
    const std::string word = group_text(group, table.fields, values);
    if (!word.empty()) text += " " + word;
  }
  return text;
}

Result<Instruction> parse_instruction(const Codec& codec, const std::string& text, const SourceLocation& where) {
  const std::vector<AssemblyWord> words = split_words(text, where);
  if (words.empty()) return Diagnostic{where, "an instruction is missing", {}, ""};
  const std::vector<InstructionInfo>& infos = instruction_infos();
  const auto table = std::find_if(infos.begin(), infos.end(),
                                  [&](const InstructionInfo& entry) { return words[0].text == entry.name; });
  if (table == infos.end()) {
    std::vector<std::string> names;
    for (const InstructionInfo& entry : infos) names.emplace_back(entry.name);
    return unknown_name(words[0].where, "instruction", words[0].text, names);
  }
  const std::vector<Group>& groups = groups_of(*table);
  const auto opcode = static_cast<Opcode>(table->opcode);
  FieldValues values = field_values(make_instruction(opcode, {}));
  std::vector<bool> given(groups.size(), false);
  for (size_t i = 1; i < words.size(); ++i) {
    const AssemblyWord& word = words[i];
    // A group without a key comes right after the name.
    std::optional<size_t> found = find_group(groups, word.text);
    if (!found && i == 1 && !groups.empty() && groups[0].key().empty()) found = 0;
    if (!found) {
      std::vector<std::string> keys;
      for (const Group& group : groups) {
        if (!group.key().empty()) keys.push_back(group.key());
      }
      const size_t equals = word.text.find('=');
      const std::string key = equals == std::string::npos ? word.text : word.text.substr(0, equals + 1);
      return unknown_name(word.where, fmt::format("part of {}", table->name), key, keys);
    }
    const Group& group = groups[*found];
    if (given[*found])
      return Diagnostic{word.where, fmt::format("'{}' is given twice", word.text), {}, "remove one of the two"};
    given[*found] = true;
    if (group.flag) {
      values[static_cast<size_t>(group.pieces[0].field)] = 1;
    } else {
      TANDEM_TRY(parse_pieces(group, table->fields, word, values));
    }
  }
  for (size_t i = 0; i < groups.size(); ++i) {
    if (given[i] || groups[i].optional) continue;
    const std::string shape = group_shape(groups[i], table->fields);
    return Diagnostic{words[0].where, fmt::format("{} without '{}'", table->name, shape), {}, ""};
  }
  const std::string misfit = codec.first_misfit(opcode, values);
  if (!misfit.empty()) return Diagnostic{words[0].where, fmt::format("{}: {}", table->name, misfit), {}, ""};
  return make_instruction(opcode, values);
}

std::string to_text(const Uop& uop) {
  const FieldValues values = field_values(uop);
  std::string text;
  for (size_t i = 0; i < uop_field_infos().size(); ++i) {
    text += fmt::format("{}{}={}", i == 0 ? "" : " ", uop_field_infos()[i].name, values[i]);
  }
  return text;
}

Result<Uop> parse_uop(const Codec& codec, const std::string& text, const SourceLocation& where) {
  const std::vector<FieldInfo>& fields = uop_field_infos();
  FieldValues values{};
  std::vector<std::string> names;
  for (const FieldInfo& field : fields) names.emplace_back(field.name);
  for (const AssemblyWord& word : split_words(text, where)) {
    const size_t equals = word.text.find('=');
    const std::string key = word.text.substr(0, equals);
    const auto found = std::find(names.begin(), names.end(), key);
    if (found == names.end() || equals == std::string::npos)
      return unknown_name(word.where, "field of a micro-op", key, names);
    SourceLocation place = word.where;
    place.column += static_cast<int>(equals) + 1;
    TANDEM_ASSIGN(values[static_cast<size_t>(found - names.begin())],
                  parse_number(word.text.substr(equals + 1), place));
  }
  const std::string misfit = codec.first_uop_misfit(values);
  if (!misfit.empty()) return Diagnostic{where, "micro-op: " + misfit, {}, ""};
  return make_uop(values);
}

}  // namespace tandem::isa
