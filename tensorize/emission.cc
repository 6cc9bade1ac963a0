#include "tensorize/emission.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <optional>

namespace tandem::tensorize {
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

const std::vector<std::string> kOperandFields = {"dst", "src", "wgt", "prm"};

bool is_operand_field(const std::string& key) {
  return std::find(kOperandFields.begin(), kOperandFields.end(), key) != kOperandFields.end();
}

/// The instructions of the compute engine that have a destination.
std::map<std::string, isa::Instruction> prototypes() {
  std::map<std::string, isa::Instruction> found;
  for (const isa::Instruction& prototype :
       {isa::Instruction(isa::Gemm{}), isa::Instruction(isa::Alu{}), isa::Instruction(isa::Mac{}),
        isa::Instruction(isa::Requantize{}), isa::Instruction(isa::AluExtended{})}) {
    found.emplace(isa::info(prototype).name, prototype);
  }
  return found;
}

const isa::StateInfo* compute_state(const std::string& name) {
  for (const isa::StateInfo& state : isa::state_infos()) {
    if (state.engine == isa::EngineRule::kCompute && name == state.name) return &state;
  }
  return nullptr;
}

std::optional<size_t> scalar_of(const loop::Kernel& pattern, const std::string& name) {
  for (size_t i = 0; i < pattern.scalars.size(); ++i) {
    if (pattern.scalars[i]->name == name) return i;
  }
  return std::nullopt;
}

void add_need(std::vector<std::string>& needs, const std::string& need) {
  if (!need.empty() && std::find(needs.begin(), needs.end(), need) == needs.end()) needs.push_back(need);
}

/// Where the operand in `field` lives, what the field counts, and what a step does with it.
AccelOperand role_of(const isa::Instruction& instruction, const std::string& field, const isa::HwConfig& hardware) {
  using isa::Memory;
  const auto* gemm = std::get_if<isa::Gemm>(&instruction);
  const auto* mac = std::get_if<isa::Mac>(&instruction);
  const auto* alu = std::get_if<isa::Alu>(&instruction);
  const auto* extended = std::get_if<isa::AluExtended>(&instruction);
  const auto* requantize = std::get_if<isa::Requantize>(&instruction);
  AccelOperand role;
  role.field = field;
  if (field == "dst") {
    role.memory = requantize && !requantize->keep ? Memory::kOut : Memory::kAcc;
    role.is_written = true;
    role.is_read = alu || extended || (gemm && !gemm->reset && !gemm->overwrite) || (mac && !mac->overwrite);
  } else if (field == "src") {
    role.memory = gemm || mac ? Memory::kInp : Memory::kAcc;
    role.is_read = !(alu && alu->use_imm) && !(extended && extended->use_imm);
  } else {
    role.memory = field == "wgt" ? Memory::kWgt : Memory::kPrm;
    role.is_read = true;
  }
  role.lanes = isa::lane_count(hardware, role.memory);
  if (role.memory == Memory::kPrm) role.lanes = role.lanes * isa::lane_bits(hardware, role.memory) / 32;  // in words
  if (mac && mac->depthwise && role.memory != Memory::kAcc) {
    role.count = std::max<int64_t>(1, hardware.depthwise_width());
    if (field == "wgt") role.lanes = hardware.block_out;
  }
  return role;
}

Result<void> check_operand(const AccelOperand& operand, const loop::Kernel& pattern, const SourceLocation& where) {
  const loop::Buffer& buffer = *pattern.params[operand.param].buffer;
  const std::string scope = isa::info(operand.memory).name;
  if (buffer.scope != scope) {
    return Diagnostic{where,
                      fmt::format("the instruction has its {} in '{}', the pattern's '{}' lives in '{}'", operand.field,
                                  scope, buffer.name, buffer.scope),
                      {},
                      fmt::format("declare '{}' in {}", buffer.name, scope)};
  }
  const loop::Type type =
      operand.memory == isa::Memory::kAcc || operand.memory == isa::Memory::kPrm ? loop::Type::kI32 : loop::Type::kI8;
  if (buffer.type != type) {
    return Diagnostic{where,
                      fmt::format("'{}' holds {} values, the pattern's '{}' {}", scope, loop::name(type), buffer.name,
                                  loop::name(buffer.type)),
                      {},
                      ""};
  }
  const int64_t wanted = operand.lanes * operand.count;
  if (element_count(buffer.shape) == wanted) return {};
  return Diagnostic{where,
                    fmt::format("a step has {} values of {}, the pattern's '{}' {} ({})", wanted, operand.field,
                                buffer.name, element_count(buffer.shape), to_string(buffer.shape)),
                    {},
                    ""};
}

}  // namespace

const AccelOperand* AccelEmission::find(const std::string& field) const {
  const auto found = std::find_if(operands.begin(), operands.end(),
                                  [&](const AccelOperand& operand) { return operand.field == field; });
  return found == operands.end() ? nullptr : &*found;
}

Result<AccelEmission> read_accel_emission(const YamlNode& node, const loop::Kernel& pattern,
                                          const isa::HwConfig& hardware, std::vector<std::string>& needs) {
  if (!node.is_map()) return Diagnostic{node.where(), "'emission' must be a map of fields", {}, ""};
  TANDEM_ASSIGN(const YamlNode instruction, node.at("instruction"));
  TANDEM_ASSIGN(const std::string instruction_name, instruction.text());
  const std::map<std::string, isa::Instruction> known = prototypes();
  const auto found = known.find(instruction_name);
  if (found == known.end()) {
    std::vector<std::string> names;
    for (const auto& [name, prototype] : known) names.push_back(name);
    return unknown_name(instruction.where(), "instruction", instruction_name, std::move(names));
  }
  AccelEmission emission;
  const isa::InstructionInfo& table = isa::info(found->second);
  add_need(needs, table.needs);
  isa::FieldValues values = isa::field_values(found->second);
  std::vector<bool> used(pattern.scalars.size(), false);
  for (const auto& [key, value] : node.entries()) {
    if (key == "instruction" || is_operand_field(key)) continue;
    TANDEM_ASSIGN(const std::string text, value.text());
    const std::optional<size_t> scalar = scalar_of(pattern, text);
    if (const isa::StateInfo* state = compute_state(key)) {
      if (!scalar) {
        return Diagnostic{
            value.where(), fmt::format("state '{}' gets a scalar of the pattern, '{}' is none", key, text), {}, ""};
      }
      emission.states.emplace(static_cast<isa::State>(state->code), *scalar);
      used[*scalar] = true;
      add_need(needs, isa::info(isa::Opcode::kConfig).needs);
      continue;
    }
    std::vector<std::string> names;
    size_t field = 0;
    for (; field < table.fields.size() && key != table.fields[field].name; ++field)
      names.emplace_back(table.fields[field].name);
    if (field == table.fields.size()) {
      names.insert(names.end(), kOperandFields.begin(), kOperandFields.end());
      for (const isa::StateInfo& state : isa::state_infos()) names.emplace_back(state.name);
      return unknown_name(value.where(), "field", key, std::move(names));
    }
    if (key == "imm" && scalar) {
      emission.imm = static_cast<int>(*scalar);
      used[*scalar] = true;
      continue;
    }
    const std::optional<int64_t> number = field_value(table.fields[field], text);
    if (!number) {
      std::vector<std::string> legal;
      for (const isa::FieldCode& code : isa::known_codes(table.fields[field])) legal.emplace_back(code.name);
      return Diagnostic{value.where(), fmt::format("'{}' is no value of the field '{}'", text, key), std::move(legal),
                        ""};
    }
    values[field] = *number;
    if (*number != 0) add_need(needs, table.fields[field].needs);
  }
  emission.prototype = isa::make_instruction(static_cast<isa::Opcode>(table.opcode), values);
  for (size_t i = 0; i < used.size(); ++i) {
    if (used[i]) continue;
    return Diagnostic{node.where(),
                      fmt::format("the emission does not use the pattern's scalar '{}'", pattern.scalars[i]->name),
                      {},
                      "give it a field or a state"};
  }
  // A unit that is not there has no shape to compare with.
  const bool is_there = std::none_of(needs.begin(), needs.end(),
                                     [&](const std::string& need) { return isa::parameter(hardware, need) == 0; });
  std::vector<bool> placed(pattern.params.size(), false);
  for (const auto& [key, value] : node.entries()) {
    if (!is_operand_field(key)) continue;
    TANDEM_ASSIGN(const std::string text, value.text());
    AccelOperand operand = role_of(emission.prototype, key, hardware);
    std::vector<std::string> names;
    bool known_param = false;
    for (size_t i = 0; i < pattern.params.size(); ++i) {
      names.push_back(pattern.params[i].buffer->name);
      if (names.back() != text) continue;
      operand.param = i;
      placed[i] = known_param = true;
    }
    if (!known_param) return unknown_name(value.where(), "parameter of the pattern", text, std::move(names));
    if (is_there) TANDEM_TRY(check_operand(operand, pattern, value.where()));
    emission.operands.push_back(operand);
  }
  for (size_t i = 0; i < placed.size(); ++i) {
    if (placed[i]) continue;
    return Diagnostic{
        node.where(),
        fmt::format("the emission does not use the pattern's parameter '{}'", pattern.params[i].buffer->name),
        kOperandFields, "give it a field"};
  }
  if (!emission.find("dst")) {
    return Diagnostic{
        node.where(), "the emission names no dst", {}, "add 'dst' with the written parameter of the pattern"};
  }
  return emission;
}

}  // namespace tandem::tensorize
