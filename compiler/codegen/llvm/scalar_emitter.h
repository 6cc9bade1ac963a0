// The scalar built-ins of isa.yaml as LLVM instructions. Internal to this folder.
#pragma once

#include <vector>

#include "isa/scalar.h"

namespace llvm {
class IRBuilderBase;
class Value;
}  // namespace llvm

namespace tandem::codegen {

/// Emits `expression` over `arguments`, whose LLVM types are those that its kArgument nodes name. Exact for every
/// operand.
llvm::Value* emit_scalar(llvm::IRBuilderBase& builder, const isa::ScalarExpression& expression,
                         const std::vector<llvm::Value*>& arguments);

}  // namespace tandem::codegen
