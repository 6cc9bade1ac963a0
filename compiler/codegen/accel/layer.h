// One scheduled kernel to instructions without tokens: outer loops enumerated, inner nests folded, scratchpads
// allocated.
#pragma once

#include <string>
#include <vector>

#include "compiler/codegen/accel/step.h"
#include "compiler/loop/ir.h"
#include "isa/hw_config.h"
#include "support/result.h"
#include "tensorize/intrinsic.h"

namespace tandem::codegen {

/// The `tensor` of steps that read elements of equal bytes, Step::fill.
constexpr int kFillTensor = -3;

/// What a parameter of the kernel is in DRAM.
struct LayerArgument {
  int tensor = 0;
  bool tracked = false;  // some layer writes it, so that accesses matter for tokens
};

struct LayerInput {
  std::string name;
  int index = 0;
  const loop::Kernel& kernel;
  std::vector<LayerArgument> arguments;  // one for each parameter of the kernel
  int64_t inp_pad = 0;                   // the state inp_pad before the layer
};

/// The steps in program order. Errors name the layer, the statement and the rule, with sizes.
Result<std::vector<Step>> lower_layer(const LayerInput& layer, const isa::HwConfig& hardware,
                                      const tensorize::IntrinsicSet& intrinsics);

}  // namespace tandem::codegen
