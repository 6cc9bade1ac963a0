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

/// Compiles with the exact meaning of the loop IR (compiler/loop/ir.h). Parameters must not overlap in memory. Elements
/// lie densely in row-major order, a bool in a byte that is 0 or 1. Loops of kind `parallel` run serially. An error
/// names a built-in that isa.yaml does not have, or a conversion from f32 to an integer.
Result<CpuCode> compile_cpu(const loop::Kernel& kernel);

}  // namespace tandem::codegen
