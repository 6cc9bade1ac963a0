#include "compiler/codegen/llvm/scalar_emitter.h"

#include <llvm/IR/IRBuilder.h>

#include <map>

#include "support/check.h"

namespace tandem::codegen {
namespace {

class Emitter {
 public:
  Emitter(llvm::IRBuilderBase& builder, const std::vector<llvm::Value*>& arguments)
      : builder_(builder), arguments_(arguments) {}

  /// Shared subtrees are emitted once.
  llvm::Value* emit(const isa::ScalarExpression& expression) {
    llvm::Value*& value = values_[expression.get()];
    if (value == nullptr) value = make(*expression);
    return value;
  }

 private:
  llvm::IntegerType* type(isa::ScalarType scalar) {
    return builder_.getIntNTy(static_cast<unsigned>(isa::bits(scalar)));
  }

  /// The amount modulo the bits of the left operand: LLVM leaves larger ones undefined.
  llvm::Value* shift_amount(llvm::Value* amount, llvm::Type* left) {
    llvm::Value* same_width = builder_.CreateSExtOrTrunc(amount, left);
    return builder_.CreateAnd(same_width, llvm::ConstantInt::get(left, left->getIntegerBitWidth() - 1));
  }

  llvm::Value* make(const isa::ScalarNode& node) {
    using isa::ScalarOp;
    const auto operand = [&](size_t index) { return emit(node.operands[index]); };
    switch (node.op) {
      case ScalarOp::kConstant:
        return llvm::ConstantInt::getSigned(type(node.type), node.value);
      case ScalarOp::kArgument:
        return arguments_[static_cast<size_t>(node.value)];
      case ScalarOp::kAdd:
        return builder_.CreateAdd(operand(0), operand(1));
      case ScalarOp::kSubtract:
        return builder_.CreateSub(operand(0), operand(1));
      case ScalarOp::kMultiply:
        return builder_.CreateMul(operand(0), operand(1));
      case ScalarOp::kNegate:
        return builder_.CreateNeg(operand(0));
      case ScalarOp::kShiftLeft:
        return builder_.CreateShl(operand(0), shift_amount(operand(1), operand(0)->getType()));
      case ScalarOp::kShiftRight:
        return builder_.CreateAShr(operand(0), shift_amount(operand(1), operand(0)->getType()));
      case ScalarOp::kLess:
        return builder_.CreateICmpSLT(operand(0), operand(1));
      case ScalarOp::kLessEqual:
        return builder_.CreateICmpSLE(operand(0), operand(1));
      case ScalarOp::kEqual:
        return builder_.CreateICmpEQ(operand(0), operand(1));
      case ScalarOp::kAnd:
        return builder_.CreateAnd(operand(0), operand(1));
      case ScalarOp::kOr:
        return builder_.CreateOr(operand(0), operand(1));
      case ScalarOp::kNot:
        return builder_.CreateNot(operand(0));
      case ScalarOp::kSelect:
        return builder_.CreateSelect(operand(0), operand(1), operand(2));
      case ScalarOp::kConvert: {
        const bool from_bool = node.operands[0]->type == isa::ScalarType::kI1;
        return from_bool ? builder_.CreateZExtOrTrunc(operand(0), type(node.type))
                         : builder_.CreateSExtOrTrunc(operand(0), type(node.type));
      }
      case ScalarOp::kCeilLog2:
        break;
    }
    check_failed(__FILE__, __LINE__, "no value", "clog2 is for widths only, isa.yaml's built-ins do not have it");
  }

  llvm::IRBuilderBase& builder_;
  const std::vector<llvm::Value*>& arguments_;
  std::map<const isa::ScalarNode*, llvm::Value*> values_;
};

}  // namespace

llvm::Value* emit_scalar(llvm::IRBuilderBase& builder, const isa::ScalarExpression& expression,
                         const std::vector<llvm::Value*>& arguments) {
  return Emitter(builder, arguments).emit(expression);
}

}  // namespace tandem::codegen
