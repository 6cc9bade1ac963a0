// Runs LLVM modules in this process: optimised for this CPU, compiled with ORC. Knows nothing of who made them.
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "support/result.h"

namespace tandem::sim {

/// A compiled `void f(void* const* parameters)`. Valid while its CpuJit lives.
struct CpuFunction {
  void (*address)(void* const* parameters) = nullptr;
  void operator()(const std::vector<void*>& parameters) const { address(parameters.data()); }
};

/// $TANDEM_CPU_WITHOUT: what not to use of this CPU, so that a lesser one can be imitated; "" where it is not set.
std::string masked_cpu_features();

/// Many modules, each in a name space of its own; calls of functions that they do not define go to the C library.
class CpuJit {
 public:
  /// For this CPU without the features of `without`: LLVM's names, e.g. "avx512vnni", comma separated, and what depends
  /// on them; "all" leaves what every CPU of its kind has. Errors: no back end for this machine; an unknown feature.
  static Result<std::unique_ptr<CpuJit>> create(const std::string& without = masked_cpu_features());
  ~CpuJit();
  CpuJit(const CpuJit&) = delete;
  CpuJit& operator=(const CpuJit&) = delete;

  /// What the code may use: LLVM's names.
  std::set<std::string> features() const;

  /// Optimises (-O3) and compiles the module in `llvm_ir` (text or bitcode) and gives its function `entry`. Errors: a
  /// module that LLVM does not accept, with its message and line; a function that is not in it.
  Result<CpuFunction> add(const std::string& llvm_ir, const std::string& entry);

 private:
  struct Impl;
  explicit CpuJit(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tandem::sim
