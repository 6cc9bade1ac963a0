// Instructions as values and as bits: the structs that isa.yaml generates, their encoding, and what follows from both.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "isa/hw_config.h"
#include "isa/instruction_set.h"  // generated from isa.yaml: Opcode, AluOp, State, Load, ..., AluExtended, Instruction, Uop
#include "support/file.h"
#include "support/result.h"

namespace tandem::isa {

/// Bits 0 to 63 are words[0]. Words beyond the configuration's instruction width are zero.
struct EncodedInstruction {
  std::array<uint64_t, 4> words{};
  bool operator==(const EncodedInstruction& other) const { return words == other.words; }
};

/// Place of a field: bits [lsb, lsb + width) of the instruction or micro-op.
struct FieldPlace {
  int lsb = 0;
  int width = 0;
};

/// The largest value of each field; the least one of alu.imm apart. What the hardware lacks is there all the same.
struct FieldLimits {
  Load load;
  Store store;
  Gemm gemm;
  Alu alu;
  Mac mac;
  Requantize requantize;
  AluExtended alu_extended;
  int32_t imm_min = 0;
  Uop uop;
};

/// The encoding under one configuration, with all places worked out. Cheap to copy; make one and use it for a whole
/// program.
class Codec {
 public:
  explicit Codec(const HwConfig& config);

  int instruction_bytes() const { return instruction_bytes_; }  // 16, 24 or 32
  int uop_bytes() const { return uop_bytes_; }                  // 4 or 8
  /// In the order of instruction_infos()' fields.
  const std::vector<FieldPlace>& places(int64_t opcode) const { return places_[static_cast<size_t>(opcode)]; }
  const std::vector<FieldPlace>& uop_places() const { return uop_places_; }

  /// Values that do not fit their fields are a bug of the caller (limits() and first_misfit() tell beforehand).
  EncodedInstruction encode(const Instruction& instruction) const;
  /// Refuses unknown memories, operations and states, flags that exclude each other, bits that must be zero and are
  /// not, and what the hardware lacks.
  Result<Instruction> decode(const EncodedInstruction& encoded) const;
  uint64_t encode_uop(const Uop& uop) const;
  Uop decode_uop(uint64_t bits) const;
  /// "field x_size: 65536 is not in [0, 65535]" for the first field that does not hold its value; "" where all do.
  std::string first_misfit(const Instruction& instruction) const;
  std::string first_misfit(Opcode opcode, const FieldValues& values) const;
  std::string first_misfit(const Uop& uop) const;
  std::string first_uop_misfit(const FieldValues& values) const;
  FieldLimits limits() const;

  /// Little endian, instruction_bytes() each.
  EncodedInstruction from_bytes(const uint8_t* bytes) const;
  void append_bytes(const EncodedInstruction& encoded, Bytes& bytes) const;
  /// Little endian, uop_bytes() each.
  Uop uop_from_bytes(const uint8_t* bytes) const;
  void append_uop_bytes(const Uop& uop, Bytes& bytes) const;

 private:
  int instruction_bytes_ = 16;
  int uop_bytes_ = 4;
  void note_absent(const HwConfig& config, const char* needs);
  /// "requantize needs requant_lanes of at least 1; the hardware has 0", or that flags exclude each other; "" where
  /// all is well.
  std::string contradiction(const InstructionInfo& table, const FieldValues& values) const;

  std::array<std::vector<FieldPlace>, 2 * kExtensionStep> places_;  // by Opcode
  std::set<std::string> absent_;                                    // parameters that instructions need and that are 0
  std::vector<FieldPlace> uop_places_;
};

// The same for a single use.
int instruction_bytes(const HwConfig& config);
int uop_bytes(const HwConfig& config);
EncodedInstruction encode(const HwConfig& config, const Instruction& instruction);
Result<Instruction> decode(const HwConfig& config, const EncodedInstruction& encoded);
uint64_t encode_uop(const HwConfig& config, const Uop& uop);
Uop decode_uop(const HwConfig& config, uint64_t bits);
FieldLimits limits(const HwConfig& config);

/// The table's entry of an instruction or an opcode. The opcode must exist.
const InstructionInfo& info(const Instruction& instruction);
const InstructionInfo& info(Opcode opcode);
const MemoryInfo& info(Memory memory);
const AluOpInfo& info(AluOp op);
const StateInfo& info(State state);

/// A value of a field that stands for a memory, an operation or a state.
struct FieldCode {
  int64_t value;
  const char* name;
};
/// The values that such a field may hold, as they are encoded, in the order of the table; empty for numbers and flags.
std::vector<FieldCode> known_codes(const FieldInfo& field);

enum class Engine { kLoad, kCompute, kStore };
/// 0, 1, 2: for arrays with an entry per engine.
constexpr size_t index_of(Engine engine) { return static_cast<size_t>(engine); }
/// "load", "compute", "store".
const char* name(Engine engine);
/// LOAD goes to the engine of its memory (inp, wgt, prm: load; uop, acc, acc8: compute), STORE to store, CONFIG to the
/// engine of its state, all else to compute.
Engine engine_of(const Instruction& instruction);

/// The token flags, which every instruction has.
struct TokenFlags {
  bool pop_prev = false;
  bool pop_next = false;
  bool push_prev = false;
  bool push_next = false;
};
TokenFlags token_flags(const Instruction& instruction);
void set_token_flags(Instruction& instruction, const TokenFlags& flags);

}  // namespace tandem::isa
