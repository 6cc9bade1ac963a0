// What intrinsics of the CPU emit, as functions of a module that their declarations alone define. Internal to this
// folder.
#pragma once

#include <map>
#include <string>

#include "compiler/loop/ir.h"
#include "support/result.h"
#include "tensorize/intrinsic.h"

namespace llvm {
class Function;
class Module;
}  // namespace llvm

namespace tandem::codegen {

class IntrinsicFunctions {
 public:
  /// Keeps a reference to the module.
  IntrinsicFunctions(llvm::Module& module, const tensorize::IntrinsicSet& intrinsics)
      : module_(module), intrinsics_(intrinsics) {}

  /// Defines a function for each intrinsic of `body` that the set has and the CPU can run: void f(addresses of the
  /// operands, scalars), to be inlined. Errors: what LLVM says of the text, at its place in the declaration's file.
  Result<void> define(const loop::Stmt& body);
  /// Null where the intrinsic has no function: its meaning is to be emitted.
  llvm::Function* find(const std::string& name) const;

 private:
  Result<void> define(const tensorize::IntrinsicDeclaration& declaration);

  llvm::Module& module_;
  tensorize::IntrinsicSet intrinsics_;
  std::map<std::string, llvm::Function*> functions_;
};

}  // namespace tandem::codegen
