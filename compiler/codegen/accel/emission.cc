#include "compiler/codegen/accel/emission.h"

#include <fmt/format.h>

#include <cstdlib>
#include <optional>

namespace tandem::codegen {
namespace {

std::optional<int64_t> parse_number(const std::string& text) {
  char* end = nullptr;
  const int64_t value = std::strtoll(text.c_str(), &end, 0);
  if (text.empty() || *end != '\0') return std::nullopt;
  return value;
}

std::optional<int64_t> field_value(const isa::FieldInfo& field, const std::string& text) {
  const std::vector<isa::FieldCode> codes = isa::known_codes(field);
  for (const isa::FieldCode& code : codes) {
    if (text == code.name) return code.value;
  }
  return codes.empty() ? parse_number(text) : std::nullopt;
}

}  // namespace

Result<Emission> resolve_emission(const tensorize::IntrinsicDeclaration& declaration) {
  const std::string who = fmt::format("intrinsic '{}': ", declaration.name);
  const auto instruction = declaration.emission.find("instruction");
  const std::map<std::string, isa::Instruction> prototypes = {
      {"gemm", isa::Gemm{}}, {"alu", isa::Alu{}}, {"mac", isa::Mac{}}, {"requantize", isa::Requantize{}}};
  std::vector<std::string> known;
  for (const auto& [name, prototype] : prototypes) known.push_back(name);
  if (instruction == declaration.emission.end())
    return Diagnostic{{}, who + "its emission names no instruction", std::move(known), ""};
  const auto prototype = prototypes.find(instruction->second);
  if (prototype == prototypes.end()) {
    Diagnostic error = unknown_name({}, "instruction", instruction->second, known);
    error.what = who + error.what;
    return error;
  }
  Emission emission;
  emission.prototype = prototype->second;
  const isa::InstructionInfo& table = isa::info(emission.prototype);
  isa::FieldValues values = isa::field_values(emission.prototype);
  for (const auto& [key, text] : declaration.emission) {
    if (key == "instruction") continue;
    int* operand = key == "dst"   ? &emission.dst
                   : key == "src" ? &emission.src
                   : key == "wgt" ? &emission.wgt
                   : key == "prm" ? &emission.prm
                                  : nullptr;
    if (operand != nullptr) {
      for (size_t i = 0; i < declaration.pattern.params.size(); ++i) {
        if (declaration.pattern.params[i].buffer->name == text) *operand = static_cast<int>(i);
      }
      if (*operand < 0)
        return Diagnostic{{}, fmt::format("{}'{}: {}' names no parameter of its pattern", who, key, text), {}, ""};
      continue;
    }
    std::vector<std::string> names;
    size_t field = 0;
    for (; field < table.fields.size() && key != table.fields[field].name; ++field)
      names.emplace_back(table.fields[field].name);
    if (field == table.fields.size()) {
      Diagnostic error = unknown_name({}, "field", key, names);
      error.what = who + error.what;
      return error;
    }
    bool is_scalar = false;
    for (size_t i = 0; key == "imm" && i < declaration.pattern.scalars.size(); ++i) {
      if (declaration.pattern.scalars[i]->name != text) continue;
      emission.imm = static_cast<int>(i);
      is_scalar = true;
    }
    if (is_scalar) continue;
    const auto value = field_value(table.fields[field], text);
    if (!value) return Diagnostic{{}, fmt::format("{}'{}: {}' is no value of the field", who, key, text), {}, ""};
    values[field] = *value;
  }
  emission.prototype = isa::make_instruction(static_cast<isa::Opcode>(table.opcode), values);
  if (emission.dst < 0)
    return Diagnostic{{}, who + "its emission names no dst", {}, "add 'dst' with the written parameter of the pattern"};
  return emission;
}

}  // namespace tandem::codegen
