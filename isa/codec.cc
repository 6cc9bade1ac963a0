// Encoding and decoding of instructions and micro-ops by the derived layout of a hardware configuration.
#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "isa/instruction.h"

namespace tandem::isa {
namespace {

constexpr int kWordBits = 64;

uint64_t low_bits(int width) { return width >= kWordBits ? ~uint64_t{0} : (uint64_t{1} << width) - 1; }

int round_up_to_word(int bits) { return (bits + kWordBits - 1) / kWordBits * kWordBits; }

/// Fields that every instruction begins with: all of FINISH.
size_t common_field_count() { return info(Opcode::kFinish).fields.size(); }

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

bool is_known(const FieldInfo& field, int64_t value) {
  const auto any = [](const auto& infos, const auto& matches) {
    return std::any_of(infos.begin(), infos.end(), matches);
  };
  switch (field.kind) {
    case FieldKind::kMemory:
      return ((field.memory_set >> value) & 1) != 0 &&
             any(memory_infos(), [&](const MemoryInfo& memory) { return memory.mem_type == value; });
    case FieldKind::kState:
      return any(state_infos(), [&](const StateInfo& state) { return state.code == value; });
    case FieldKind::kAluOp:
      return value < kFirstExtendedAluOp && any(alu_op_infos(), [&](const AluOpInfo& op) { return op.code == value; });
    case FieldKind::kAluOpExtended:
      return any(alu_op_infos(), [&](const AluOpInfo& op) { return op.code == value + kFirstExtendedAluOp; });
    default:
      return true;
  }
}

/// Whether a field's value is one that its kind knows.
Result<void> check_value(const InstructionInfo& instruction, const FieldInfo& field, int64_t value) {
  if (!is_known(field, value)) {
    std::vector<std::string> legal;
    for (const FieldCode& code : known_codes(field)) legal.push_back(fmt::format("{} ({})", code.value, code.name));
    const char* unknown = field.kind == FieldKind::kMemory ? "" : "unknown ";
    return bad_encoding(fmt::format("{} with {}{} {}", instruction.name, unknown, field.name, value), std::move(legal));
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
    note_absent(config, instruction.needs);
    for (const FieldInfo& field : instruction.fields) note_absent(config, field.needs);
  }
  for (const MemoryInfo& memory : memory_infos()) note_absent(config, memory.needs);
  TANDEM_CHECK(bits <= 4 * kWordBits, fmt::format("an instruction of {} bits", bits));
  instruction_bytes_ = bits / 8;
  uop_bytes_ = static_cast<int>(uop_size_bits(config) / 8);
  uop_places_ = lay_out(uop_field_infos(), uop_field_widths(config));
}

void Codec::note_absent(const HwConfig& config, const char* needs) {
  if (*needs != '\0' && parameter(config, needs) == 0) absent_.insert(needs);
}

std::string Codec::contradiction(const InstructionInfo& table, const FieldValues& values) const {
  // Nearly always there is nothing to say: no text is made before that is known.
  const auto is_absent = [this](const char* needs) {
    return *needs != '\0' && !absent_.empty() && absent_.count(needs) != 0;
  };
  const auto lacks = [](const std::string& what, const char* needs) {
    return fmt::format("{} needs {} of at least 1; the hardware has 0", what, needs);
  };
  if (is_absent(table.needs)) return lacks(table.name, table.needs);
  for (size_t i = 0; i < table.fields.size(); ++i) {
    const FieldInfo& field = table.fields[i];
    if (field.kind == FieldKind::kMemory) {
      const MemoryInfo& memory = info(static_cast<Memory>(values[i]));
      if (is_absent(memory.needs)) return lacks(fmt::format("{} of {}", table.name, memory.name), memory.needs);
    } else if (values[i] != 0) {
      for (size_t other = 0; other < table.fields.size() && *field.excludes != '\0'; ++other) {
        if (values[other] == 0 || field.excludes != std::string_view(table.fields[other].name)) continue;
        return fmt::format("{} with both {} and {}", table.name, field.excludes, field.name);
      }
      if (is_absent(field.needs)) return lacks(fmt::format("{} with {}", table.name, field.name), field.needs);
    }
  }
  return "";
}

EncodedInstruction Codec::encode(const Instruction& instruction) const {
  const InstructionInfo& table = info(instruction);
  const std::vector<FieldPlace>& fields = places(table.opcode);
  const FieldValues values = field_values(instruction);
  const std::string problem = first_misfit(opcode_of(instruction), values);
  TANDEM_CHECK(problem.empty(), fmt::format("{}: {}", table.name, problem));
  EncodedInstruction encoded;
  for (size_t i = 0; i < fields.size(); ++i) {
    const uint64_t value = static_cast<uint64_t>(values[i]) & low_bits(fields[i].width);
    encoded.words[static_cast<size_t>(fields[i].lsb / kWordBits)] |= value << (fields[i].lsb % kWordBits);
  }
  return encoded;
}

Result<Instruction> Codec::decode(const EncodedInstruction& encoded) const {
  auto opcode = static_cast<int64_t>(encoded.words[0] % kExtensionStep);
  const size_t first_own = common_field_count();
  if (!places(opcode + kExtensionStep).empty() && (encoded.words[0] >> places(opcode)[first_own].lsb & 1) != 0) {
    opcode += kExtensionStep;
  }
  const std::vector<FieldPlace>& fields = places(opcode);
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
  const std::string problem = contradiction(table, values);
  if (!problem.empty()) return bad_encoding(problem);
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
  return first_misfit(opcode_of(instruction), values);
}

std::string Codec::first_misfit(Opcode opcode, const FieldValues& values) const {
  const InstructionInfo& table = info(opcode);
  const std::string problem = misfit(table.fields, places(table.opcode), values);
  return problem.empty() ? contradiction(table, values) : problem;
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
      const std::vector<FieldCode> codes = known_codes(field);
      if (!codes.empty()) values[i] = codes.back().value;
    }
    return make_instruction(opcode, values);
  };
  FieldLimits limits;
  limits.load = std::get<Load>(largest(Opcode::kLoad));
  limits.store = std::get<Store>(largest(Opcode::kStore));
  limits.gemm = std::get<Gemm>(largest(Opcode::kGemm));
  limits.alu = std::get<Alu>(largest(Opcode::kAlu));
  limits.mac = std::get<Mac>(largest(Opcode::kMac));
  limits.requantize = std::get<Requantize>(largest(Opcode::kRequantize));
  limits.alu_extended = std::get<AluExtended>(largest(Opcode::kAluExtended));
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

std::vector<FieldCode> known_codes(const FieldInfo& field) {
  std::vector<FieldCode> codes;
  if (field.kind == FieldKind::kMemory) {
    for (const MemoryInfo& memory : memory_infos()) {
      if ((field.memory_set >> memory.mem_type) & 1) codes.push_back({memory.mem_type, memory.name});
    }
  } else if (field.kind == FieldKind::kState) {
    for (const StateInfo& state : state_infos()) codes.push_back({state.code, state.name});
  } else if (field.kind == FieldKind::kAluOp || field.kind == FieldKind::kAluOpExtended) {
    const int64_t first = field.kind == FieldKind::kAluOp ? 0 : kFirstExtendedAluOp;
    for (const AluOpInfo& op : alu_op_infos()) {
      if ((op.code >= kFirstExtendedAluOp) == (first > 0)) codes.push_back({op.code - first, op.name});
    }
  }
  return codes;
}

const InstructionInfo& info(Opcode opcode) {
  const std::vector<InstructionInfo>& infos = instruction_infos();
  const auto found = std::find_if(infos.begin(), infos.end(), [&](const InstructionInfo& entry) {
    return entry.opcode == static_cast<int64_t>(opcode);
  });
  TANDEM_CHECK(found != infos.end(), "an opcode that isa.yaml does not list");
  return *found;
}

const InstructionInfo& info(const Instruction& instruction) { return info(opcode_of(instruction)); }

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

const StateInfo& info(State state) {
  for (const StateInfo& entry : state_infos()) {
    if (entry.code == static_cast<int64_t>(state)) return entry;
  }
  TANDEM_CHECK(false, "a state that isa.yaml does not list");
  return state_infos().front();
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
  EngineRule rule = EngineRule::kCompute;
  if (const auto* load = std::get_if<Load>(&instruction)) {
    rule = info(load->mem_type).load_engine;
  } else if (const auto* config = std::get_if<Config>(&instruction)) {
    rule = info(config->state).engine;
  } else {
    rule = info(instruction).engine;
  }
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
