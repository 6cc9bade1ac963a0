#include "sim/cpu/cpu_jit.h"

#include <fmt/format.h>
#include <llvm/ExecutionEngine/Orc/JITTargetMachineBuilder.h>
#include <llvm/ExecutionEngine/Orc/LLJIT.h>
#include <llvm/IR/LLVMContext.h>
#include <llvm/IR/Module.h>
#include <llvm/IR/Verifier.h>
#include <llvm/IRReader/IRReader.h>
#include <llvm/MC/MCSubtargetInfo.h>
#include <llvm/Passes/PassBuilder.h>
#include <llvm/Support/MemoryBuffer.h>
#include <llvm/Support/SourceMgr.h>
#include <llvm/Support/TargetSelect.h>
#include <llvm/Support/raw_ostream.h>
#include <llvm/Target/TargetMachine.h>

#include <algorithm>
#include <cstdlib>
#include <mutex>
#include <utility>

namespace tandem::sim {
namespace {

Diagnostic llvm_error(const std::string& doing, llvm::Error error) {
  return Diagnostic{{}, fmt::format("{}: {}", doing, llvm::toString(std::move(error))), {}, ""};
}

void optimise(llvm::Module& module, llvm::TargetMachine& machine) {
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager call_graph;
  llvm::ModuleAnalysisManager modules;
  llvm::PipelineTuningOptions tuning;
  tuning.LoopVectorization = true;
  tuning.SLPVectorization = true;
  tuning.LoopUnrolling = true;
  llvm::PassBuilder passes(&machine, tuning);
  passes.registerModuleAnalyses(modules);
  passes.registerCGSCCAnalyses(call_graph);
  passes.registerFunctionAnalyses(functions);
  passes.registerLoopAnalyses(loops);
  passes.crossRegisterProxies(loops, functions, call_graph, modules);
  passes.buildPerModuleDefaultPipeline(llvm::OptimizationLevel::O3).run(module, modules);
}

}  // namespace

struct CpuJit::Impl {
  std::unique_ptr<llvm::orc::LLJIT> jit;
  std::unique_ptr<llvm::TargetMachine> machine;
  int modules = 0;
};

CpuJit::CpuJit(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
CpuJit::~CpuJit() = default;

std::string masked_cpu_features() {
  const char* value = std::getenv("TANDEM_CPU_WITHOUT");
  return value == nullptr ? "" : value;
}

std::set<std::string> CpuJit::features() const {
  std::set<std::string> features;
  const llvm::MCSubtargetInfo& info = *impl_->machine->getMCSubtargetInfo();
  for (const llvm::SubtargetFeatureKV& feature : info.getAllProcessorFeatures()) {
    if (info.checkFeatures(std::string("+") + feature.Key)) features.insert(feature.Key);
  }
  return features;
}

namespace {

Result<void> mask(llvm::orc::JITTargetMachineBuilder& host, const std::string& without) {
  if (without == "all") {
    host.setCPU("");
    host.getFeatures() = llvm::SubtargetFeatures();
    return {};
  }
  auto machine = host.createTargetMachine();
  if (!machine) return llvm_error("LLVM has no back end for this CPU", machine.takeError());
  std::vector<std::string> known;
  for (const llvm::SubtargetFeatureKV& feature : (*machine)->getMCSubtargetInfo()->getAllProcessorFeatures())
    known.emplace_back(feature.Key);
  std::vector<std::string> masked;
  for (size_t begin = 0, end = 0; begin < without.size(); begin = end + 1) {
    end = std::min(without.find(',', begin), without.size());
    const std::string feature = without.substr(begin, end - begin);
    if (std::find(known.begin(), known.end(), feature) == known.end()) {
      Diagnostic error = unknown_name({}, "feature of the CPU", feature, std::move(known));
      error.legal.clear();  // some hundred
      return error;
    }
    masked.push_back("-" + feature);
  }
  host.addFeatures(masked);
  return {};
}

}  // namespace

Result<std::unique_ptr<CpuJit>> CpuJit::create(const std::string& without) {
  static std::once_flag once;
  std::call_once(once, [] {
    llvm::InitializeNativeTarget();
    llvm::InitializeNativeTargetAsmPrinter();
  });
  auto host = llvm::orc::JITTargetMachineBuilder::detectHost();
  if (!host) return llvm_error("LLVM does not know this CPU", host.takeError());
  TANDEM_TRY(mask(*host, without));
  host->setCodeGenOptLevel(llvm::CodeGenOptLevel::Aggressive);
  auto machine = host->createTargetMachine();
  if (!machine) return llvm_error("LLVM has no back end for this CPU", machine.takeError());
  auto jit = llvm::orc::LLJITBuilder().setJITTargetMachineBuilder(std::move(*host)).create();
  if (!jit) return llvm_error("LLVM cannot start its just-in-time compiler", jit.takeError());
  auto impl = std::make_unique<Impl>();
  impl->jit = std::move(*jit);
  impl->machine = std::move(*machine);
  return std::unique_ptr<CpuJit>(new CpuJit(std::move(impl)));
}

Result<CpuFunction> CpuJit::add(const std::string& llvm_ir, const std::string& entry) {
  auto context = std::make_unique<llvm::LLVMContext>();
  llvm::SMDiagnostic message;
  std::unique_ptr<llvm::Module> module = llvm::parseIR(llvm::MemoryBufferRef(llvm_ir, "module"), message, *context);
  if (module == nullptr) {
    return Diagnostic{{},
                      fmt::format("LLVM refuses the module for '{}': line {}: {}", entry, message.getLineNo(),
                                  message.getMessage().str()),
                      {},
                      ""};
  }
  const llvm::Function* function = module->getFunction(entry);
  if (function == nullptr || function->isDeclaration()) {
    return Diagnostic{{}, fmt::format("the module has no function '{}'", entry), {}, ""};
  }
  module->setDataLayout(impl_->machine->createDataLayout());
  module->setTargetTriple(impl_->machine->getTargetTriple().str());
  for (llvm::Function& each : *module) {
    if (each.isDeclaration()) continue;
    each.addFnAttr("target-cpu", impl_->machine->getTargetCPU());
    each.addFnAttr("target-features", impl_->machine->getTargetFeatureString());
  }
  optimise(*module, *impl_->machine);

  const std::string doing = fmt::format("LLVM cannot compile '{}'", entry);
  auto library = impl_->jit->createJITDylib(fmt::format("module{}", impl_->modules++));
  if (!library) return llvm_error(doing, library.takeError());
  auto c_library =
      llvm::orc::DynamicLibrarySearchGenerator::GetForCurrentProcess(impl_->jit->getDataLayout().getGlobalPrefix());
  if (!c_library) return llvm_error(doing, c_library.takeError());
  library->addGenerator(std::move(*c_library));
  if (auto error =
          impl_->jit->addIRModule(*library, llvm::orc::ThreadSafeModule(std::move(module), std::move(context)))) {
    return llvm_error(doing, std::move(error));
  }
  auto symbol = impl_->jit->lookup(*library, entry);
  if (!symbol) return llvm_error(doing, symbol.takeError());
  return CpuFunction{symbol->toPtr<void (*)(void* const*)>()};
}

}  // namespace tandem::sim
