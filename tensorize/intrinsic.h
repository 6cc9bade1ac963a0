// An intrinsic is data: a pattern in the loop IR's own text, what it asks of the target and of its operands, and what
// it emits. One YAML file each, or one for a family (docs/intrinsics.md).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "compiler/loop/ir.h"
#include "isa/hw_config.h"
#include "support/result.h"
#include "tensorize/emission.h"

namespace tandem::tensorize {

/// What the values of an operand must satisfy: those at index `word` of its last axis, or one byte of each (signed).
/// No matcher can know it: who uses the intrinsic promises it, and `tandem verify` keeps to it.
struct ValueRange {
  size_t param = 0;  // position in the pattern
  int64_t word = 0;
  int byte = -1;  // -1: the whole value
  int64_t low = 0, high = 0;
};

/// A declaration for one target, e.g. tensorize/intrinsics/accel/gemm.yaml. Shape names in the pattern's text (batch,
/// block_in, block_out, depthwise_width on the accelerator) are bound to the hardware's values before it is parsed.
struct IntrinsicDeclaration {
  std::string name;    // "gemm", "alu_add", "alu_shr_imm"
  std::string target;  // "accel", "cpu"
  std::string file;
  loop::Kernel pattern;
  /// What the target must have: parameters of the hardware that are not 0, features of the CPU.
  std::vector<std::string> needs;
  /// The first of `needs` that the target lacks; "": the intrinsic can be used.
  std::string lacks;
  /// Operands begin at a multiple of so many values, by position in the pattern.
  std::vector<int64_t> alignment;
  /// Values that scalars may have, by position; empty: any of their type.
  std::map<size_t, std::pair<int64_t, int64_t>> scalar_ranges;
  std::vector<ValueRange> given;
  std::variant<AccelEmission, CpuEmission> emission;
};

/// All intrinsics of one target. Cheap to copy.
class IntrinsicSet {
 public:
  /// Those of the accelerator under a configuration, or ("cpu") those of a CPU with these features. What the target
  /// lacks a unit for is there all the same, and says so.
  static Result<IntrinsicSet> load(const std::string& target, const isa::HwConfig& hardware,
                                   const std::set<std::string>& cpu_features = {});
  /// Of the given files (path and text), as `load` has those of tensorize/intrinsics.
  static Result<IntrinsicSet> parse(const std::vector<std::pair<std::string, std::string>>& files,
                                    const isa::HwConfig& hardware, const std::set<std::string>& cpu_features = {});

  /// Null where there is none of that name.
  const IntrinsicDeclaration* find(const std::string& name) const;
  /// By the name that a user gave; the error says what is there.
  Result<const IntrinsicDeclaration*> at(const std::string& name) const;
  /// In the order of names.
  const std::vector<IntrinsicDeclaration>& all() const { return *declarations_; }

 private:
  std::shared_ptr<const std::vector<IntrinsicDeclaration>> declarations_ =
      std::make_shared<const std::vector<IntrinsicDeclaration>>();
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
