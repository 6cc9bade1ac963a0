#include "compiler/loop/interpreter.h"

#include <fmt/format.h>

#include <cstring>

#include "compiler/loop/bytecode.h"
#include "compiler/loop/scalar_arithmetic.h"

namespace tandem::loop {
namespace {

using namespace bytecode;

double evaluate_float(BinaryOp op, double a, double b) {
  const auto x = static_cast<float>(a), y = static_cast<float>(b);
  switch (op) {
    case BinaryOp::kAdd:
      return x + y;
    case BinaryOp::kSub:
      return x - y;
    case BinaryOp::kMul:
      return x * y;
    case BinaryOp::kDiv:
      return x / y;
    case BinaryOp::kMin:
      return y < x ? y : x;
    case BinaryOp::kMax:
      return x < y ? y : x;
    default:
      return 0;
  }
}

Register evaluate_float_step(const Step& step, Register a, Register b) {
  Register result{0};
  switch (step.op) {
    case BinaryOp::kLt:
      result.i = a.f < b.f;
      break;
    case BinaryOp::kLe:
      result.i = a.f <= b.f;
      break;
    case BinaryOp::kGt:
      result.i = a.f > b.f;
      break;
    case BinaryOp::kGe:
      result.i = a.f >= b.f;
      break;
    case BinaryOp::kEq:
      result.i = a.f == b.f;
      break;
    case BinaryOp::kNe:
      result.i = a.f != b.f;
      break;
    default:
      result.f = evaluate_float(step.op, a.f, b.f);
  }
  return result;
}

class Machine {
 public:
  Machine(const Program& program, std::vector<uint8_t*> data)
      : program_(program), data_(std::move(data)), registers_(program.registers) {
    for (size_t i = data_.size(); i < program.buffers.size(); ++i) {
      owned_.emplace_back(bytes(*program.buffers[i]));
      data_.push_back(owned_.back().data());
    }
  }
  void set(int32_t reg, int64_t value) { registers_[static_cast<size_t>(reg)].i = value; }

  Result<void> run() {
    const Step* const steps = program_.steps.data();
    const auto count = static_cast<int32_t>(program_.steps.size());
    Register* const r = registers_.data();
    for (int32_t pc = 0; pc < count; ++pc) {
      const Step& step = steps[pc];
      Register& dst = r[step.dst];
      switch (step.code) {
        case Code::kBinary:
          dst.i = evaluate(step.op, step.type, r[step.a].i, r[step.b].i);
          break;
        case Code::kAdd32:
          dst.i = wrap(Type::kI32, r[step.a].i + r[step.b].i);
          break;
        case Code::kMul32:
          dst.i = wrap(Type::kI32, r[step.a].i * r[step.b].i);
          break;
        case Code::kAdd64:
          dst.i = evaluate(BinaryOp::kAdd, Type::kI64, r[step.a].i, r[step.b].i);
          break;
        case Code::kMul64:
          dst.i = evaluate(BinaryOp::kMul, Type::kI64, r[step.a].i, r[step.b].i);
          break;
        case Code::kFloat:
          dst = evaluate_float_step(step, r[step.a], r[step.b]);
          break;
        case Code::kDivide:
          if (r[step.b].i == 0) return failure(pc, "division by zero");
          dst.i = evaluate(step.op, step.type, r[step.a].i, r[step.b].i);
          break;
        case Code::kWrap:
          dst.i = wrap(step.type, r[step.a].i);
          break;
        case Code::kToFloat:
          dst.f = static_cast<float>(r[step.a].i);
          break;
        case Code::kMove:
          dst = r[step.a];
          break;
        case Code::kCall:
          dst.i = call(program_.calls[static_cast<size_t>(step.target)]);
          break;
        case Code::kLoad:
          dst = read(step);
          break;
        case Code::kStore:
          write(step, r[step.a]);
          break;
        case Code::kCheck:
          if (const int64_t number = element(program_.checks[static_cast<size_t>(step.target)]); number >= 0) {
            dst.i = number;
            break;
          }
          return out_of_bounds(pc);
        case Code::kZero:
          clear(step.target);
          break;
        case Code::kJump:
          pc = step.target - 1;
          break;
        case Code::kJumpIfNot:
          if (r[step.a].i == 0) pc = step.target - 1;
          break;
        case Code::kLoopEnd:
          if (++dst.i < step.immediate) pc = step.target - 1;
          break;
      }
    }
    return {};
  }

 private:
  static size_t bytes(const Buffer& buffer) {
    return static_cast<size_t>(element_count(buffer.shape) * size_bytes(tensor_type(buffer.type)));
  }
  void clear(int32_t buffer) {
    const auto slot = static_cast<size_t>(buffer);
    if (const size_t size = bytes(*program_.buffers[slot])) std::memset(data_[slot], 0, size);
  }
  const uint8_t* address(const Step& step, int size) const {
    const Access& access = program_.accesses[static_cast<size_t>(step.target)];
    int64_t number = access.base;
    for (int32_t t = access.first_term; t < access.end_term; ++t) {
      const Term& term = program_.terms[static_cast<size_t>(t)];
      number += registers_[static_cast<size_t>(term.reg)].i * term.stride;
    }
    return data_[static_cast<size_t>(access.buffer)] + number * size;
  }
  template <typename T>
  T get(const Step& step) const {
    T value;
    std::memcpy(&value, address(step, sizeof(T)), sizeof(T));
    return value;
  }
  template <typename T>
  void put(const Step& step, T value) {
    std::memcpy(const_cast<uint8_t*>(address(step, sizeof(T))), &value, sizeof(T));
  }
  Register read(const Step& step) const {
    Register value{0};
    switch (step.type) {
      case Type::kBool:
      case Type::kI8:
        value.i = get<int8_t>(step);
        break;
      case Type::kI32:
        value.i = get<int32_t>(step);
        break;
      case Type::kI64:
        value.i = get<int64_t>(step);
        break;
      case Type::kF32:
        value.f = get<float>(step);
        break;
    }
    return value;
  }
  void write(const Step& step, Register value) {
    switch (step.type) {
      case Type::kBool:
      case Type::kI8:
        put(step, static_cast<int8_t>(value.i));
        break;
      case Type::kI32:
        put(step, static_cast<int32_t>(value.i));
        break;
      case Type::kI64:
        put(step, value.i);
        break;
      case Type::kF32:
        put(step, static_cast<float>(value.f));
        break;
    }
  }
  int64_t call(const BuiltinCall& builtin) {
    arguments_.clear();
    for (const int32_t reg : builtin.registers) arguments_.push_back(registers_[static_cast<size_t>(reg)].i);
    return (*builtin.builtin)(arguments_);
  }
  /// -1: out of bounds.
  int64_t element(const Check& check) const {
    int64_t number = 0;
    for (size_t axis = 0; axis < check.registers.size(); ++axis) {
      const int64_t index = registers_[static_cast<size_t>(check.registers[axis])].i;
      const int64_t extent = check.buffer->shape[axis];
      if (index < 0 || index >= extent) return -1;
      number = number * extent + index;
    }
    return number;
  }

  Diagnostic failure(int32_t pc, std::string what) const {
    return Diagnostic{program_.places[static_cast<size_t>(pc)], std::move(what), {}, ""};
  }
  Diagnostic out_of_bounds(int32_t pc) const {
    const Check& check = program_.checks[static_cast<size_t>(program_.steps[static_cast<size_t>(pc)].target)];
    Shape index;
    for (const int32_t reg : check.registers) index.push_back(registers_[static_cast<size_t>(reg)].i);
    return failure(pc, fmt::format("{}{} is out of bounds: the shape is {}", check.buffer->name, to_string(index),
                                   to_string(check.buffer->shape)));
  }

  const Program& program_;
  std::vector<uint8_t*> data_;
  std::vector<Register> registers_;
  std::vector<Bytes> owned_;
  std::vector<int64_t> arguments_;
};

/// The caller's tensor for a parameter, checked; created where an output is absent.
Result<uint8_t*> bind(const Kernel& kernel, const Param& param, std::map<std::string, Tensor>& buffers) {
  const Buffer& buffer = *param.buffer;
  const DType type = tensor_type(buffer.type);
  const auto wanted = fmt::format("{}{}", name(type), to_string(buffer.shape));
  auto found = buffers.find(buffer.name);
  if (found == buffers.end() && !param.is_output) {
    return Diagnostic{
        {}, fmt::format("kernel '{}' needs a tensor '{}' of {}", kernel.name, buffer.name, wanted), {}, ""};
  }
  if (found == buffers.end()) found = buffers.emplace(buffer.name, Tensor(type, buffer.shape)).first;
  const Tensor& tensor = found->second;
  if (tensor.type != type || tensor.shape != buffer.shape) {
    return Diagnostic{{},
                      fmt::format("kernel '{}' needs '{}' as {}, it is {}{}", kernel.name, buffer.name, wanted,
                                  name(tensor.type), to_string(tensor.shape)),
                      {},
                      ""};
  }
  return found->second.data.data();
}

}  // namespace

DType tensor_type(Type type) {
  switch (type) {
    case Type::kBool:
      return DType::kU8;
    case Type::kI8:
      return DType::kI8;
    case Type::kI32:
      return DType::kI32;
    case Type::kI64:
      return DType::kI64;
    case Type::kF32:
      return DType::kF32;
  }
  return DType::kI8;
}

Result<void> interpret(const Kernel& kernel, std::map<std::string, Tensor>& buffers,
                       const std::map<std::string, int64_t>& scalars) {
  std::vector<uint8_t*> data;
  for (const Param& param : kernel.params) {
    TANDEM_ASSIGN(uint8_t* const pointer, bind(kernel, param, buffers));
    data.push_back(pointer);
  }
  const Program program = compile(kernel);
  Machine machine(program, std::move(data));
  for (size_t i = 0; i < kernel.scalars.size(); ++i) {
    const Var& scalar = *kernel.scalars[i];
    const auto found = scalars.find(scalar.name);
    if (found == scalars.end()) {
      return Diagnostic{{}, fmt::format("kernel '{}' needs a value for '{}'", kernel.name, scalar.name), {}, ""};
    }
    machine.set(program.scalar_registers[i], wrap(scalar.type, found->second));
  }
  return machine.run();
}

Result<void> interpret_logical(const Kernel& kernel, std::map<std::string, Tensor>& buffers) {
  std::map<std::string, Tensor> packed;
  for (const Param& param : kernel.params) {
    const auto found = buffers.find(param.buffer->name);
    if (param.is_output || found == buffers.end()) continue;
    if (found->second.shape != param.layout.logical_shape) {
      return Diagnostic{{},
                        fmt::format("kernel '{}' needs '{}' in the shape {}, it is {}", kernel.name, param.buffer->name,
                                    to_string(param.layout.logical_shape), to_string(found->second.shape)),
                        {},
                        ""};
    }
    packed[param.buffer->name] = pack(param.layout, found->second);
  }
  TANDEM_TRY(interpret(kernel, packed));
  for (const Param& param : kernel.params) {
    const std::string& name = param.buffer->name;
    if (param.is_output) buffers[name] = unpack(param.layout, packed[name]);
  }
  return {};
}

}  // namespace tandem::loop
