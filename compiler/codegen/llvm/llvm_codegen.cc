#include "compiler/codegen/llvm/llvm_codegen.h"

#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/LLVMContext.h>
#include <llvm/IR/MDBuilder.h>
#include <llvm/IR/Module.h>
#include <llvm/IR/Verifier.h>
#include <llvm/Support/raw_ostream.h>

#include <cctype>
#include <map>
#include <memory>
#include <utility>

#include "compiler/codegen/llvm/intrinsic_functions.h"
#include "compiler/codegen/llvm/scalar_emitter.h"
#include "isa/builtin.h"
#include "support/check.h"

namespace tandem::codegen {
namespace {

int64_t element_bytes(loop::Type type) {
  switch (type) {
    case loop::Type::kBool:
    case loop::Type::kI8:
      return 1;
    case loop::Type::kI32:
    case loop::Type::kF32:
      return 4;
    case loop::Type::kI64:
      return 8;
  }
  return 8;
}

/// Larger buffers are allocated on the heap, once per call of the function.
constexpr int64_t kStackBytes = 16 * 1024;
constexpr unsigned kAlignment = 64;

/// Emits one kernel. What the loop IR's constructors refuse (unknown built-ins, casts from f32) cannot come here.
class KernelEmitter {
 public:
  KernelEmitter(const loop::Kernel& kernel, const tensorize::IntrinsicSet& intrinsics)
      : kernel_(kernel), module_(kernel.name, context_), builder_(context_), functions_(module_, intrinsics) {}

  Result<CpuCode> emit() {
    TANDEM_TRY(functions_.define(kernel_.body));
    CpuCode code;
    for (const loop::Param& param : kernel_.params) {
      code.parameters.push_back({param.buffer->name, size_bytes(*param.buffer), param.is_output});
    }
    for (const loop::VarRef& scalar : kernel_.scalars) {
      code.parameters.push_back({scalar->name, element_bytes(scalar->type), false});
    }
    llvm::Function* body = emit_body();
    code.entry = entry_name();
    emit_entry(body, code);
    std::string broken;
    llvm::raw_string_ostream reason(broken);
    TANDEM_CHECK(!llvm::verifyModule(module_, &reason), broken);
    llvm::raw_string_ostream text(code.llvm_ir);
    module_.print(text, nullptr);
    text.flush();
    return code;
  }

 private:
  static int64_t size_bytes(const loop::Buffer& buffer) {
    return element_count(buffer.shape) * element_bytes(buffer.type);
  }

  std::string entry_name() const {
    std::string entry = "tandem_";
    for (const char c : kernel_.name) entry += std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
    return entry;
  }

  llvm::Type* value_type(loop::Type type) {
    switch (type) {
      case loop::Type::kBool:
        return builder_.getInt1Ty();
      case loop::Type::kI8:
        return builder_.getInt8Ty();
      case loop::Type::kI32:
        return builder_.getInt32Ty();
      case loop::Type::kI64:
        return builder_.getInt64Ty();
      case loop::Type::kF32:
        return builder_.getFloatTy();
    }
    return builder_.getInt64Ty();
  }
  llvm::Type* memory_type(loop::Type type) {
    return type == loop::Type::kBool ? builder_.getInt8Ty() : value_type(type);
  }

  /// The kernel as a function of its buffers, each of which no other pointer reaches.
  llvm::Function* emit_body() {
    std::vector<llvm::Type*> types(kernel_.params.size() + kernel_.scalars.size(), builder_.getPtrTy());
    auto* type = llvm::FunctionType::get(builder_.getVoidTy(), types, false);
    auto* function = llvm::Function::Create(type, llvm::Function::InternalLinkage, "body", module_);
    function->addFnAttr(llvm::Attribute::NoInline);  // inlined, the noalias of its parameters would be lost
    function->addFnAttr(llvm::Attribute::NoUnwind);
    function_ = function;
    entry_block_ = llvm::BasicBlock::Create(context_, "entry", function);
    llvm::BasicBlock* start = llvm::BasicBlock::Create(context_, "start", function);
    builder_.SetInsertPoint(start);
    for (size_t i = 0; i < types.size(); ++i) {
      llvm::Argument* argument = function->getArg(static_cast<unsigned>(i));
      argument->addAttr(llvm::Attribute::NoAlias);
      argument->addAttr(llvm::Attribute::NoCapture);
      if (i < kernel_.params.size()) {
        const loop::Buffer& buffer = *kernel_.params[i].buffer;
        argument->setName(buffer.name);
        buffers_[&buffer] = argument;
      } else {
        const loop::Var& scalar = *kernel_.scalars[i - kernel_.params.size()];
        argument->setName(scalar.name);
        vars_[&scalar] = load_element(scalar.type, argument);
      }
    }
    emit_statement(kernel_.body);
    for (llvm::Value* memory : heap_) builder_.CreateCall(free_function(), {memory});
    builder_.CreateRetVoid();
    builder_.SetInsertPoint(entry_block_);
    builder_.CreateBr(start);
    return function;
  }

  /// void entry(ptr parameters): loads each address and calls the body.
  void emit_entry(llvm::Function* body, const CpuCode& code) {
    auto* type = llvm::FunctionType::get(builder_.getVoidTy(), {builder_.getPtrTy()}, false);
    auto* function = llvm::Function::Create(type, llvm::Function::ExternalLinkage, code.entry, module_);
    builder_.SetInsertPoint(llvm::BasicBlock::Create(context_, "entry", function));
    std::vector<llvm::Value*> arguments;
    for (size_t i = 0; i < code.parameters.size(); ++i) {
      llvm::Value* place = builder_.CreateConstInBoundsGEP1_64(builder_.getPtrTy(), function->getArg(0), i);
      arguments.push_back(builder_.CreateLoad(builder_.getPtrTy(), place));
    }
    builder_.CreateCall(body, arguments);
    builder_.CreateRetVoid();
  }

  // ---- statements
  // ---------------------------------------------------------------------------------------------------------

  void emit_statement(const loop::Stmt& statement) {
    if (statement == nullptr) return;
    std::visit([&](const auto& node) { emit_node(node); }, statement->node);
  }

  void emit_node(const loop::For& loop) {
    if (loop.extent <= 0) return;
    llvm::BasicBlock* before = builder_.GetInsertBlock();
    llvm::BasicBlock* body = llvm::BasicBlock::Create(context_, loop.var->name, function_);
    llvm::BasicBlock* after = llvm::BasicBlock::Create(context_, loop.var->name + "_end", function_);
    builder_.CreateBr(body);
    builder_.SetInsertPoint(body);
    llvm::PHINode* var = builder_.CreatePHI(builder_.getInt64Ty(), 2, loop.var->name);
    var->addIncoming(builder_.getInt64(0), before);
    vars_[loop.var.get()] = cast_int(var, loop.var->type);
    emit_statement(loop.body);
    llvm::Value* next = builder_.CreateNUWAdd(var, builder_.getInt64(1));
    llvm::Value* again = builder_.CreateICmpULT(next, builder_.getInt64(static_cast<uint64_t>(loop.extent)));
    llvm::BranchInst* branch = builder_.CreateCondBr(again, body, after);
    var->addIncoming(next, builder_.GetInsertBlock());
    annotate(branch, loop.kind);
    builder_.SetInsertPoint(after);
  }

  /// Hints: the loop's meaning is serial.
  void annotate(llvm::BranchInst* branch, loop::ForKind kind) {
    const char* key = kind == loop::ForKind::kUnrolled     ? "llvm.loop.unroll.full"
                      : kind == loop::ForKind::kVectorized ? "llvm.loop.vectorize.enable"
                                                           : nullptr;
    if (key == nullptr) return;
    std::vector<llvm::Metadata*> hint{llvm::MDString::get(context_, key)};
    if (kind == loop::ForKind::kVectorized) hint.push_back(llvm::ConstantAsMetadata::get(builder_.getTrue()));
    llvm::MDNode* id = llvm::MDNode::getDistinct(context_, {nullptr, llvm::MDNode::get(context_, hint)});
    id->replaceOperandWith(0, id);
    branch->setMetadata(llvm::LLVMContext::MD_loop, id);
  }

  void emit_node(const loop::Store& store) {
    llvm::Value* value = emit(store.value);
    if (store.buffer->type == loop::Type::kBool) value = builder_.CreateZExt(value, builder_.getInt8Ty());
    builder_.CreateAlignedStore(value, element(store.buffer, store.indices), alignment(store.buffer->type));
  }

  void emit_node(const loop::Alloc& allocation) {
    const loop::Buffer& buffer = *allocation.buffer;
    const int64_t bytes = size_bytes(buffer);
    llvm::Value* memory = reserve(bytes, buffer.name);
    builder_.CreateMemSet(memory, builder_.getInt8(0), static_cast<uint64_t>(bytes), llvm::Align(kAlignment));
    buffers_[&buffer] = memory;
    emit_statement(allocation.body);
    buffers_.erase(&buffer);
  }

  void emit_node(const loop::If& choice) {
    llvm::BasicBlock* then = llvm::BasicBlock::Create(context_, "then", function_);
    llvm::BasicBlock* after = llvm::BasicBlock::Create(context_, "end_if", function_);
    builder_.CreateCondBr(emit(choice.condition), then, after);
    builder_.SetInsertPoint(then);
    emit_statement(choice.body);
    builder_.CreateBr(after);
    builder_.SetInsertPoint(after);
  }

  void emit_node(const loop::Block& block) {
    for (const loop::Stmt& statement : block.statements) emit_statement(statement);
  }

  void emit_node(const loop::Intrinsic& intrinsic) {
    llvm::Function* function = functions_.find(intrinsic.name);
    if (function == nullptr) return emit_statement(intrinsic.meaning);
    std::vector<llvm::Value*> arguments;
    for (const loop::Operand& operand : intrinsic.operands)
      arguments.push_back(element(operand.buffer, operand.indices));
    for (const loop::Expr& scalar : intrinsic.scalars) arguments.push_back(emit(scalar));
    builder_.CreateCall(function, arguments);
  }

  // ---- memory
  // -------------------------------------------------------------------------------------------------------------

  static llvm::Align alignment(loop::Type type) { return llvm::Align(static_cast<uint64_t>(element_bytes(type))); }

  /// Memory for the whole call: in the entry block, so that an Alloc in a loop takes it once.
  llvm::Value* reserve(int64_t bytes, const std::string& name) {
    llvm::IRBuilder<> entry(entry_block_);
    if (bytes <= kStackBytes) {
      auto* memory =
          entry.CreateAlloca(llvm::ArrayType::get(entry.getInt8Ty(), static_cast<uint64_t>(bytes)), nullptr, name);
      memory->setAlignment(llvm::Align(kAlignment));
      return memory;
    }
    const int64_t rounded = (bytes + kAlignment - 1) / kAlignment * kAlignment;
    auto* type = llvm::FunctionType::get(entry.getPtrTy(), {entry.getInt64Ty(), entry.getInt64Ty()}, false);
    llvm::FunctionCallee allocate = module_.getOrInsertFunction("aligned_alloc", type);
    llvm::CallInst* memory =
        entry.CreateCall(allocate, {entry.getInt64(kAlignment), entry.getInt64(static_cast<uint64_t>(rounded))}, name);
    memory->addRetAttr(llvm::Attribute::NoAlias);
    heap_.push_back(memory);
    return memory;
  }

  llvm::FunctionCallee free_function() {
    return module_.getOrInsertFunction("free",
                                       llvm::FunctionType::get(builder_.getVoidTy(), {builder_.getPtrTy()}, false));
  }

  llvm::Value* element(const loop::BufferRef& buffer, const std::vector<loop::Expr>& indices) {
    const auto found = buffers_.find(buffer.get());
    TANDEM_CHECK(found != buffers_.end(), "buffer '" + buffer->name + "' is used outside its scope");
    TANDEM_CHECK(indices.size() == buffer->shape.size(), "buffer '" + buffer->name + "' has another number of axes");
    llvm::Value* offset = builder_.getInt64(0);
    for (size_t axis = 0; axis < indices.size(); ++axis) {
      llvm::Value* extent = builder_.getInt64(static_cast<uint64_t>(buffer->shape[axis]));
      llvm::Value* index = cast_int(emit(indices[axis]), loop::Type::kI64);
      offset = builder_.CreateNSWAdd(builder_.CreateNSWMul(offset, extent), index);
    }
    return builder_.CreateInBoundsGEP(memory_type(buffer->type), found->second, offset);
  }

  llvm::Value* load_element(loop::Type type, llvm::Value* place) {
    llvm::Value* value = builder_.CreateAlignedLoad(memory_type(type), place, alignment(type));
    return type == loop::Type::kBool ? builder_.CreateICmpNE(value, builder_.getInt8(0)) : value;
  }

  // ---- expressions
  // --------------------------------------------------------------------------------------------------------

  llvm::Value* emit(const loop::Expr& expression) {
    return std::visit([&](const auto& node) { return value_of(node, expression->type); }, expression->node);
  }

  llvm::Value* value_of(const loop::IntLiteral& literal, loop::Type type) {
    return type == loop::Type::kBool ? static_cast<llvm::Value*>(builder_.getInt1(literal.value != 0))
                                     : llvm::ConstantInt::getSigned(value_type(type), literal.value);
  }

  llvm::Value* value_of(const loop::FloatLiteral& literal, loop::Type) {
    return llvm::ConstantFP::get(context_, llvm::APFloat(static_cast<float>(literal.value)));
  }

  llvm::Value* value_of(const loop::VarUse& use, loop::Type) {
    const auto found = vars_.find(use.var.get());
    TANDEM_CHECK(found != vars_.end(), "variable '" + use.var->name + "' is used outside its loop");
    return found->second;
  }

  llvm::Value* value_of(const loop::Load& load, loop::Type) {
    return load_element(load.buffer->type, element(load.buffer, load.indices));
  }

  llvm::Value* value_of(const loop::Binary& binary, loop::Type) {
    llvm::Value* a = emit(binary.a);
    llvm::Value* b = emit(binary.b);
    return binary.a->type == loop::Type::kF32 ? float_binary(binary.op, a, b) : int_binary(binary.op, a, b);
  }

  llvm::Value* int_binary(loop::BinaryOp op, llvm::Value* a, llvm::Value* b) {
    using loop::BinaryOp;
    switch (op) {
      case BinaryOp::kAdd:
        return builder_.CreateAdd(a, b);
      case BinaryOp::kSub:
        return builder_.CreateSub(a, b);
      case BinaryOp::kMul:
        return builder_.CreateMul(a, b);
      case BinaryOp::kDiv:
        return floor_division(a, b).quotient;
      case BinaryOp::kMod:
        return floor_division(a, b).remainder;
      case BinaryOp::kMin:
        return builder_.CreateSelect(builder_.CreateICmpSLT(b, a), b, a);
      case BinaryOp::kMax:
        return builder_.CreateSelect(builder_.CreateICmpSLT(a, b), b, a);
      case BinaryOp::kLt:
        return builder_.CreateICmpSLT(a, b);
      case BinaryOp::kLe:
        return builder_.CreateICmpSLE(a, b);
      case BinaryOp::kGt:
        return builder_.CreateICmpSGT(a, b);
      case BinaryOp::kGe:
        return builder_.CreateICmpSGE(a, b);
      case BinaryOp::kEq:
        return builder_.CreateICmpEQ(a, b);
      case BinaryOp::kNe:
        return builder_.CreateICmpNE(a, b);
      case BinaryOp::kAnd:
        return builder_.CreateAnd(a, b);
      case BinaryOp::kOr:
        return builder_.CreateOr(a, b);
    }
    return a;
  }

  llvm::Value* float_binary(loop::BinaryOp op, llvm::Value* a, llvm::Value* b) {
    using loop::BinaryOp;
    switch (op) {
      case BinaryOp::kAdd:
        return builder_.CreateFAdd(a, b);
      case BinaryOp::kSub:
        return builder_.CreateFSub(a, b);
      case BinaryOp::kMul:
        return builder_.CreateFMul(a, b);
      case BinaryOp::kDiv:
        return builder_.CreateFDiv(a, b);
      case BinaryOp::kMin:
        return builder_.CreateSelect(builder_.CreateFCmpOLT(b, a), b, a);
      case BinaryOp::kMax:
        return builder_.CreateSelect(builder_.CreateFCmpOLT(a, b), b, a);
      case BinaryOp::kLt:
        return builder_.CreateFCmpOLT(a, b);
      case BinaryOp::kLe:
        return builder_.CreateFCmpOLE(a, b);
      case BinaryOp::kGt:
        return builder_.CreateFCmpOGT(a, b);
      case BinaryOp::kGe:
        return builder_.CreateFCmpOGE(a, b);
      case BinaryOp::kEq:
        return builder_.CreateFCmpOEQ(a, b);
      case BinaryOp::kNe:
        return builder_.CreateFCmpUNE(a, b);
      case BinaryOp::kMod:
      case BinaryOp::kAnd:
      case BinaryOp::kOr:
        break;
    }
    check_failed(__FILE__, __LINE__, "float_binary", "% and logic do not work on f32");
  }

  struct Division {
    llvm::Value* quotient;
    llvm::Value* remainder;
  };
  /// Rounds towards minus infinity. LLVM leaves a divisor of 0 and MIN / -1 undefined, so both are replaced: x / 0 = x
  /// % 0 = 0, and x / -1 wraps.
  Division floor_division(llvm::Value* a, llvm::Value* b) {
    llvm::Type* type = a->getType();
    llvm::Value* zero = llvm::ConstantInt::get(type, 0);
    llvm::Value* one = llvm::ConstantInt::get(type, 1);
    llvm::Value* by_zero = builder_.CreateICmpEQ(b, zero);
    llvm::Value* by_minus_one = builder_.CreateICmpEQ(b, llvm::ConstantInt::getSigned(type, -1));
    llvm::Value* divisor = builder_.CreateSelect(builder_.CreateOr(by_zero, by_minus_one), one, b);
    llvm::Value* quotient = builder_.CreateSDiv(a, divisor);
    llvm::Value* remainder = builder_.CreateSRem(a, divisor);
    llvm::Value* inexact = builder_.CreateICmpNE(remainder, zero);
    llvm::Value* signs_differ = builder_.CreateICmpSLT(builder_.CreateXor(remainder, divisor), zero);
    llvm::Value* round_down = builder_.CreateAnd(inexact, signs_differ);
    quotient = builder_.CreateSelect(round_down, builder_.CreateSub(quotient, one), quotient);
    remainder = builder_.CreateSelect(round_down, builder_.CreateAdd(remainder, divisor), remainder);
    quotient = builder_.CreateSelect(by_minus_one, builder_.CreateNeg(a), quotient);
    return {builder_.CreateSelect(by_zero, zero, quotient), builder_.CreateSelect(by_zero, zero, remainder)};
  }

  llvm::Value* cast_int(llvm::Value* value, loop::Type to) {
    llvm::Type* type = value_type(to);
    if (value->getType() == type) return value;
    if (to == loop::Type::kBool) return builder_.CreateICmpNE(value, llvm::ConstantInt::get(value->getType(), 0));
    return value->getType()->isIntegerTy(1) ? builder_.CreateZExt(value, type)
                                            : builder_.CreateSExtOrTrunc(value, type);
  }

  llvm::Value* value_of(const loop::Cast& cast, loop::Type to) {
    llvm::Value* value = emit(cast.value);
    const loop::Type from = cast.value->type;
    if (from == to) return value;
    TANDEM_CHECK(from != loop::Type::kF32, "a cast from f32 to an integer");
    if (to != loop::Type::kF32) return cast_int(value, to);
    return from == loop::Type::kBool ? builder_.CreateUIToFP(value, builder_.getFloatTy())
                                     : builder_.CreateSIToFP(value, builder_.getFloatTy());
  }

  /// Whether evaluating it where the program would not could read beyond a buffer.
  static bool reads_memory(const loop::Expr& expression) {
    struct Visitor {
      bool operator()(const loop::Load&) const { return true; }
      bool operator()(const loop::Binary& node) const { return reads_memory(node.a) || reads_memory(node.b); }
      bool operator()(const loop::Cast& node) const { return reads_memory(node.value); }
      bool operator()(const loop::Select& node) const {
        return reads_memory(node.condition) || reads_memory(node.a) || reads_memory(node.b);
      }
      bool operator()(const loop::Call& node) const {
        for (const loop::Expr& argument : node.arguments) {
          if (reads_memory(argument)) return true;
        }
        return false;
      }
      bool operator()(const loop::IntLiteral&) const { return false; }
      bool operator()(const loop::FloatLiteral&) const { return false; }
      bool operator()(const loop::VarUse&) const { return false; }
    };
    return std::visit(Visitor{}, expression->node);
  }

  llvm::Value* value_of(const loop::Select& select, loop::Type type) {
    llvm::Value* condition = emit(select.condition);
    if (!reads_memory(select.a) && !reads_memory(select.b)) {
      llvm::Value* a = emit(select.a);
      return builder_.CreateSelect(condition, a, emit(select.b));
    }
    llvm::BasicBlock* then = llvm::BasicBlock::Create(context_, "select_a", function_);
    llvm::BasicBlock* otherwise = llvm::BasicBlock::Create(context_, "select_b", function_);
    llvm::BasicBlock* after = llvm::BasicBlock::Create(context_, "selected", function_);
    builder_.CreateCondBr(condition, then, otherwise);
    builder_.SetInsertPoint(then);
    llvm::Value* a = emit(select.a);
    llvm::BasicBlock* a_end = builder_.GetInsertBlock();
    builder_.CreateBr(after);
    builder_.SetInsertPoint(otherwise);
    llvm::Value* b = emit(select.b);
    llvm::BasicBlock* b_end = builder_.GetInsertBlock();
    builder_.CreateBr(after);
    builder_.SetInsertPoint(after);
    llvm::PHINode* value = builder_.CreatePHI(value_type(type), 2);
    value->addIncoming(a, a_end);
    value->addIncoming(b, b_end);
    return value;
  }

  llvm::Value* value_of(const loop::Call& call, loop::Type) {
    const isa::Builtin* builtin = isa::find_builtin(call.builtin);
    TANDEM_CHECK(builtin != nullptr, "no built-in '" + call.builtin + "'");
    std::vector<llvm::Value*> arguments;
    for (const loop::Expr& argument : call.arguments) arguments.push_back(emit(argument));
    return emit_scalar(builder_, builtin->function.body, arguments);
  }

  const loop::Kernel& kernel_;
  llvm::LLVMContext context_;
  llvm::Module module_;
  llvm::IRBuilder<> builder_;
  IntrinsicFunctions functions_;
  llvm::Function* function_ = nullptr;
  llvm::BasicBlock* entry_block_ = nullptr;
  std::map<const loop::Var*, llvm::Value*> vars_;
  std::map<const loop::Buffer*, llvm::Value*> buffers_;
  std::vector<llvm::Value*> heap_;
};

}  // namespace

Result<CpuCode> compile_cpu(const loop::Kernel& kernel, const tensorize::IntrinsicSet& intrinsics) {
  return KernelEmitter(kernel, intrinsics).emit();
}

}  // namespace tandem::codegen
