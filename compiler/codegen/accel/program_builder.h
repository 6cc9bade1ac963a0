// From scheduled kernels to one isa::Program: DMA, macro-instructions, micro-ops and tokens, all derived. Nobody writes
// a token by hand.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "compiler/loop/ir.h"
#include "isa/program.h"
#include "support/result.h"

namespace tandem::codegen {

/// A tensor in the accelerator's DRAM; layers that share one exchange it without the host.
using DramTensor = int;

class ProgramBuilder {
 public:
  ProgramBuilder(std::string name, const isa::HwConfig& hardware);
  ~ProgramBuilder();

  /// Packed shapes, as in the kernel's params. Inputs and outputs become bindings under `name`.
  DramTensor input(const std::string& name, DType type, const Shape& packed_shape, const std::string& layout = "");
  DramTensor output(const std::string& name, DType type, const Shape& packed_shape, const std::string& layout = "");
  DramTensor scratch(const std::string& name, DType type, const Shape& packed_shape);
  DramTensor constant(const std::string& name, const Tensor& packed);

  /// Appends a scheduled kernel as one layer (one mark). `arguments` gives the DRAM tensor of each param, in order.
  /// Errors: a statement that is no intrinsic, copy or loop of them; a field that overflows; a buffer that does not
  /// fit, each with its name and sizes.
  Result<void> add_layer(const std::string& name, const loop::Kernel& scheduled,
                         const std::vector<DramTensor>& arguments, int64_t macs = 0, int64_t roofline_cycles = 0);

  /// Derives tokens from the dependences of the whole instruction stream (scratchpads and DRAM, across layers), adds
  /// FINISH, places everything in DRAM, and has the static checker prove the result (isa/program.h). Whatever it refuses
  /// is an error: no other program leaves the compiler.
  Result<isa::Program> finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tandem::codegen
