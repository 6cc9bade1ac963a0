#include "compiler/loop/bytecode.h"

#include "compiler/loop/affine.h"
#include "support/check.h"

namespace tandem::loop::bytecode {
namespace {

class Compiler {
 public:
  explicit Compiler(const Kernel& kernel) {
    for (const Param& param : kernel.params) declare(param.buffer);
    for (const VarRef& scalar : kernel.scalars) {
      vars_[scalar] = fresh();
      program_.scalar_registers.push_back(vars_[scalar]);
    }
    emit(kernel.body);
  }
  Program take() { return std::move(program_); }

 private:
  int32_t fresh() {
    program_.registers.push_back({0});
    return static_cast<int32_t>(program_.registers.size() - 1);
  }
  int32_t constant(Register value) {
    const auto found = constants_.find(value.i);
    if (found != constants_.end()) return found->second;
    program_.registers.push_back(value);
    return constants_[value.i] = static_cast<int32_t>(program_.registers.size() - 1);
  }
  void declare(const BufferRef& buffer) {
    slots_[buffer] = static_cast<int32_t>(program_.buffers.size());
    program_.buffers.push_back(buffer);
  }
  int32_t here() const { return static_cast<int32_t>(program_.steps.size()); }
  Step& push(Step step) {
    program_.steps.push_back(step);
    program_.places.push_back(place_);
    return program_.steps.back();
  }

  /// Row-major: the affine element number where every index is proved to lie within the shape; else a checked one.
  int32_t access(const BufferRef& buffer, const std::vector<Expr>& indices) {
    Access access{slots_.at(buffer)};
    access.first_term = static_cast<int32_t>(program_.terms.size());
    Affine element;
    bool proved = true;
    for (size_t axis = 0; axis < indices.size() && proved; ++axis) {
      const auto index = as_affine(indices[axis]);
      const auto range = index ? range_of(*index, ranges_) : std::nullopt;
      const int64_t extent = buffer->shape[axis];
      proved = range && range->low >= 0 && range->high < extent;
      if (!proved) break;
      element.constant = element.constant * extent + index->constant;
      for (auto& [var, stride] : element.coefficients) stride *= extent;
      for (const auto& [var, coefficient] : index->coefficients) element.coefficients[var] += coefficient;
    }
    if (proved) {
      access.base = element.constant;
      for (const auto& [var, stride] : element.coefficients) program_.terms.push_back({vars_.at(var), stride});
    } else {
      Check check{buffer, {}};
      for (const Expr& index : indices) check.registers.push_back(emit(index));
      const int32_t number = fresh();
      program_.checks.push_back(std::move(check));
      push({Code::kCheck, {}, {}, number, 0, 0, static_cast<int32_t>(program_.checks.size() - 1)});
      access.first_term = static_cast<int32_t>(program_.terms.size());  // nested loads added terms of their own
      program_.terms.push_back({number, 1});
    }
    access.end_term = static_cast<int32_t>(program_.terms.size());
    program_.accesses.push_back(access);
    return static_cast<int32_t>(program_.accesses.size() - 1);
  }

  int32_t emit(const Expr& expr) {
    if (const auto* node = std::get_if<IntLiteral>(&expr->node)) {
      Register value;
      value.i = node->value;
      return constant(value);
    }
    if (const auto* node = std::get_if<FloatLiteral>(&expr->node)) {
      Register value;
      value.f = node->value;
      return constant(value);
    }
    if (const auto* node = std::get_if<VarUse>(&expr->node)) return vars_.at(node->var);
    if (const auto* node = std::get_if<Load>(&expr->node)) {
      const int32_t number = access(node->buffer, node->indices);
      const int32_t dst = fresh();
      push({Code::kLoad, {}, expr->type, dst, 0, 0, number});
      return dst;
    }
    if (const auto* node = std::get_if<Binary>(&expr->node)) return emit_binary(*node, expr->type);
    if (const auto* node = std::get_if<Cast>(&expr->node)) {
      const int32_t value = emit(node->value);
      const Type from = node->value->type;
      // Values are kept sign-extended: widening does nothing.
      if (expr->type != Type::kF32 && from <= expr->type && expr->type != Type::kBool) return value;
      const int32_t dst = fresh();
      push({expr->type == Type::kF32 ? Code::kToFloat : Code::kWrap, {}, expr->type, dst, value});
      return dst;
    }
    if (const auto* node = std::get_if<Select>(&expr->node)) {
      const int32_t condition = emit(node->condition);
      const int32_t dst = fresh();
      const int32_t branch = here();
      push({Code::kJumpIfNot, {}, {}, 0, condition});
      push({Code::kMove, {}, {}, dst, emit(node->a)});
      const int32_t skip = here();
      push({Code::kJump});
      program_.steps[static_cast<size_t>(branch)].target = here();
      push({Code::kMove, {}, {}, dst, emit(node->b)});
      program_.steps[static_cast<size_t>(skip)].target = here();
      return dst;
    }
    const auto& node = std::get<Call>(expr->node);
    BuiltinCall call{isa::find_builtin(node.builtin), {}};
    for (const Expr& argument : node.arguments) call.registers.push_back(emit(argument));
    program_.calls.push_back(std::move(call));
    const int32_t dst = fresh();
    push({Code::kCall, {}, expr->type, dst, 0, 0, static_cast<int32_t>(program_.calls.size() - 1)});
    return dst;
  }

  int32_t emit_binary(const Binary& node, Type type) {
    const int32_t a = emit(node.a), b = emit(node.b);
    const int32_t dst = fresh();
    const Type operands = node.a->type;
    Code code = Code::kBinary;
    if (operands == Type::kF32) {
      code = Code::kFloat;
    } else if (node.op == BinaryOp::kDiv || node.op == BinaryOp::kMod) {
      code = Code::kDivide;
    } else if (node.op == BinaryOp::kAdd || node.op == BinaryOp::kMul) {
      if (type == Type::kI32) code = node.op == BinaryOp::kAdd ? Code::kAdd32 : Code::kMul32;
      if (type == Type::kI64) code = node.op == BinaryOp::kAdd ? Code::kAdd64 : Code::kMul64;
    }
    push({code, node.op, operands, dst, a, b});
    return dst;
  }

  void emit(const Stmt& stmt) {
    const SourceLocation outer = place_;
    if (stmt->where.line > 0) place_ = stmt->where;
    if (const auto* loop = std::get_if<For>(&stmt->node)) {
      if (loop->extent > 0) emit_loop(*loop);
    } else if (const auto* write = std::get_if<Store>(&stmt->node)) {
      const int32_t value = emit(write->value);
      const int32_t number = access(write->buffer, write->indices);
      push({Code::kStore, {}, write->buffer->type, 0, value, 0, number});
    } else if (const auto* node = std::get_if<Alloc>(&stmt->node)) {
      declare(node->buffer);
      push({Code::kZero, {}, {}, 0, 0, 0, slots_[node->buffer]});
      emit(node->body);
    } else if (const auto* guard = std::get_if<If>(&stmt->node)) {
      const int32_t condition = emit(guard->condition);
      const int32_t branch = here();
      push({Code::kJumpIfNot, {}, {}, 0, condition});
      emit(guard->body);
      program_.steps[static_cast<size_t>(branch)].target = here();
    } else if (const auto* list = std::get_if<Block>(&stmt->node)) {
      for (const Stmt& statement : list->statements) emit(statement);
    } else {
      emit(std::get<Intrinsic>(stmt->node).meaning);
    }
    place_ = outer;
  }

  void emit_loop(const For& loop) {
    const int32_t var = fresh();
    vars_[loop.var] = var;
    ranges_[loop.var] = {0, loop.extent - 1};
    Register zero;
    zero.i = 0;
    push({Code::kMove, {}, {}, var, constant(zero)});
    const int32_t begin = here();
    emit(loop.body);
    Step end{Code::kLoopEnd, {}, {}, var, 0, 0, begin};
    end.immediate = loop.extent;
    push(end);
  }

  Program program_;
  std::map<VarRef, int32_t> vars_;
  std::map<BufferRef, int32_t> slots_;
  std::map<int64_t, int32_t> constants_;
  Ranges ranges_;
  SourceLocation place_;
};

}  // namespace

Program compile(const Kernel& kernel) { return Compiler(kernel).take(); }

}  // namespace tandem::loop::bytecode
