// What an intrinsic emits, resolved from its declaration: an instruction of the accelerator with its constants set and
// who its operands are, or the text of an LLVM function body.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "compiler/loop/ir.h"
#include "isa/instruction.h"
#include "support/result.h"
#include "support/yaml.h"

namespace tandem::tensorize {

/// An operand of the pattern in a field of the instruction.
struct AccelOperand {
  std::string field;     // "dst", "src", "wgt", "prm"
  size_t param = 0;      // position in the pattern
  isa::Memory memory{};  // where it lives
  int64_t lanes = 1;     // values of what the field counts
  int64_t count = 1;     // of them that a step touches, from the one it names on
  bool is_read = false, is_written = false;
};

struct AccelEmission {
  isa::Instruction prototype;  // a Gemm, Mac, Alu, AluExtended or Requantize
  std::vector<AccelOperand> operands;
  int imm = -1;                           // position among its scalars of the field `imm`; -1: a constant
  std::map<isa::State, size_t> states{};  // states of the engine that hold scalars, by position

  const AccelOperand* find(const std::string& field) const;
};

/// A function of the operands' addresses, in LLVM's own text: `%NAME` of each parameter is a pointer, a scalar its
/// value. `declare` lines may precede the instructions.
struct CpuEmission {
  std::string llvm;
  int first_line = 0;  // of the text in its file
};

/// Reads `emission` of a declaration for the accelerator and checks it against the pattern: that every parameter has a
/// field, lives where the instruction has it, and holds as many values as a step touches. `needs` gets what the
/// instruction and its flags need. Errors name the place, what is wrong and what is legal.
Result<AccelEmission> read_accel_emission(const YamlNode& node, const loop::Kernel& pattern,
                                          const isa::HwConfig& hardware, std::vector<std::string>& needs);

}  // namespace tandem::tensorize
