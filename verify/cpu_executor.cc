// Emissions of the CPU: a kernel of one tensorized statement, compiled as any other.
#include <cstring>

#include "compiler/codegen/llvm/llvm_codegen.h"
#include "compiler/loop/interpreter.h"
#include "verify/verify.h"

namespace tandem::verify {
namespace {

/// The pattern as a kernel that is one intrinsic.
loop::Kernel kernel_of(const tensorize::IntrinsicDeclaration& declaration) {
  loop::Kernel kernel = declaration.pattern;
  std::vector<loop::Operand> operands;
  for (const loop::Param& param : kernel.params) {
    operands.push_back({param.buffer, std::vector<loop::Expr>(param.buffer->shape.size(), loop::integer(0))});
  }
  std::vector<loop::Expr> scalars;
  for (const loop::VarRef& scalar : kernel.scalars) scalars.push_back(loop::use(scalar));
  kernel.body = loop::intrinsic(declaration.name, std::move(operands), std::move(scalars), kernel.body);
  return kernel;
}

class CpuExecutor : public Executor {
 public:
  CpuExecutor(sim::CpuJit& jit, const tensorize::IntrinsicSet& intrinsics) : jit_(jit), intrinsics_(intrinsics) {}

  std::string name() const override { return "cpu"; }

  Result<std::vector<Values>> run(const tensorize::IntrinsicDeclaration& declaration,
                                  const std::vector<Case>& cases) override {
    const auto known = functions_.find(declaration.name);
    if (known == functions_.end()) {
      TANDEM_ASSIGN(const codegen::CpuCode code, codegen::compile_cpu(kernel_of(declaration), intrinsics_));
      TANDEM_ASSIGN(functions_[declaration.name], jit_.add(code.llvm_ir, code.entry));
    }
    const sim::CpuFunction& function = functions_.at(declaration.name);
    std::vector<Values> results;
    for (const Case& values : cases) results.push_back(run_one(declaration.pattern, function, values));
    return results;
  }

 private:
  static Values run_one(const loop::Kernel& pattern, const sim::CpuFunction& function, const Case& values) {
    std::vector<Tensor> tensors;
    for (size_t i = 0; i < pattern.params.size(); ++i)
      tensors.push_back(to_tensor(*pattern.params[i].buffer, values.operands[i]));
    std::vector<int64_t> scalars = values.scalars;  // little endian: the low bytes are the value in any narrower type
    std::vector<void*> parameters;
    for (Tensor& tensor : tensors) parameters.push_back(tensor.data.data());
    for (int64_t& scalar : scalars) parameters.push_back(&scalar);
    function(parameters);
    Values result;
    for (size_t i = 0; i < pattern.params.size(); ++i)
      result.push_back(from_tensor(*pattern.params[i].buffer, tensors[i]));
    return result;
  }

  sim::CpuJit& jit_;
  tensorize::IntrinsicSet intrinsics_;
  std::map<std::string, sim::CpuFunction> functions_;
};

}  // namespace

std::unique_ptr<Executor> make_cpu_executor(sim::CpuJit& jit, const tensorize::IntrinsicSet& intrinsics) {
  return std::make_unique<CpuExecutor>(jit, intrinsics);
}

}  // namespace tandem::verify
