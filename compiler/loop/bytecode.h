// The interpreter's program: a flat list of steps over numbered registers. Private to the interpreter.
#pragma once

#include <cstdint>
#include <vector>

#include "compiler/loop/ir.h"
#include "isa/builtin.h"

namespace tandem::loop::bytecode {

union Register {
  int64_t i;
  double f;
};

enum class Code : uint8_t {
  kBinary,  // dst = op(a, b) in type, integers
  kAdd32,   // the common ones on their own
  kMul32,
  kAdd64,
  kMul64,
  kFloat,      // dst = op(a, b), floats; comparisons give integers
  kDivide,     // dst = op(a, b), fails where b is zero
  kWrap,       // dst = a in type
  kToFloat,    // dst = a
  kMove,       // dst = a
  kCall,       // dst = builtin(list of registers)
  kLoad,       // dst = access
  kStore,      // access = a
  kCheck,      // dst = element number of the checked index list; fails out of bounds
  kZero,       // clears a buffer
  kJump,       // to target
  kJumpIfNot,  // a is zero: to target
  kLoopEnd,    // dst += 1; below `immediate`: to target
};

struct Step {
  Code code;
  BinaryOp op = BinaryOp::kAdd;
  Type type = Type::kI64;
  int32_t dst = 0, a = 0, b = 0;
  int32_t target = 0;  // step to jump to; index of an access, a check, a call or a buffer
  int64_t immediate = 0;
};

struct Term {
  int32_t reg;
  int64_t stride;
};
/// Element `base + sum of register * stride` of a buffer.
struct Access {
  int32_t buffer;
  int64_t base = 0;
  int32_t first_term = 0, end_term = 0;
};
struct Check {
  BufferRef buffer;
  std::vector<int32_t> registers;
};
struct BuiltinCall {
  const isa::Builtin* builtin;
  std::vector<int32_t> registers;
};

struct Program {
  std::vector<Step> steps;
  std::vector<SourceLocation> places;  // of each step
  std::vector<Register> registers;     // initial values, constants included
  std::vector<Access> accesses;
  std::vector<Term> terms;
  std::vector<Check> checks;
  std::vector<BuiltinCall> calls;
  std::vector<BufferRef> buffers;         // parameters first, in order
  std::vector<int32_t> scalar_registers;  // of kernel.scalars
};

/// Total: any kernel can be compiled. Accesses whose bounds are proved by the ranges of the loops are not checked
/// again.
Program compile(const Kernel& kernel);

}  // namespace tandem::loop::bytecode
