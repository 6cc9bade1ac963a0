#include "isa/field_edit.h"

namespace tandem::isa {
namespace {

std::optional<size_t> place_of(const Instruction& instruction, const std::string& name) {
  const std::vector<FieldInfo>& fields = info(instruction).fields;
  for (size_t i = 0; i < fields.size(); ++i) {
    if (name == fields[i].name) return i;
  }
  return std::nullopt;
}

}  // namespace

std::optional<int64_t> field(const Instruction& instruction, const std::string& name) {
  const std::optional<size_t> place = place_of(instruction, name);
  if (!place) return std::nullopt;
  return field_values(instruction)[*place];
}

bool set_field(Instruction& instruction, const std::string& name, int64_t value) {
  const std::optional<size_t> place = place_of(instruction, name);
  if (!place) return false;
  FieldValues values = field_values(instruction);
  values[*place] = value;
  instruction = make_instruction(opcode_of(instruction), values);
  return true;
}

}  // namespace tandem::isa
