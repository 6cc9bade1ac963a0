// Loop-IR kernels to LLVM IR for CPUs: scheduled loops become loops, intrinsics of the CPU what they emit, and all
// others their meaning. Optimising and running is sim/cpu's.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compiler/loop/ir.h"
#include "support/result.h"
#include "tensorize/intrinsic.h"

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
/// `parallel` run serially. A tensorized statement becomes the emission of its intrinsic where `intrinsics` has one of
/// its name that the CPU can run; the code then runs on such a CPU only. Every kernel that the loop IR's constructors
/// accept has CPU code; errors: an emission that LLVM does not accept, with its place in the declaration.
Result<CpuCode> compile_cpu(const loop::Kernel& kernel, const tensorize::IntrinsicSet& intrinsics = {});

}  // namespace tandem::codegen
