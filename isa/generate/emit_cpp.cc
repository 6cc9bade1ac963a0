// C++: the memories, and the instructions as structs with their tables.
#include <fmt/format.h>

#include <algorithm>

#include "isa/generate/emit.h"

namespace tandem::isa::generate {
namespace {

std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += c;
  }
  return result + "\"";
}

std::string member_type(const Field& field) {
  switch (field.kind) {
    case FieldKind::kFlag:
      return "bool";
    case FieldKind::kUnsigned:
      return "uint32_t";
    case FieldKind::kSigned:
      return "int32_t";
    case FieldKind::kMemory:
      return "Memory";
    case FieldKind::kAluOp:
    case FieldKind::kAluOpExtended:
      return "AluOp";
    case FieldKind::kState:
      return "State";
    case FieldKind::kOpcode:
    case FieldKind::kExtension:
    case FieldKind::kZero:
      break;
  }
  return "";
}

bool is_member(const Field& field) { return !member_type(field).empty(); }

std::string initial_value(const Table& table, const Field& field) {
  switch (field.kind) {
    case FieldKind::kFlag:
      return "false";
    case FieldKind::kMemory:
      return "Memory::k" + upper_camel(field.memories.front());
    case FieldKind::kAluOp:
    case FieldKind::kAluOpExtended: {
      const bool extended = field.kind == FieldKind::kAluOpExtended;
      const auto first = std::find_if(table.alu_operations.begin(), table.alu_operations.end(),
                                      [&](const AluOperation& operation) { return operation.extended() == extended; });
      return "AluOp::k" + upper_camel(first->name);
    }
    case FieldKind::kState:
      return "State::k" + upper_camel(table.states.front().name);
    default:
      return "0";
  }
}

std::string kind_name(FieldKind kind) {
  switch (kind) {
    case FieldKind::kOpcode:
      return "FieldKind::kOpcode";
    case FieldKind::kFlag:
      return "FieldKind::kFlag";
    case FieldKind::kUnsigned:
      return "FieldKind::kUnsigned";
    case FieldKind::kSigned:
      return "FieldKind::kSigned";
    case FieldKind::kMemory:
      return "FieldKind::kMemory";
    case FieldKind::kAluOp:
      return "FieldKind::kAluOp";
    case FieldKind::kAluOpExtended:
      return "FieldKind::kAluOpExtended";
    case FieldKind::kState:
      return "FieldKind::kState";
    case FieldKind::kExtension:
      return "FieldKind::kExtension";
    case FieldKind::kZero:
      return "FieldKind::kZero";
  }
  return "";
}

int64_t memory_mask(const Table& table, const Field& field) {
  int64_t mask = 0;
  for (const std::string& name : field.memories) {
    const auto found = std::find_if(table.memories.begin(), table.memories.end(),
                                    [&](const Memory& memory) { return memory.name == name; });
    TANDEM_CHECK(found != table.memories.end(),
                 fmt::format("isa.yaml: field {} lists unknown memory {}", field.name, name));
    mask |= int64_t{1} << found->mem_type;
  }
  return mask;
}

size_t max_fields(const Table& table) {
  size_t most = table.uop_fields.size();
  for (const Instruction& instruction : table.instructions) most = std::max(most, instruction.fields.size());
  return most;
}

std::string instruction_struct(const Table& table, const Instruction& instruction) {
  std::string text = fmt::format("\n/// {}\nstruct {} {{\n", instruction.doc, upper_camel(instruction.name));
  std::string equal;
  for (const Field& field : instruction.fields) {
    if (!is_member(field)) continue;
    text +=
        fmt::format("  {} {} = {};  ///< {}\n", member_type(field), field.name, initial_value(table, field), field.doc);
    equal += fmt::format("{}{} == other.{}", equal.empty() ? "" : " && ", field.name, field.name);
  }
  text += fmt::format("\n  bool operator==(const {}& other) const {{ return {}; }}\n}};\n",
                      upper_camel(instruction.name), equal);
  return text;
}

/// A function of the configuration for every parameter and width, each computing only what it needs: the depth of a
/// buffer follows from the size of its element, which for micro-ops follows from the depths of the other buffers.
std::string width_functions(const Table& table, std::vector<std::string>& calls) {
  std::string text =
      "int64_t clog2(int64_t value) {\n  int64_t result = 0;\n  while ((int64_t{1} << result) < value) ++result;\n"
      "  return result;\n}\n\n";
  for (const Parameter& parameter : table.parameters) {
    text += fmt::format("int64_t {}(const HwConfig& config) {{ return {}; }}\n", parameter.name, parameter.value);
    calls.push_back(parameter.name + "(config)");
  }
  calls.emplace_back("uop_bits(config)");
  for (const Width& width : table.widths) {
    text += fmt::format("int64_t {}(const HwConfig& config) {{ return {}; }}\n", width.name,
                        nested(width.value.tree, calls, "clog2"));
    calls.push_back(width.name + "(config)");
  }
  return text;
}

std::string field_table(const Table& table, const std::vector<Field>& fields, const std::string& indent) {
  std::string text;
  for (const Field& field : fields) {
    text += fmt::format("{}{{{}, {}, {}, {}, {}u, {}, {}, {}, {}}},\n", indent, quoted(field.name),
                        kind_name(field.kind), field.aligned, field.zero, memory_mask(table, field),
                        quoted(field.needs), quoted(field.excludes), quoted(field.width.text), quoted(field.doc));
  }
  return text;
}

std::string width_list(const std::vector<Field>& fields, const std::vector<std::string>& calls) {
  std::string text;
  for (const Field& field : fields) {
    text += fmt::format("{}static_cast<int>({})", text.empty() ? "" : ", ", nested(field.width.tree, calls, "clog2"));
  }
  return "{" + text + "}";
}

std::string value_conversions(const Table& table) {
  std::string to = "FieldValues field_values(const Instruction& instruction) {\n  FieldValues values{};\n";
  std::string code = "Opcode opcode_of(const Instruction& instruction) {\n";
  std::string from = "Instruction make_instruction(Opcode opcode, const FieldValues& values) {\n  switch (opcode) {\n";
  for (const Instruction& instruction : table.instructions) {
    const std::string type = upper_camel(instruction.name);
    to += fmt::format("  if (const auto* {0} = std::get_if<{1}>(&instruction)) {{\n", instruction.name, type);
    from += fmt::format("    case Opcode::k{0}: {{\n      {0} result;\n", type);
    code += fmt::format("  if (std::holds_alternative<{0}>(instruction)) return Opcode::k{0};\n", type);
    for (size_t i = 0; i < instruction.fields.size(); ++i) {
      const Field& field = instruction.fields[i];
      if (field.kind == FieldKind::kOpcode) {
        to += fmt::format("    values[{}] = {};\n", i, instruction.opcode);
      } else if (field.kind == FieldKind::kExtension) {
        to += fmt::format("    values[{}] = {};\n", i, instruction.extension);
      } else if (field.kind == FieldKind::kAluOpExtended) {
        to += fmt::format("    values[{}] = static_cast<int64_t>({}->{}) - kFirstExtendedAluOp;\n", i, instruction.name,
                          field.name);
        from += fmt::format("      result.{} = static_cast<AluOp>(values[{}] + kFirstExtendedAluOp);\n", field.name, i);
      } else if (is_member(field)) {
        to += fmt::format("    values[{}] = static_cast<int64_t>({}->{});\n", i, instruction.name, field.name);
        from += fmt::format("      result.{} = static_cast<{}>(values[{}]);\n", field.name, member_type(field), i);
      }
    }
    to += "  }\n";
    from += "      return result;\n    }\n";
  }
  to += "  return values;\n}\n";
  from += "  }\n  return Finish{};\n}\n";
  code += "  return Opcode::kFinish;\n}\n";
  return to + "\n" + from + "\n" + code;
}

std::string enumeration(const std::string& name, const std::vector<std::pair<std::string, int64_t>>& values) {
  std::string text = fmt::format("enum class {} {{\n", name);
  for (const auto& [value, code] : values) text += fmt::format("  k{} = {},\n", upper_camel(value), code);
  return text + "};\n";
}

/// The functions of isa/instruction_info.h that give the table's entries.
std::string info_tables(const Table& table) {
  std::string text;
  text += "const std::vector<WidthInfo>& width_infos() {\n  static const std::vector<WidthInfo> infos = {\n";
  for (const Parameter& parameter : table.parameters) {
    text += fmt::format("      {{{}, \"\", {}}},\n", quoted(parameter.name), quoted(parameter.doc));
  }
  for (const Width& width : table.widths) {
    text += fmt::format("      {{{}, {}, {}}},\n", quoted(width.name), quoted(width.value.text), quoted(width.doc));
  }
  text += "  };\n  return infos;\n}\n\n";
  text += fmt::format("const char* uop_doc() {{ return {}; }}\n\n", quoted(table.uop_doc));
  text +=
      "const std::vector<InstructionInfo>& instruction_infos() {\n  static const std::vector<InstructionInfo> infos = "
      "{\n";
  for (const Instruction& instruction : table.instructions) {
    text += fmt::format("      {{{}, {}, EngineRule::k{}, {}, {},\n       {},\n       {{\n{}       }}}},\n",
                        quoted(instruction.name), instruction.code(), upper_camel(instruction.engine),
                        quoted(instruction.needs), quoted(instruction.doc), quoted(instruction.assembly),
                        field_table(table, instruction.fields, "           "));
  }
  text += "  };\n  return infos;\n}\n\n";
  text += fmt::format(
      "const std::vector<FieldInfo>& uop_field_infos() {{\n  static const std::vector<FieldInfo> infos = {{\n{}  }};\n"
      "  return infos;\n}}\n\n",
      field_table(table, table.uop_fields, "      "));
  text += "const std::vector<MemoryInfo>& memory_infos() {\n  static const std::vector<MemoryInfo> infos = {\n";
  for (const Memory& memory : table.memories) {
    const std::string rule = memory.load_engine.empty() ? "None" : upper_camel(memory.load_engine);
    text += fmt::format("      {{{}, {}, {}, EngineRule::k{}, {}, {}, {}, {}}},\n", quoted(memory.name),
                        quoted(memory.title), memory.mem_type, rule, quoted(memory.needs), quoted(memory.lanes.text),
                        quoted(memory.lane_bits.text), quoted(memory.doc));
  }
  text += "  };\n  return infos;\n}\n\n";
  text += "const std::vector<StateInfo>& state_infos() {\n  static const std::vector<StateInfo> infos = {\n";
  for (const State& state : table.states) {
    text += fmt::format("      {{{}, {}, EngineRule::k{}, {}, {}}},\n", quoted(state.name), state.code,
                        upper_camel(state.engine), state.bits, quoted(state.doc));
  }
  text += "  };\n  return infos;\n}\n\n";
  text += "const std::vector<AluOpInfo>& alu_op_infos() {\n  static const std::vector<AluOpInfo> infos = {\n";
  for (const AluOperation& operation : table.alu_operations) {
    text += fmt::format("      {{{}, {}, {}, {}}},\n", quoted(operation.name), operation.code, quoted(operation.text),
                        quoted(operation.doc));
  }
  text += "  };\n  return infos;\n}\n\n";
  text += "const std::vector<BuiltinInfo>& builtin_infos() {\n  static const std::vector<BuiltinInfo> infos = {\n";
  for (const Builtin& builtin : table.builtins) {
    std::string arguments;
    for (const ScalarArgument& argument : builtin.function.arguments) {
      arguments += fmt::format("{}{{{}, {}}}", arguments.empty() ? "" : ", ", quoted(argument.name),
                               quoted(name(argument.type)));
    }
    text += fmt::format("      {{{}, {{{}}}, {}, {}, {}}},\n", quoted(builtin.name), arguments,
                        quoted(name(builtin.function.result)), quoted(builtin.text), quoted(builtin.doc));
  }
  text += "  };\n  return infos;\n}\n\n";
  return text;
}

std::string uop_conversions(const Table& table) {
  std::string text;
  text += "\nFieldValues field_values(const Uop& uop) {\n  FieldValues values{};\n";
  std::string from;
  for (size_t i = 0; i < table.uop_fields.size(); ++i) {
    text += fmt::format("  values[{}] = uop.{};\n", i, table.uop_fields[i].name);
    from += fmt::format("  uop.{} = static_cast<uint32_t>(values[{}]);\n", table.uop_fields[i].name, i);
  }
  text += fmt::format(
      "  return values;\n}}\n\nUop make_uop(const FieldValues& values) {{\n  Uop uop;\n{}  return uop;\n}}\n\n", from);
  return text;
}

}  // namespace

std::string emit_memory_header(const Table& table) {
  std::vector<std::pair<std::string, int64_t>> values;
  for (const Memory& memory : table.memories) values.emplace_back(memory.name, memory.mem_type);
  std::string text = kBanner;
  text +=
      "// The scratchpads and what LOAD and STORE can name; the values are the mem_type of the encoding.\n#pragma "
      "once\n\n";
  return text + "namespace tandem::isa {\n\n" + enumeration("Memory", values) + "\n}  // namespace tandem::isa\n";
}

std::string emit_instruction_header(const Table& table) {
  std::vector<std::pair<std::string, int64_t>> opcodes;
  std::vector<std::pair<std::string, int64_t>> operations_codes;
  std::vector<std::pair<std::string, int64_t>> states;
  std::string variants;
  for (const Instruction& instruction : table.instructions) {
    opcodes.emplace_back(instruction.name, instruction.code());
    variants += fmt::format("{}{}", variants.empty() ? "" : ", ", upper_camel(instruction.name));
  }
  for (const AluOperation& operation : table.alu_operations)
    operations_codes.emplace_back(operation.name, operation.code);
  for (const State& state : table.states) states.emplace_back(state.name, state.code);
  std::string text = kBanner;
  text +=
      "// The instructions as structs, and the table behind them. isa/instruction.h adds encoding and is what users "
      "include.\n"
      "#pragma once\n\n#include <array>\n#include <cstdint>\n#include <variant>\n#include <vector>\n\n"
      "#include \"isa/hw_config.h\"\n#include \"isa/instruction_info.h\"\n\nnamespace tandem::isa {\n\n";
  text += fmt::format(
      "/// An instruction with the extension bit set has its op field plus this.\n"
      "inline constexpr int64_t kExtensionStep = {};\n{}\n"
      "/// Operations from this code on belong to ALU_EXTENDED, whose field holds the code less this.\n"
      "inline constexpr int64_t kFirstExtendedAluOp = {};\n{}\n/// What CONFIG sets.\n{}",
      kExtensionStep, enumeration("Opcode", opcodes), kFirstExtendedAluOp, enumeration("AluOp", operations_codes),
      enumeration("State", states));
  for (const Instruction& instruction : table.instructions) text += instruction_struct(table, instruction);
  text += fmt::format("\nusing Instruction = std::variant<{}>;\n", variants);
  text += fmt::format("\n/// {}\nstruct Uop {{\n", table.uop_doc);
  std::string equal;
  for (const Field& field : table.uop_fields) {
    text += fmt::format("  uint32_t {} = 0;  ///< {}\n", field.name, field.doc);
    equal += fmt::format("{}{} == other.{}", equal.empty() ? "" : " && ", field.name, field.name);
  }
  text += fmt::format("\n  bool operator==(const Uop& other) const {{ return {}; }}\n}};\n", equal);
  text += fmt::format(
      "\nOpcode opcode_of(const Instruction& instruction);\n"
      "\n/// The values of an instruction's fields in table order as they are encoded, the op field first.\n"
      "using FieldValues = std::array<int64_t, {}>;\nFieldValues field_values(const Instruction& instruction);\n"
      "Instruction make_instruction(Opcode opcode, const FieldValues& values);\n"
      "FieldValues field_values(const Uop& uop);\nUop make_uop(const FieldValues& values);\n\n}}  // namespace "
      "tandem::isa\n",
      max_fields(table));
  return text;
}

std::string emit_instruction_source(const Table& table) {
  std::vector<std::string> calls;
  std::string text = kBanner;
  text +=
      "#include \"isa/instruction_set.h\"\n\nnamespace tandem::isa {\nnamespace {\n\nint64_t uop_bits(const HwConfig& "
      "config);\n";
  text += width_functions(table, calls);
  std::string sum;
  for (const Field& field : table.uop_fields) {
    sum += fmt::format("{}{}", sum.empty() ? "" : " + ", nested(field.width.tree, calls, "clog2"));
  }
  text += fmt::format(
      "int64_t uop_bits(const HwConfig& config) {{ return {} <= 32 ? 32 : 64; }}\n\n}}  // namespace\n\n", sum);

  text += info_tables(table);
  text += "std::vector<int> field_widths(const HwConfig& config, int64_t opcode) {\n";
  for (const Instruction& instruction : table.instructions) {
    text += fmt::format("  if (opcode == {}) return {};\n", instruction.code(), width_list(instruction.fields, calls));
  }
  text += fmt::format(
      "  return {{}};\n}}\n\nstd::vector<int> uop_field_widths(const HwConfig& config) {{\n  return {};\n}}\n\n",
      width_list(table.uop_fields, calls));
  text += "int64_t uop_size_bits(const HwConfig& config) { return uop_bits(config); }\n\n";
  for (const bool lanes : {true, false}) {
    text += fmt::format("int64_t {}(const HwConfig& config, Memory memory) {{\n  switch (memory) {{\n",
                        lanes ? "lane_count" : "lane_bits");
    for (const Memory& memory : table.memories) {
      std::string value = nested((lanes ? memory.lanes : memory.lane_bits).tree, calls, "clog2");
      text += fmt::format("    case Memory::k{}: {}return {};\n", upper_camel(memory.name),
                          value.find("config") == std::string::npos ? "static_cast<void>(config); " : "", value);
    }
    text += "  }\n  return 0;\n}\n\n";
  }
  text += value_conversions(table);
  text += uop_conversions(table);
  return text + "}  // namespace tandem::isa\n";
}

}  // namespace tandem::isa::generate
