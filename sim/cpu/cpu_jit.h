// Runs LLVM modules in this process: optimised for this CPU, compiled with ORC. Knows nothing of who made them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "support/result.h"

namespace tandem::sim {

/// A compiled `void f(void* const* parameters)`. Valid while its CpuJit lives.
struct CpuFunction {
  void (*address)(void* const* parameters) = nullptr;
  void operator()(const std::vector<void*>& parameters) const { address(parameters.data()); }
};

/// Many modules, each in a name space of its own; calls of functions that they do not define go to the C library.
class CpuJit {
 public:
  /// An error where LLVM has no back end for this machine.
  static Result<std::unique_ptr<CpuJit>> create();
  ~CpuJit();
  CpuJit(const CpuJit&) = delete;
  CpuJit& operator=(const CpuJit&) = delete;

  /// Optimises (-O3) and compiles the module in `llvm_ir` (text or bitcode) and gives its function `entry`. Errors: a
  /// module that LLVM does not accept, with its message and line; a function that is not in it.
  Result<CpuFunction> add(const std::string& llvm_ir, const std::string& entry);

 private:
  struct Impl;
  explicit CpuJit(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tandem::sim
