#include "isa/manual.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "isa/instruction.h"

namespace tandem::isa {
namespace {

std::string upper(const char* text) {
  std::string result = text;
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return result;
}

/// A table cell: '|' would end it.
std::string cell(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if (c == '|') result += '\\';
    result += c;
  }
  return result;
}

std::string bit_range(const FieldPlace& place) {
  if (place.width == 1) return fmt::format("{}", place.lsb);
  return fmt::format("{}:{}", place.lsb + place.width - 1, place.lsb);
}

/// What else a field demands.
std::string remark(const FieldInfo& field) {
  std::string text;
  if (*field.needs != '\0') text += fmt::format("; needs `{}` of at least 1", field.needs);
  if (*field.excludes != '\0') text += fmt::format("; not together with {}", field.excludes);
  return text;
}

std::string field_table(const std::vector<FieldInfo>& fields, const std::vector<FieldPlace>& places, size_t first) {
  std::string text = "| field | bits | width | |\n|---|---|---|---|\n";
  for (size_t i = first; i < fields.size(); ++i) {
    text += fmt::format("| {} | {} | {}{} | {} |\n", fields[i].name, bit_range(places[i]), cell(fields[i].width),
                        fields[i].aligned ? ", from a new word" : "", cell(fields[i].doc) + remark(fields[i]));
  }
  return text;
}

const char* engine_text(EngineRule rule) {
  switch (rule) {
    case EngineRule::kLoad:
      return "load";
    case EngineRule::kCompute:
      return "compute";
    case EngineRule::kStore:
      return "store";
    case EngineRule::kMemory:
      return "that of the memory";
    case EngineRule::kState:
      return "that of the state";
    case EngineRule::kNone:
      break;
  }
  return "-";
}

/// The fields that all instructions begin with.
size_t common_fields() {
  const std::vector<InstructionInfo>& infos = instruction_infos();
  size_t count = infos.front().fields.size();
  for (const InstructionInfo& entry : infos) count = std::min(count, entry.fields.size());
  return count;
}

std::string instructions_text(const Codec& codec) {
  const size_t common = common_fields();
  const InstructionInfo& any = instruction_infos().front();
  const std::vector<FieldInfo> shared(any.fields.begin(), any.fields.begin() + static_cast<std::ptrdiff_t>(common));
  std::string text =
      "## Instructions\n\nIn the assembly, a name in braces stands for the field's value (with `:x` in hexadecimal), a "
      "bare word after the "
      "instruction's name is a flag that is written where it is set, and a group that ends in `?` is left out where "
      "its fields are "
      "zero; groups come in any order and hold no blanks. Every instruction begins with these fields, whose flags come "
      "last:\n\n";
  text += field_table(shared, codec.places(any.opcode), 0);
  for (const InstructionInfo& entry : instruction_infos()) {
    const bool extension = entry.fields.size() > common && entry.fields[common].kind == FieldKind::kExtension;
    text += fmt::format("\n### {}: opcode {}{}, engine {}\n\n{}\n", upper(entry.name), entry.opcode % kExtensionStep,
                        extension ? fmt::format(" with extension {}", entry.opcode / kExtensionStep) : "",
                        engine_text(entry.engine), entry.doc);
    if (*entry.needs != '\0') text += fmt::format("\nNeeds `{}` of at least 1.\n", entry.needs);
    if (entry.fields.size() > common) text += "\n" + field_table(entry.fields, codec.places(entry.opcode), common);
    text += fmt::format("\nAssembly: `{}{}{}`\n", entry.name, entry.assembly[0] == '\0' ? "" : " ", entry.assembly);
  }
  return text;
}

std::string memories_text(const HwConfig& config) {
  std::string text =
      "\n## Memories\n\n| mem_type | name | element: lanes x bits | bytes | entries | loaded by | "
      "|\n|---|---|---|---|---|---|---|\n";
  for (const MemoryInfo& memory : memory_infos()) {
    const auto id = static_cast<Memory>(memory.mem_type);
    text += fmt::format("| {} | {} (`{}`) | {} x {} | {} | {} | {} | {} |\n", memory.mem_type, memory.title,
                        memory.name, memory.lanes, memory.lane_bits, config.element_bytes(id), config.depth(id),
                        engine_text(memory.load_engine), cell(memory.doc));
  }
  return text;
}

std::string states_text() {
  std::string text =
      "\n## States\n\nCONFIG sets them; all are zero when a run starts.\n\n| state | name | engine | bits | "
      "|\n|---|---|---|---|---|\n";
  for (const StateInfo& state : state_infos()) {
    text += fmt::format("| {} | {} | {} | {} | {} |\n", state.code, state.name, engine_text(state.engine), state.bits,
                        cell(state.doc));
  }
  return text;
}

std::string operations_text(bool extended) {
  std::string text = fmt::format("\n## {} operations\n\n| {} | name | result | |\n|---|---|---|---|\n",
                                 extended ? "ALU_EXTENDED" : "ALU", extended ? "operation" : "opcode");
  for (const AluOpInfo& op : alu_op_infos()) {
    if ((op.code >= kFirstExtendedAluOp) != extended) continue;
    text += fmt::format("| {} | {} | `{}` | {} |\n", op.code - (extended ? kFirstExtendedAluOp : 0), op.name,
                        cell(op.expression), cell(op.doc));
  }
  return text;
}

std::string scalar_text() {
  std::string text = operations_text(false) + operations_text(true);
  text +=
      "\n## Scalar built-ins\n\nArithmetic wraps at the type of its operands; shifts use their amount modulo the bits "
      "of the left operand; i8(x), "
      "i32(x) and i64(x) keep the low bits or sign-extend.\n\n| built-in | value | |\n|---|---|---|\n";
  for (const BuiltinInfo& builtin : builtin_infos()) {
    std::string arguments;
    for (const auto& [name, type] : builtin.arguments)
      arguments += fmt::format("{}{}: {}", arguments.empty() ? "" : ", ", name, type);
    text += fmt::format("| {}({}): {} | `{}` | {} |\n", builtin.name, arguments, builtin.result,
                        cell(builtin.expression), cell(builtin.doc));
  }
  return text;
}

}  // namespace

std::string manual() {
  const HwConfig config;
  const Codec codec(config);
  std::string text = fmt::format(
      "# Instruction set\n\nWritten from `isa/isa.yaml` by `ninja isa_manual`; do not edit. Bits, bytes and entries "
      "are those of the default "
      "configuration, where an instruction has {} bits and a micro-op {}; other configurations follow from the "
      "widths.\n\n"
      "Fields lie in order from bit 0 and never straddle a 64-bit word. All instructions have the width of the widest "
      "one: at least 128 bits, in "
      "steps of 64. A micro-op has 32 bits where its fields fit, else 64. Bits that no field covers must be zero.\n\n",
      codec.instruction_bytes() * 8, codec.uop_bytes() * 8);
  text += instructions_text(codec);
  text += fmt::format("\n## Micro-op\n\n{}\n\n{}", uop_doc(), field_table(uop_field_infos(), codec.uop_places(), 0));
  text += memories_text(config) + states_text();
  text += "\n`uop_bits` is the width of a micro-op.\n\n## Widths\n\n| width or parameter | bits | |\n|---|---|---|\n";
  for (const WidthInfo& width : width_infos()) {
    text += fmt::format("| {} | {} | {} |\n", width.name, cell(width.expression), cell(width.doc));
  }
  return text + scalar_text();
}

}  // namespace tandem::isa
