// The shape of the instruction table at run time: what isa.yaml says of instructions, fields, memories, ALU operations
// and built-ins. Printer, assembler, checker and manuals read it; the values are generated.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "isa/memory.h"

namespace tandem::isa {

struct HwConfig;

/// kZero covers bits that must be zero, kExtension the bit that tells instructions of one opcode apart; neither is a
/// member of the instruction's struct.
enum class FieldKind { kOpcode, kFlag, kUnsigned, kSigned, kMemory, kAluOp, kAluOpExtended, kState, kExtension, kZero };

/// Which engine executes: fixed, or (kMemory) the one that loads the instruction's memory, or (kState) that of its
/// state.
enum class EngineRule { kNone, kLoad, kCompute, kStore, kMemory, kState };

struct FieldInfo {
  const char* name;
  FieldKind kind;
  bool aligned;          // starts a new 64-bit word
  bool zero;             // only zero is legal
  uint32_t memory_set;   // kMemory: bit m is set where Memory m is legal
  const char* needs;     // a value other than zero needs this parameter of the hardware; "" for most
  const char* excludes;  // a flag that must not be set with this one; "" for most
  const char* width;     // the expression over widths and parameters
  const char* doc;
};

/// A named width, or a parameter of the configuration (then without expression).
struct WidthInfo {
  const char* name;
  const char* expression;
  const char* doc;
};

struct InstructionInfo {
  const char* name;
  int64_t opcode;  // its value in the enumeration Opcode: the op field, plus kExtensionStep with the extension bit set
  EngineRule engine;
  const char* needs;  // a parameter of the hardware that must not be 0; "" for most
  const char* doc;
  const char* assembly;  // see isa.yaml
  std::vector<FieldInfo> fields;
};

struct MemoryInfo {
  const char* name;   // "acc8"
  const char* title;  // "ACC_8BIT"
  int64_t mem_type;
  EngineRule load_engine;  // kNone: LOAD cannot name it
  const char* needs;       // a parameter of the hardware that must not be 0; "" for most
  const char* lanes;       // the expression of lane_count()
  const char* lane_bits;
  const char* doc;
};

/// What CONFIG sets.
struct StateInfo {
  const char* name;
  int64_t code;
  EngineRule engine;  // kLoad or kCompute
  int bits;           // the low bits that count
  const char* doc;
};

struct AluOpInfo {
  const char* name;
  int64_t code;  // from kFirstExtendedAluOp: of ALU_EXTENDED
  const char* expression;
  const char* doc;
};

struct BuiltinInfo {
  const char* name;
  std::vector<std::pair<const char*, const char*>> arguments;  // name, type
  const char* result;
  const char* expression;
  const char* doc;
};

// All in the order of isa.yaml.
const std::vector<WidthInfo>& width_infos();
const std::vector<InstructionInfo>& instruction_infos();
const std::vector<FieldInfo>& uop_field_infos();
const std::vector<MemoryInfo>& memory_infos();
const std::vector<StateInfo>& state_infos();
const std::vector<AluOpInfo>& alu_op_infos();
const std::vector<BuiltinInfo>& builtin_infos();

/// What isa.yaml says of a micro-op.
const char* uop_doc();

/// Bits of an instruction's fields in table order. `opcode` is a value of the enumeration Opcode.
std::vector<int> field_widths(const HwConfig& config, int64_t opcode);
std::vector<int> uop_field_widths(const HwConfig& config);
/// 32 where the micro-op's fields fit, else 64.
int64_t uop_size_bits(const HwConfig& config);
/// An element is lane_count x lane_bits.
int64_t lane_count(const HwConfig& config, Memory memory);
int64_t lane_bits(const HwConfig& config, Memory memory);

}  // namespace tandem::isa
