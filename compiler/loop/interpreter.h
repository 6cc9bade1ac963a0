// Runs a kernel as its text says: the oracle against which schedules, code generators and simulators are compared.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "compiler/loop/ir.h"
#include "support/result.h"
#include "support/tensor.h"

namespace tandem::loop {

/// Executes `kernel` on `buffers`, by parameter name, in the parameters' own (packed) shapes. Outputs that are absent
/// are created as zeros. An intrinsic runs its meaning. Errors: a missing buffer or scalar, a wrong type or shape;
/// while running, an access out of bounds (names the buffer, the index and the place) and a division by zero. After an
/// error the contents of the outputs are unspecified.
Result<void> interpret(const Kernel& kernel, std::map<std::string, Tensor>& buffers,
                       const std::map<std::string, int64_t>& scalars = {});

/// The same on logical tensors: packs every input as its layout says and unpacks the outputs.
Result<void> interpret_logical(const Kernel& kernel, std::map<std::string, Tensor>& buffers);

/// The tensor type of a buffer's elements (bool is one byte).
DType tensor_type(Type type);

}  // namespace tandem::loop
