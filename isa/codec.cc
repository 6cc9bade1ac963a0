// Encoding and decoding of instructions and micro-ops by the derived layout of a hardware configuration.
#include <fmt/format.h>

#include <algorithm>

#include "isa/instruction.h"

namespace tandem::isa {
namespace {

constexpr int kWordBits = 64;

uint64_t low_bits(int width) { return width >= kWordBits ? ~uint64_t{0} : (uint64_t{1} << width) - 1; }

int round_up_to_word(int bits) { return (bits + kWordBits - 1) / kWordBits * kWordBits; }

/// The layout rule of isa.yaml: in order, never straddling a word.
std::vector<FieldPlace> lay_out(const std::vector<FieldInfo>& fields, const std::vector<int>& widths) {
  std::vector<FieldPlace> places;
  int end = 0;
  for (size_t i = 0; i < fields.size(); ++i) {
    const bool straddles = end % kWordBits + widths[i] > kWordBits;
    const int lsb = fields[i].aligned || straddles ? round_up_to_word(end) : end;
    places.push_back({lsb, widths[i]});
    end = lsb + widths[i];
  }
  return places;
}

struct Range {
  int64_t low;
  int64_t high;
};

Range range_of(const FieldInfo& field, const FieldPlace& place) {
  if (field.zero || field.kind == FieldKind::kZero) return {0, 0};
  if (field.kind == FieldKind::kSigned)
    return {-(int64_t{1} << (place.width - 1)), (int64_t{1} << (place.width - 1)) - 1};
  return {0, static_cast<int64_t>(low_bits(place.width))};
}

std::string misfit(const std::vector<FieldInfo>& fields, const std::vector<FieldPlace>& places,
                   const FieldValues& values) {
  for (size_t i = 0; i < fields.size(); ++i) {
    const Range range = range_of(fields[i], places[i]);
    if (values[i] < range.low || values[i] > range.high) {
      return fmt::format("field {}: {} is not in [{}, {}]", fields[i].name, values[i], range.low, range.high);
    }
    if (fields[i].kind == FieldKind::kMemory && ((fields[i].memory_set >> values[i]) & 1) == 0) {
      return fmt::format("field {}: {} is not legal here", fields[i].name, info(static_cast<Memory>(values[i])).name);
    }
  }
  return "";
}

Diagnostic bad_encoding(const std::string& what, std::vector<std::string> legal = {}) {
  return Diagnostic{{}, what, std::move(legal), ""};
}

/// Whether a field's value is one that its kind knows.
Result<void> check_value(const InstructionInfo& instruction, const FieldInfo& field, int64_t value) {
  if (field.kind == FieldKind::kMemory && ((field.memory_set >> value) & 1) == 0) {
    std::vector<std::string> legal;
    for (const MemoryInfo& memory : memory_infos()) {
      if ((field.memory_set >> memory.mem_type) & 1)
        legal.push_back(fmt::format("{} ({})", memory.mem_type, memory.name));
    }
    return bad_encoding(fmt::format("{} with {} {}", instruction.name, field.name, value), std::move(legal));
  }
  if (field.kind == FieldKind::kAluOp) {
    std::vector<std::string> legal;
    for (const AluOpInfo& op : alu_op_infos()) {
      if (op.code == value) return {};
      legal.push_back(fmt::format("{} ({})", op.code, op.name));
    }
    return bad_encoding(fmt::format("{} with unknown {} {}", instruction.name, field.name, value), std::move(legal));
  }
  if ((field.zero || field.kind == FieldKind::kZero) && value != 0) {
    return bad_encoding(fmt::format("{} with {} {}, which must be zero", instruction.name, field.name, value));
  }
  return {};
}

}  // namespace

Codec::Codec(const HwConfig& config) {
  int bits = 128;
  for (const InstructionInfo& instruction : instruction_infos()) {
    std::vector<FieldPlace>& places = places_[static_cast<size_t>(instruction.opcode)];
    places = lay_out(instruction.fields, field_widths(config, instruction.opcode));
    bits = std::max(bits, round_up_to_word(places.back().lsb + places.back().width));
  }
  TANDEM_CHECK(bits <= 4 * kWordBits, fmt::format("an instruction of {} bits", bits));
  instruction_bytes_ = bits / 8;
  uop_bytes_ = static_cast<int>(uop_size_bits(config) / 8);
  uop_places_ = lay_out(uop_field_infos(), uop_field_widths(config));
}

EncodedInstruction Codec::encode(const Instruction& instruction) const {
  const InstructionInfo& table = info(instruction);
  const std::vector<FieldPlace>& fields = places(table.opcode);
  const FieldValues values = field_values(instruction);
  const std::string problem = misfit(table.fields, fields, values);
  TANDEM_CHECK(problem.empty(), fmt::format("{}: {}", table.name, problem));
  EncodedInstruction encoded;
  for (size_t i = 0; i < fields.size(); ++i) {
    const uint64_t value = static_cast<uint64_t>(values[i]) & low_bits(fields[i].width);
    encoded.words[static_cast<size_t>(fields[i].lsb / kWordBits)] |= value << (fields[i].lsb % kWordBits);
  }
  return encoded;
}

Result<Instruction> Codec::decode(const EncodedInstruction& encoded) const {
  const auto opcode = static_cast<int64_t>(encoded.words[0] & 7);
  const std::vector<FieldPlace>& fields = places(opcode);
  if (fields.empty()) {
    std::vector<std::string> legal;
    for (const InstructionInfo& known : instruction_infos())
      legal.push_back(fmt::format("{} ({})", known.opcode, known.name));
    return bad_encoding(fmt::format("unknown opcode {}", opcode), std::move(legal));
  }
  const InstructionInfo& table = info(static_cast<Opcode>(opcode));
  EncodedInstruction rest = encoded;
  FieldValues values{};
  for (size_t i = 0; i < fields.size(); ++i) {
    uint64_t& word = rest.words[static_cast<size_t>(fields[i].lsb / kWordBits)];
    const int shift = fields[i].lsb % kWordBits;
    const uint64_t value = (word >> shift) & low_bits(fields[i].width);
    word &= ~(low_bits(fields[i].width) << shift);
    values[i] = static_cast<int64_t>(value);
    if (table.fields[i].kind == FieldKind::kSigned && (value >> (fields[i].width - 1)) != 0) {
      values[i] -= int64_t{1} << fields[i].width;
    }
    TANDEM_TRY(check_value(table, table.fields[i], values[i]));
  }
  for (size_t word = 0; word < rest.words.size(); ++word) {
    if (rest.words[word] == 0) continue;
    int bit = 0;
    while (((rest.words[word] >> bit) & 1) == 0) ++bit;
    return bad_encoding(fmt::format("{} with unused bit {} set", table.name, static_cast<int>(word) * kWordBits + bit));
  }
  return make_instruction(static_cast<Opcode>(opcode), values);
}

uint64_t Codec::encode_uop(const Uop& uop) const {
  const FieldValues values = field_values(uop);
  const std::string problem = first_misfit(uop);
  TANDEM_CHECK(problem.empty(), "micro-op: " + problem);
  uint64_t encoded = 0;
  for (size_t i = 0; i < uop_places_.size(); ++i) encoded |= static_cast<uint64_t>(values[i]) << uop_places_[i].lsb;
  return encoded;
}

Uop Codec::decode_uop(uint64_t encoded) const {
  FieldValues values{};
  for (size_t i = 0; i < uop_places_.size(); ++i) {
    values[i] = static_cast<int64_t>((encoded >> uop_places_[i].lsb) & low_bits(uop_places_[i].width));
  }
  return make_uop(values);
}

std::string Codec::first_misfit(const Instruction& instruction) const {
  const FieldValues values = field_values(instruction);
  return first_misfit(static_cast<Opcode>(values[0]), values);
}

std::string Codec::first_misfit(Opcode opcode, const FieldValues& values) const {
  const InstructionInfo& table = info(opcode);
  return misfit(table.fields, places(table.opcode), values);
}

std::string Codec::first_misfit(const Uop& uop) const { return first_uop_misfit(field_values(uop)); }

std::string Codec::first_uop_misfit(const FieldValues& values) const {
  return misfit(uop_field_infos(), uop_places_, values);
}

FieldLimits Codec::limits() const {
  const auto largest = [this](Opcode opcode) {
    const InstructionInfo& table = info(opcode);
    FieldValues values{};
    for (size_t i = 0; i < table.fields.size(); ++i) {
      const FieldInfo& field = table.fields[i];
      values[i] = range_of(field, places(table.opcode)[i]).high;
      if (field.kind == FieldKind::kMemory) {
        for (const MemoryInfo& memory : memory_infos()) {
          if ((field.memory_set >> memory.mem_type) & 1) values[i] = memory.mem_type;
        }
      }
      if (field.kind == FieldKind::kAluOp) values[i] = alu_op_infos().back().code;
    }
    return make_instruction(opcode, values);
  };
  FieldLimits limits;
  limits.load = std::get<Load>(largest(Opcode::kLoad));
  limits.store = std::get<Store>(largest(Opcode::kStore));
  limits.gemm = std::get<Gemm>(largest(Opcode::kGemm));
  limits.alu = std::get<Alu>(largest(Opcode::kAlu));
  limits.imm_min = -limits.alu.imm - 1;
  FieldValues uop{};
  for (size_t i = 0; i < uop_places_.size(); ++i) uop[i] = static_cast<int64_t>(low_bits(uop_places_[i].width));
  limits.uop = make_uop(uop);
  return limits;
}

EncodedInstruction Codec::from_bytes(const uint8_t* bytes) const {
  EncodedInstruction encoded;
  for (int i = 0; i < instruction_bytes_; ++i)
    encoded.words[static_cast<size_t>(i / 8)] |= uint64_t{bytes[i]} << (i % 8 * 8);
  return encoded;
}

void Codec::append_bytes(const EncodedInstruction& encoded, Bytes& bytes) const {
  for (int i = 0; i < instruction_bytes_; ++i) {
    bytes.push_back(static_cast<uint8_t>(encoded.words[static_cast<size_t>(i / 8)] >> (i % 8 * 8)));
  }
}

Uop Codec::uop_from_bytes(const uint8_t* bytes) const {
  uint64_t encoded = 0;
  for (int i = 0; i < uop_bytes_; ++i) encoded |= uint64_t{bytes[i]} << (i * 8);
  return decode_uop(encoded);
}

void Codec::append_uop_bytes(const Uop& uop, Bytes& bytes) const {
  const uint64_t encoded = encode_uop(uop);
  for (int i = 0; i < uop_bytes_; ++i) bytes.push_back(static_cast<uint8_t>(encoded >> (i * 8)));
}

int instruction_bytes(const HwConfig& config) { return Codec(config).instruction_bytes(); }
int uop_bytes(const HwConfig& config) { return static_cast<int>(uop_size_bits(config) / 8); }
EncodedInstruction encode(const HwConfig& config, const Instruction& instruction) {
  return Codec(config).encode(instruction);
}
Result<Instruction> decode(const HwConfig& config, const EncodedInstruction& encoded) {
  return Codec(config).decode(encoded);
}
uint64_t encode_uop(const HwConfig& config, const Uop& uop) { return Codec(config).encode_uop(uop); }
Uop decode_uop(const HwConfig& config, uint64_t bits) { return Codec(config).decode_uop(bits); }
FieldLimits limits(const HwConfig& config) { return Codec(config).limits(); }

const InstructionInfo& info(Opcode opcode) {
  const std::vector<InstructionInfo>& infos = instruction_infos();
  const auto found = std::find_if(infos.begin(), infos.end(), [&](const InstructionInfo& entry) {
    return entry.opcode == static_cast<int64_t>(opcode);
  });
  TANDEM_CHECK(found != infos.end(), "an opcode that isa.yaml does not list");
  return *found;
}

const InstructionInfo& info(const Instruction& instruction) {
  return info(static_cast<Opcode>(field_values(instruction)[0]));
}

const MemoryInfo& info(Memory memory) {
  for (const MemoryInfo& entry : memory_infos()) {
    if (entry.mem_type == static_cast<int64_t>(memory)) return entry;
  }
  TANDEM_CHECK(false, "a memory that isa.yaml does not list");
  return memory_infos().front();
}

const AluOpInfo& info(AluOp op) {
  for (const AluOpInfo& entry : alu_op_infos()) {
    if (entry.code == static_cast<int64_t>(op)) return entry;
  }
  TANDEM_CHECK(false, "an ALU operation that isa.yaml does not list");
  return alu_op_infos().front();
}

const char* name(Engine engine) {
  switch (engine) {
    case Engine::kLoad:
      return "load";
    case Engine::kCompute:
      return "compute";
    case Engine::kStore:
      return "store";
  }
  return "";
}

Engine engine_of(const Instruction& instruction) {
  const auto* load = std::get_if<Load>(&instruction);
  const EngineRule rule = load != nullptr ? info(load->mem_type).load_engine : info(instruction).engine;
  if (rule == EngineRule::kLoad) return Engine::kLoad;
  return rule == EngineRule::kStore ? Engine::kStore : Engine::kCompute;
}

TokenFlags token_flags(const Instruction& instruction) {
  return std::visit(
      [](const auto& any) {
        return TokenFlags{any.pop_prev, any.pop_next, any.push_prev, any.push_next};
      },
      instruction);
}

void set_token_flags(Instruction& instruction, const TokenFlags& flags) {
  std::visit(
      [&](auto& any) {
        any.pop_prev = flags.pop_prev;
        any.pop_next = flags.pop_next;
        any.push_prev = flags.push_prev;
        any.push_next = flags.push_next;
      },
      instruction);
}

}  // namespace tandem::isa
