// An intrinsic is data: a pattern in the loop IR's own text, the scopes of its operands, and what it emits. One YAML
// file each.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "compiler/loop/ir.h"
#include "isa/hw_config.h"
#include "support/result.h"

namespace tandem::tensorize {

/// A declaration for one target, e.g. tensorize/intrinsics/accel/gemm.yaml. Shape names in the pattern's text (batch,
/// block_in, block_out on the accelerator) are bound to the hardware's values before it is parsed.
struct IntrinsicDeclaration {
  std::string name;    // "gemm", "alu_add", "alu_shr_imm"
  std::string target;  // "accel", later "cpu", "opencl"
  loop::Kernel pattern;
  /// What to emit, as declared, e.g. {"instruction": "alu", "opcode": "add", "use_imm": "0", "dst": "a", "src": "b"}:
  /// the keys are fields of the instruction in isa.yaml; the values are constants or names of the pattern's parameters.
  std::map<std::string, std::string> emission;
};

/// All intrinsics of one target under one hardware configuration.
class IntrinsicSet {
 public:
  static Result<IntrinsicSet> load(const std::string& target, const isa::HwConfig& hardware);
  const IntrinsicDeclaration* find(const std::string& name) const;
  const std::vector<IntrinsicDeclaration>& all() const { return declarations_; }

 private:
  std::vector<IntrinsicDeclaration> declarations_;
};

/// Why a statement is not an instance of a pattern, and what would mend it ("pack x so that ...").
struct Mismatch {
  std::string condition;
  std::string fix;
};

/// Unifies `stmt` (a loop nest) with the declaration's pattern: a bijection of loops plus equality of affine indices,
/// up to unit loops and commutativity. On success the Intrinsic statement that replaces it. Exact, terminates, invents
/// no layout.
Result<loop::Stmt> match(const IntrinsicDeclaration& declaration, const loop::Stmt& stmt, Mismatch* why = nullptr);

}  // namespace tandem::tensorize
