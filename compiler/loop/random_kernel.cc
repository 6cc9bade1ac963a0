#include "compiler/loop/random_kernel.h"

#include "compiler/loop/interpreter.h"

namespace tandem::loop {
namespace {

class Generator {
 public:
  explicit Generator(Rng& rng) : rng_(rng) {}

  Kernel run() {
    Shape shape;
    for (int64_t rank = rng_.uniform(1, 3); rank > 0; --rank) shape.push_back(rng_.uniform(1, 7));
    BufferRef source = input(rng_.chance(0.5) ? Type::kI8 : Type::kI32, shape);
    for (int64_t stages = rng_.uniform(1, 3); stages > 0; --stages) source = stage(source);
    if (rng_.chance(0.3)) source = join(source);
    BufferRef result = make("result", rng_.chance(0.5) ? Type::kI8 : Type::kI32, source->shape);
    map(result, source);
    params_.push_back({result, true, {result->shape, {}}});
    Stmt body = block(statements_);
    for (auto buffer = locals_.rbegin(); buffer != locals_.rend(); ++buffer) body = alloc(*buffer, body);
    return Kernel{"random", params_, {}, body};
  }

 private:
  BufferRef make(const std::string& name, Type type, const Shape& shape) {
    return std::make_shared<const Buffer>(Buffer{name, type, shape});
  }
  BufferRef input(Type type, const Shape& shape) {
    BufferRef buffer = make("in" + std::to_string(params_.size()), type, shape);
    params_.push_back({buffer, false, {shape, {}}});
    return buffer;
  }
  BufferRef local(const Shape& shape) {
    const Type type = rng_.chance(0.4) ? Type::kI8 : Type::kI32;
    locals_.push_back(make("t" + std::to_string(locals_.size()), type, shape));
    return locals_.back();
  }

  struct Loop {
    VarRef var;
    int64_t extent;
  };
  Loop loop(int64_t extent) {
    return {std::make_shared<const Var>(Var{"i" + std::to_string(variables_++), Type::kI64}), extent};
  }
  std::vector<Loop> loops(const Shape& shape) {
    std::vector<Loop> result;
    for (const int64_t extent : shape) result.push_back(loop(extent));
    return result;
  }
  static std::vector<Expr> uses(const std::vector<Loop>& loops) {
    std::vector<Expr> result;
    for (const Loop& item : loops) result.push_back(use(item.var));
    return result;
  }
  /// Appends the nest; the order of its loops is random where `shuffle` allows it.
  void nest(std::vector<Loop> loops, Stmt body, bool shuffle = true) {
    for (size_t i = loops.size(); shuffle && i > 1; --i) {
      std::swap(loops[i - 1], loops[static_cast<size_t>(rng_.uniform(0, static_cast<int64_t>(i) - 1))]);
    }
    for (auto item = loops.rbegin(); item != loops.rend(); ++item) body = for_loop(item->var, item->extent, body);
    statements_.push_back(body);
  }

  Expr constant(Type type) { return integer(rng_.pick<int64_t>({0, 1, -1, 3, 7, -128, 127, 100}), type); }
  Expr unary(Expr value) {
    const Type type = value->type;
    switch (rng_.uniform(0, 6)) {
      case 5:
        return value * (int64_t{1} << rng_.uniform(1, 4));
      case 0:
        return value + constant(type);
      case 1:
        return value * constant(type);
      case 2:
        return binary(BinaryOp::kMax, value, constant(type));
      case 3:
        return binary(BinaryOp::kMin, value, constant(type));
      case 4:
        return cast(
            type, call("shift_right", Type::kI32, {cast(Type::kI32, value), integer(rng_.uniform(-2, 5), Type::kI32)}));
      default:
        return value;
    }
  }

  void map(const BufferRef& target, const BufferRef& source) {
    const std::vector<Loop> vars = loops(target->shape);
    Expr value = unary(cast(target->type, load(source, uses(vars))));
    Stmt body = store(target, uses(vars), value);
    if (rng_.chance(0.2)) {
      body = block({body, store(target, uses(vars), unary(load(target, uses(vars))))});
    } else if (!vars.empty() && rng_.chance(0.1)) {
      body = if_then(binary(BinaryOp::kLt, use(vars[0].var), integer(rng_.uniform(1, vars[0].extent))), body);
    }
    nest(vars, body);
  }

  BufferRef stage(const BufferRef& source) {
    const int64_t form = rng_.uniform(0, 12);
    const size_t axis = static_cast<size_t>(rng_.uniform(0, static_cast<int64_t>(source->shape.size()) - 1));
    BufferRef target = form == 0    ? transpose(source)
                       : form == 1  ? pad(source, axis)
                       : form == 2  ? window(source, axis)
                       : form <= 4  ? contraction(source, axis)
                       : form == 5  ? stretch(source, axis)
                       : form == 6  ? flatten(source)
                       : form == 7  ? scatter(source, axis)
                       : form == 8  ? tiles(source, axis)
                       : form == 9  ? scan(source, axis)
                       : form == 10 ? gather_sums(source, axis)
                                    : nullptr;
    if (!target) {
      target = local(source->shape);
      map(target, source);
    }
    if (rng_.chance(0.4)) update(target);
    return target;
  }

  BufferRef transpose(const BufferRef& source) {
    Shape shape(source->shape.rbegin(), source->shape.rend());
    BufferRef target = local(shape);
    const std::vector<Loop> vars = loops(shape);
    const std::vector<Expr> index = uses(vars);
    nest(vars, store(target, index, cast(target->type, load(source, {index.rbegin(), index.rend()}))));
    return target;
  }

  BufferRef pad(const BufferRef& source, size_t axis) {
    const int64_t before = rng_.uniform(0, 2), after = rng_.uniform(0, 2);
    Shape shape = source->shape;
    shape[axis] += before + after;
    BufferRef target = local(shape);
    const std::vector<Loop> vars = loops(shape);
    std::vector<Expr> index = uses(vars);
    const Expr inside = binary(BinaryOp::kAnd, binary(BinaryOp::kLe, integer(before), index[axis]),
                               binary(BinaryOp::kLt, index[axis], integer(before + source->shape[axis])));
    const std::vector<Expr> to = index;
    index[axis] = index[axis] - before;
    nest(vars, store(target, to, select(inside, cast(target->type, load(source, index)), constant(target->type))));
    return target;
  }

  void reduce(const BufferRef& target, const std::vector<Loop>& vars, const std::vector<Loop>& reduced, Expr term) {
    const std::vector<Loop> first = loops(target->shape);
    const bool sum = rng_.chance(0.7);
    nest(first, store(target, uses(first), integer(sum ? 0 : -128, target->type)));
    std::vector<Loop> all = vars;
    all.insert(all.end(), reduced.begin(), reduced.end());
    if (!sum && rng_.chance(0.5)) {  // some never win
      const Expr wins = binary(BinaryOp::kLe, integer(rng_.uniform(0, 1)), use(reduced[0].var) + use(vars[0].var));
      term = select(wins, term, integer(target->type == Type::kI8 ? INT8_MIN : INT32_MIN, target->type));
    }
    nest(all, store(target, uses(vars), binary(sum ? BinaryOp::kAdd : BinaryOp::kMax, load(target, uses(vars)), term)));
  }

  BufferRef window(const BufferRef& source, size_t axis) {
    const int64_t size = rng_.uniform(1, source->shape[axis]), stride = rng_.uniform(1, 2);
    Shape shape = source->shape;
    shape[axis] = (shape[axis] - size) / stride + 1;
    BufferRef target = local(shape);
    const std::vector<Loop> vars = loops(shape);
    const Loop tap = loop(size);
    std::vector<Expr> index = uses(vars);
    index[axis] = index[axis] * stride + use(tap.var);
    reduce(target, vars, {tap}, cast(target->type, load(source, index)));
    return target;
  }

  BufferRef contraction(const BufferRef& source, size_t axis) {
    Shape shape = source->shape;
    shape[axis] = rng_.uniform(1, 6);
    BufferRef target = local(shape);
    BufferRef weight = input(Type::kI8, {shape[axis], source->shape[axis]});
    const std::vector<Loop> vars = loops(shape);
    const Loop reduced = loop(source->shape[axis]);
    std::vector<Expr> index = uses(vars);
    index[axis] = use(reduced.var);
    reduce(target, vars, {reduced},
           cast(target->type, load(source, index)) *
               cast(target->type, load(weight, {use(vars[axis].var), use(reduced.var)})));
    return target;
  }

  static Expr divided(const Expr& index, int64_t by) { return binary(BinaryOp::kDiv, index, integer(by)); }
  static Expr modulo(const Expr& index, int64_t by) { return binary(BinaryOp::kMod, index, integer(by)); }

  /// Each element several times: target[i] = source[i / factor].
  BufferRef stretch(const BufferRef& source, size_t axis) {
    const int64_t factor = rng_.uniform(2, 3);
    Shape shape = source->shape;
    shape[axis] *= factor;
    BufferRef target = local(shape);
    const std::vector<Loop> vars = loops(shape);
    std::vector<Expr> from = uses(vars);
    from[axis] = rng_.chance(0.5) ? divided(from[axis], factor) : modulo(from[axis], source->shape[axis]);
    nest(vars, store(target, uses(vars), unary(cast(target->type, load(source, from)))));
    return target;
  }

  /// The last two axes as one, by division and remainder.
  BufferRef flatten(const BufferRef& source) {
    if (source->shape.size() < 2) return nullptr;
    Shape shape = source->shape;
    const int64_t inner = shape.back();
    shape.pop_back();
    shape.back() *= inner;
    BufferRef target = local(shape);
    const std::vector<Loop> vars = loops(shape);
    std::vector<Expr> from = uses(vars);
    from.push_back(modulo(from.back(), inner));
    from[from.size() - 2] = divided(from[from.size() - 2], inner);
    nest(vars, store(target, uses(vars), cast(target->type, load(source, from))));
    return target;
  }

  /// target[i * stride + offset] = source[i]; what lies between stays 0, or gets a constant before.
  BufferRef scatter(const BufferRef& source, size_t axis) {
    const int64_t stride = rng_.uniform(1, 3), offset = rng_.uniform(0, 2);
    Shape shape = source->shape;
    shape[axis] = (shape[axis] - 1) * stride + offset + 1 + rng_.uniform(0, 1);
    BufferRef target = local(shape);
    if (rng_.chance(0.5)) {
      const std::vector<Loop> first = loops(shape);
      nest(first, store(target, uses(first), constant(target->type)));
    }
    const std::vector<Loop> vars = loops(source->shape);
    std::vector<Expr> to = uses(vars);
    to[axis] = to[axis] * stride + offset;
    nest(vars, store(target, to, unary(cast(target->type, load(source, uses(vars))))));
    return target;
  }

  /// As a loop that was split has it: a guarded tail, and perhaps a second buffer that is written beside.
  BufferRef tiles(const BufferRef& source, size_t axis) {
    const int64_t extent = source->shape[axis], factor = rng_.uniform(1, extent);
    BufferRef target = local(source->shape);
    std::vector<Loop> vars = loops(source->shape);
    const Loop outer = loop((extent + factor - 1) / factor), inner = loop(factor);
    std::vector<Expr> index = uses(vars);
    index[axis] = use(outer.var) * factor + use(inner.var);
    vars[axis] = outer;
    vars.push_back(inner);
    Stmt body = store(target, index, unary(cast(target->type, load(source, index))));
    if (rng_.chance(0.4)) {
      BufferRef beside = local(source->shape);
      body = block({body, store(beside, index, unary(cast(beside->type, load(target, index))))});
      if (rng_.chance(0.5)) target = beside;
    }
    nest(vars, if_then(binary(BinaryOp::kLt, index[axis], integer(extent)), body));
    return target;
  }

  /// target[i + 1] = target[i] op source[i]: iterations depend on each other.
  BufferRef scan(const BufferRef& source, size_t axis) {
    Shape shape = source->shape;
    shape[axis] += 1;
    BufferRef target = local(shape);
    const std::vector<Loop> vars = loops(source->shape);
    std::vector<Expr> to = uses(vars);
    to[axis] = to[axis] + 1;
    const Expr before = load(target, uses(vars)), value = cast(target->type, load(source, uses(vars)));
    nest(vars, store(target, to, rng_.chance(0.5) ? before + value : binary(BinaryOp::kMax, before, value)), false);
    return target;
  }

  /// target[i / factor] = target[i / factor] op source[i]: neighbours are summed into one element.
  BufferRef gather_sums(const BufferRef& source, size_t axis) {
    const int64_t factor = rng_.uniform(1, 3);
    Shape shape = source->shape;
    shape[axis] = (shape[axis] + factor - 1) / factor;
    BufferRef target = local(shape);
    const std::vector<Loop> vars = loops(source->shape);
    std::vector<Expr> to = uses(vars);
    to[axis] = divided(to[axis], factor);
    const BinaryOp op = rng_.pick<BinaryOp>({BinaryOp::kAdd, BinaryOp::kMin, BinaryOp::kMax, BinaryOp::kSub});
    Stmt body = store(target, to, binary(op, load(target, to), cast(target->type, load(source, uses(vars)))));
    if (rng_.chance(0.3)) body = if_then(binary(BinaryOp::kNe, uses(vars)[axis], integer(1)), body);
    nest(vars, body);
    return target;
  }

  /// The buffer combined with another one of its shape, where there is one.
  BufferRef join(const BufferRef& source) {
    const std::vector<BufferRef> candidates = locals_;
    for (const BufferRef& other : candidates) {
      if (other == source || other->shape != source->shape) continue;
      BufferRef target = local(source->shape);
      const std::vector<Loop> vars = loops(target->shape);
      const BinaryOp op = rng_.pick<BinaryOp>({BinaryOp::kAdd, BinaryOp::kMul, BinaryOp::kMin, BinaryOp::kSub});
      nest(vars, store(target, uses(vars),
                       binary(op, cast(target->type, load(source, uses(vars))),
                              cast(target->type, load(other, uses(vars))))));
      return target;
    }
    return source;
  }

  void update(const BufferRef& target) {
    const std::vector<Loop> vars = loops(target->shape);
    Expr value = load(target, uses(vars));
    if (rng_.chance(0.5)) {
      BufferRef bias = input(target->type, {target->shape.back()});
      value = value + load(bias, {use(vars.back().var)});
      if (rng_.chance(0.4)) value = value + constant(target->type);
    } else {
      value = unary(value);
    }
    nest(vars, store(target, uses(vars), value));
  }

  Rng& rng_;
  std::vector<Param> params_;
  std::vector<BufferRef> locals_;
  std::vector<Stmt> statements_;
  int variables_ = 0;
};

}  // namespace

Kernel random_kernel(Rng& rng) { return Generator(rng).run(); }

std::map<std::string, Tensor> random_inputs(const Kernel& kernel, Rng& rng) {
  std::map<std::string, Tensor> inputs;
  for (const Param& param : kernel.params) {
    if (param.is_output) continue;
    Tensor tensor(tensor_type(param.buffer->type), param.layout.logical_shape);
    for (uint8_t& byte : tensor.data) {
      byte = static_cast<uint8_t>(rng.chance(0.2) ? rng.pick<int64_t>({0, 1, 127, 128, 255}) : rng.uniform(0, 255));
    }
    inputs[param.buffer->name] = std::move(tensor);
  }
  return inputs;
}

}  // namespace tandem::loop
