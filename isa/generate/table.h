// isa.yaml as values: what the emitters of C++, Verilog and the manual read.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "isa/scalar.h"
#include "support/result.h"
#include "support/yaml.h"

namespace tandem::isa::generate {

/// An expression over parameters and widths, by its text and its tree.
struct Expression {
  std::string text;
  ScalarExpression tree;
};

/// What `parameters` lists: `value` is C++ over a HwConfig called `config`.
struct Parameter {
  std::string name;
  std::string value;
  std::string doc;
};

struct Width {
  std::string name;
  Expression value;
  std::string doc;
};

/// kZero covers bits that must be zero, kExtension the bit that tells instructions of one opcode apart; neither is a
/// member of the instruction's struct.
enum class FieldKind { kOpcode, kFlag, kUnsigned, kSigned, kMemory, kAluOp, kAluOpExtended, kState, kExtension, kZero };

/// ALU operations from this code on belong to ALU_EXTENDED, whose field holds the code less this.
inline constexpr int64_t kFirstExtendedAluOp = 8;
/// States from this code on belong to compute, the others to the load engine.
inline constexpr int64_t kFirstComputeState = 64;
/// What an instruction's `extension` adds to its opcode in the enumeration Opcode.
inline constexpr int64_t kExtensionStep = 8;

struct Field {
  std::string name;
  FieldKind kind = FieldKind::kUnsigned;
  Expression width;
  bool aligned = false;               // starts a new 64-bit word
  bool zero = false;                  // only zero is legal
  std::vector<std::string> memories;  // legal values of a kMemory field
  std::string needs;                  // a value other than zero needs this parameter of the hardware
  std::string excludes;               // a flag that must not be set with this one
  std::string doc;
};

struct Memory {
  std::string name;   // "acc8"
  std::string title;  // "ACC_8BIT"
  int64_t mem_type = 0;
  Expression lanes;
  Expression lane_bits;
  std::string load_engine;  // empty: LOAD cannot name it
  std::string needs;        // as in Field
  std::string doc;
};

struct Instruction {
  std::string name;
  int64_t opcode = 0;
  int64_t extension = -1;  // its value of the extension bit; -1: the opcode is its own
  std::string engine;      // "compute", "store", "memory": the load_engine of its memory, or "state": that of its state
  std::string needs;       // as in Field
  std::string doc;
  std::string assembly;
  std::vector<Field> fields;  // the common ones first

  /// Its value in the enumeration Opcode.
  int64_t code() const { return opcode + (extension > 0 ? kExtensionStep * extension : 0); }
};

struct State {
  std::string name;
  int64_t code = 0;
  std::string engine;
  int64_t bits = 0;
  std::string doc;
};

struct AluOperation {
  std::string name;
  int64_t code = 0;
  std::string text;
  ScalarExpression value;
  std::string doc;

  bool extended() const { return code >= kFirstExtendedAluOp; }
};

/// The operands of an ALU operation: a and b, and c where it is extended.
std::vector<ScalarArgument> alu_operands(bool extended);

struct Builtin {
  std::string name;
  ScalarFunction function;
  std::string text;
  std::string doc;
};

struct Table {
  std::vector<Parameter> parameters;
  std::vector<Width> widths;
  std::vector<Field> uop_fields;
  std::string uop_doc;
  std::vector<Memory> memories;
  std::vector<State> states;
  std::vector<Field> common;
  std::vector<Instruction> instructions;
  std::vector<AluOperation> alu_operations;
  std::vector<Builtin> builtins;

  /// Names that expressions refer to by index: parameters, then "uop_bits", then widths.
  std::vector<std::string> names() const;
};

Result<Table> read_table(const std::string& path);

/// "uop_bgn" -> "UopBgn".
std::string upper_camel(const std::string& name);

}  // namespace tandem::isa::generate
