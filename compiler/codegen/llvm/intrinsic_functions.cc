#include "compiler/codegen/llvm/intrinsic_functions.h"

#include <fmt/format.h>
#include <llvm/AsmParser/Parser.h>
#include <llvm/IR/Function.h>
#include <llvm/IR/Module.h>
#include <llvm/IR/Verifier.h>
#include <llvm/Support/SourceMgr.h>
#include <llvm/Support/raw_ostream.h>

#include <algorithm>
#include <set>

namespace tandem::codegen {
namespace {

std::string type_text(loop::Type type) {
  switch (type) {
    case loop::Type::kBool:
      return "i1";
    case loop::Type::kF32:
      return "float";
    default:
      return loop::name(type);
  }
}

class Names : public loop::Rewriter {
 public:
  std::set<std::string> found;

 protected:
  loop::Stmt on_stmt(const loop::Stmt& stmt) override {
    if (const auto* intrinsic = std::get_if<loop::Intrinsic>(&stmt->node)) found.insert(intrinsic->name);
    return stmt;
  }
};

}  // namespace

Result<void> IntrinsicFunctions::define(const loop::Stmt& body) {
  if (body == nullptr || intrinsics_.all().empty()) return {};
  Names names;
  names.rewrite(body);
  for (const std::string& name : names.found) {
    const tensorize::IntrinsicDeclaration* declaration = intrinsics_.find(name);
    if (declaration == nullptr || !declaration->lacks.empty()) continue;
    if (!std::holds_alternative<tensorize::CpuEmission>(declaration->emission)) continue;
    TANDEM_TRY(define(*declaration));
  }
  return {};
}

Result<void> IntrinsicFunctions::define(const tensorize::IntrinsicDeclaration& declaration) {
  const auto& emission = std::get<tensorize::CpuEmission>(declaration.emission);
  std::string parameters;
  const auto add = [&](const std::string& type, const std::string& name) {
    parameters += fmt::format("{}{} %{}", parameters.empty() ? "" : ", ", type, name);
  };
  for (const loop::Param& param : declaration.pattern.params) add("ptr", param.buffer->name);
  for (const loop::VarRef& scalar : declaration.pattern.scalars) add(type_text(scalar->type), scalar->name);
  const std::string name = "tandem_intrinsic_" + declaration.name;
  // One line before the declaration's own, so that lines are those of the file but for an offset.
  const std::string text = fmt::format("define internal void @{}({}) alwaysinline {{\n{}\n  ret void\n}}\n", name,
                                       parameters, emission.llvm);
  llvm::SMDiagnostic message;
  if (llvm::parseAssemblyInto(llvm::MemoryBufferRef(text, declaration.file), &module_, nullptr, message)) {
    return Diagnostic{
        {declaration.file, emission.first_line + message.getLineNo() - 2, 0},
        fmt::format("LLVM does not accept what '{}' emits: {}", declaration.name, message.getMessage().str()),
        {},
        ""};
  }
  llvm::Function* function = module_.getFunction(name);
  std::string broken;
  llvm::raw_string_ostream reason(broken);
  if (function == nullptr || llvm::verifyFunction(*function, &reason)) {
    return Diagnostic{{declaration.file, emission.first_line, 0},
                      fmt::format("LLVM does not accept what '{}' emits: {}", declaration.name, reason.str()),
                      {},
                      ""};
  }
  functions_[declaration.name] = function;
  return {};
}

llvm::Function* IntrinsicFunctions::find(const std::string& name) const {
  const auto found = functions_.find(name);
  return found == functions_.end() ? nullptr : found->second;
}

}  // namespace tandem::codegen
