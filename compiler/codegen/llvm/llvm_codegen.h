// Loop-IR kernels to LLVM IR for CPUs: scheduled loops become loops, intrinsics their meaning. Optimising and running
// is sim/cpu's.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compiler/loop/ir.h"
#include "support/result.h"

namespace tandem::codegen {

/// A buffer (or a scalar, as a buffer of one element) that the compiled function takes by address.
struct CpuParameter {
  std::string name;
  int64_t size_bytes = 0;
  bool is_output = false;
};

/// A function `void entry(void* const* parameters)` as the text of an LLVM module that runs on any CPU.
struct CpuCode {
  std::string llvm_ir;
  std::string entry;
  std::vector<CpuParameter> parameters;  // the kernel's params in order, then its scalars
};

/// Compiles with the exact meaning of the loop IR (compiler/loop/ir.h); where the interpreter finds an error while it
/// runs, the compiled code is undefined (an access out of bounds) or gives 0 (a division by zero). Parameters must not
/// overlap in memory. Elements lie densely in row-major order, a bool in a byte that is 0 or 1. Loops of kind
/// `parallel` run serially. Every kernel that the loop IR's constructors accept has CPU code; the Result is for what
/// all code generators share.
Result<CpuCode> compile_cpu(const loop::Kernel& kernel);

}  // namespace tandem::codegen
