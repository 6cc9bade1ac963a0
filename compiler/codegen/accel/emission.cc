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
  if (field.kind == isa::FieldKind::kAluOp) {
    for (const isa::AluOpInfo& op : isa::alu_op_infos()) {
      if (text == op.name) return op.code;
    }
    return std::nullopt;
  }
  return parse_number(text);
}

}  // namespace

Result<Emission> resolve_emission(const tensorize::IntrinsicDeclaration& declaration) {
  const std::string who = fmt::format("intrinsic '{}': ", declaration.name);
  const auto instruction = declaration.emission.find("instruction");
  if (instruction == declaration.emission.end())
    return Diagnostic{{}, who + "its emission names no instruction", {"gemm", "alu"}, ""};
  if (instruction->second != "gemm" && instruction->second != "alu") {
    Diagnostic error = unknown_name({}, "instruction", instruction->second, {"gemm", "alu"});
    error.what = who + error.what;
    return error;
  }
  Emission emission;
  const bool is_gemm = instruction->second == "gemm";
  emission.prototype = is_gemm ? isa::Instruction(isa::Gemm{}) : isa::Instruction(isa::Alu{});
  const isa::InstructionInfo& table = isa::info(emission.prototype);
  isa::FieldValues values = isa::field_values(emission.prototype);
  for (const auto& [key, text] : declaration.emission) {
    if (key == "instruction") continue;
    int* operand = key == "dst" ? &emission.dst : key == "src" ? &emission.src : key == "wgt" ? &emission.wgt : nullptr;
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
  emission.prototype = isa::make_instruction(is_gemm ? isa::Opcode::kGemm : isa::Opcode::kAlu, values);
  if (emission.dst < 0)
    return Diagnostic{{}, who + "its emission names no dst", {}, "add 'dst' with the written parameter of the pattern"};
  return emission;
}

}  // namespace tandem::codegen
