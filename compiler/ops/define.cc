// The definitions of the operators: plain nests over logical NCHW tensors, the meaning that every backend must keep to
// the bit.
#include <algorithm>

#include "compiler/ops/nest_builder.h"
#include "compiler/ops/operator.h"
#include "support/check.h"

namespace tandem::ops {
namespace {

using loop::BinaryOp;
using loop::BufferRef;
using loop::Expr;
using loop::Kernel;
using loop::Param;
using loop::Stmt;
using loop::Type;
using loop::VarRef;

Param param(const BufferRef& b, bool is_output = false) { return Param{b, is_output, loop::Layout{b->shape, {}}}; }

Expr at_least(const Expr& a, int64_t low) { return binary(BinaryOp::kGe, a, loop::integer(low, a->type)); }
Expr below(const Expr& a, int64_t high) { return binary(BinaryOp::kLt, a, loop::integer(high, a->type)); }
Expr clamp(const Expr& a, int64_t low, int64_t high) {
  return binary(BinaryOp::kMin, binary(BinaryOp::kMax, a, loop::integer(low, a->type)), loop::integer(high, a->type));
}

/// i32 -> i8.
Expr requantized(const Requantize& r, const Expr& value) {
  if (r.shift < 0) {
    // A value that is not zero saturates from 2^8 on; 31 keeps the product within 64 bits.
    const int64_t factor = int64_t{1} << std::min(-r.shift, 31);
    return loop::cast(Type::kI8, clamp(loop::cast(Type::kI64, value) * factor, r.low, r.high));
  }
  const Expr shifted =
      r.shift == 0 ? value
                   : loop::call("rounding_shift_right", Type::kI32, {value, loop::integer(r.shift, Type::kI32)});
  return loop::cast(Type::kI8, clamp(shifted, r.low, r.high));
}

/// i32 -> i8 by the parameters of output channel `o`.
Expr requantized(Rounding rounding, const Expr& sum, const BufferRef& channels, const Expr& o) {
  const auto word = [&](int64_t i) { return loop::load(channels, {o, loop::integer(i)}); };
  const auto byte = [&](int64_t i, int64_t position) {
    const Expr low = position == 0
                         ? word(i)
                         : loop::call("shift_right", Type::kI32, {word(i), loop::integer(8 * position, Type::kI32)});
    return loop::cast(Type::kI32, loop::cast(Type::kI8, low));
  };
  const Expr scaled = loop::call(std::string("requantize_") + name(rounding), Type::kI32,
                                 {sum + word(0), word(1), byte(2, 0), byte(2, 1)});
  const Expr at_least_low = binary(BinaryOp::kMax, scaled + byte(3, 0), byte(3, 1));
  return loop::cast(Type::kI8, binary(BinaryOp::kMin, at_least_low, byte(3, 2)));
}

/// for v[0] < extents[0]: for v[1] < extents[1]: ... body.
Stmt nest(const std::vector<VarRef>& vars, const Shape& extents, Stmt body) {
  for (size_t i = vars.size(); i-- > 0;) body = loop::for_loop(vars[i], extents[i], std::move(body));
  return body;
}

std::vector<Expr> uses(const std::vector<VarRef>& vars) {
  std::vector<Expr> result;
  for (const VarRef& v : vars) result.push_back(loop::use(v));
  return result;
}

std::vector<VarRef> nchw(const std::string& suffix) {
  return {var("n" + suffix), var("c" + suffix), var("h" + suffix), var("w" + suffix)};
}

/// x with `fill` around it, as a nest that writes `padded`.
Stmt pad(const BufferRef& x, const BufferRef& padded, int64_t top, int64_t left, int64_t fill) {
  const std::vector<VarRef> v = nchw("_pad");
  const Expr h = loop::use(v[2]) - top, w = loop::use(v[3]) - left;
  const auto both = [](const Expr& a, const Expr& b) { return binary(BinaryOp::kAnd, a, b); };
  const Expr inside = both(both(at_least(h, 0), below(h, x->shape[2])), both(at_least(w, 0), below(w, x->shape[3])));
  const Expr value =
      loop::select(inside, loop::load(x, {loop::use(v[0]), loop::use(v[1]), h, w}), loop::integer(fill, x->type));
  return nest(v, padded->shape, loop::store(padded, uses(v), value));
}

/// The input with its pads: `x` itself where there are none, else an intermediate that `stages` fills first.
template <typename Window>
BufferRef padded_input(const Window& o, const BufferRef& x, int64_t fill, std::vector<Stmt>& stages) {
  if (o.pad_top + o.pad_left + o.pad_bottom + o.pad_right == 0) return x;
  const BufferRef padded = buffer("x_padded", Type::kI8,
                                  {o.n, o.c, o.h + o.pad_top + o.pad_bottom, o.w + o.pad_left + o.pad_right}, "local");
  stages.push_back(pad(x, padded, o.pad_top, o.pad_left, fill));
  return padded;
}

Stmt with(const std::vector<BufferRef>& intermediates, std::vector<Stmt> stages) {
  Stmt body = loop::block(std::move(stages));
  for (size_t i = intermediates.size(); i-- > 0;) body = loop::alloc(intermediates[i], body);
  return body;
}

Kernel define_conv2d(const Conv2d& o) {
  const BufferRef x = buffer("x", Type::kI8, {o.n, o.c, o.h, o.w});
  const BufferRef weight = buffer("weight", Type::kI8, {o.o, o.c, o.kernel_h, o.kernel_w});
  const BufferRef bias = o.per_channel ? buffer("channels", Type::kI32, {o.o, 4}) : buffer("bias", Type::kI32, {o.o});
  const Shape out_shape = {o.n, o.o, o.out_h(), o.out_w()};
  const BufferRef y = buffer("y", Type::kI8, out_shape);
  const BufferRef sum = buffer("sum", Type::kI32, out_shape, "local");
  std::vector<Stmt> stages;
  const BufferRef input = padded_input(o, x, o.pad_value, stages);

  const std::vector<VarRef> zero = {var("n0"), var("o0"), var("p0"), var("q0")};
  stages.push_back(nest(zero, out_shape, loop::store(sum, uses(zero), loop::integer(0, Type::kI32))));

  const std::vector<VarRef> v = {var("n"), var("o"), var("p"), var("q"), var("c"), var("r"), var("s")};
  const std::vector<Expr> at = uses(v), out = {at[0], at[1], at[2], at[3]};
  const Expr product =
      loop::cast(Type::kI32,
                 loop::load(input, {at[0], at[4], at[2] * o.stride_h + at[5], at[3] * o.stride_w + at[6]})) *
      loop::cast(Type::kI32, loop::load(weight, {at[1], at[4], at[5], at[6]}));
  stages.push_back(nest(v, {o.n, o.o, o.out_h(), o.out_w(), o.c, o.kernel_h, o.kernel_w},
                        loop::store(sum, out, loop::load(sum, out) + product)));

  const std::vector<VarRef> f = {var("n1"), var("o1"), var("p1"), var("q1")};
  const std::vector<Expr> final_at = uses(f);
  const Expr total = loop::load(sum, final_at);
  const Expr result = o.per_channel ? requantized(*o.per_channel, total, bias, final_at[1])
                                    : requantized(o.requantize, total + loop::load(bias, {final_at[1]}));
  stages.push_back(nest(f, out_shape, loop::store(y, final_at, result)));
  std::vector<BufferRef> intermediates = {sum};
  if (input != x) intermediates.push_back(input);
  return Kernel{
      "conv2d", {param(x), param(weight), param(bias), param(y, true)}, {}, with(intermediates, std::move(stages))};
}

Kernel define_max_pool(const MaxPool& o) {
  const BufferRef x = buffer("x", Type::kI8, {o.n, o.c, o.h, o.w});
  const Shape out_shape = {o.n, o.c, o.out_h(), o.out_w()};
  const BufferRef y = buffer("y", Type::kI8, out_shape);
  std::vector<Stmt> stages;
  const BufferRef input = padded_input(o, x, -128, stages);
  const std::vector<VarRef> first = {var("n0"), var("c0"), var("p0"), var("q0")};
  stages.push_back(nest(first, out_shape, loop::store(y, uses(first), loop::integer(-128, Type::kI8))));
  const std::vector<VarRef> v = {var("n"), var("c"), var("p"), var("q"), var("r"), var("s")};
  const std::vector<Expr> at = uses(v), out = {at[0], at[1], at[2], at[3]};
  const Expr tap = loop::load(input, {at[0], at[1], at[2] * o.stride_h + at[4], at[3] * o.stride_w + at[5]});
  stages.push_back(nest(v, {o.n, o.c, o.out_h(), o.out_w(), o.kernel_h, o.kernel_w},
                        loop::store(y, out, binary(BinaryOp::kMax, loop::load(y, out), tap))));
  std::vector<BufferRef> intermediates;
  if (input != x) intermediates.push_back(input);
  return Kernel{"max_pool", {param(x), param(y, true)}, {}, with(intermediates, std::move(stages))};
}

Kernel define_add(const Add& o) {
  const Shape shape = {o.n, o.c, o.h, o.w};
  const BufferRef a = buffer("a", Type::kI8, shape), b = buffer("b", Type::kI8, shape),
                  y = buffer("y", Type::kI8, shape);
  const std::vector<VarRef> v = {var("n"), var("c"), var("h"), var("w")};
  const auto scaled = [&](const BufferRef& from, int left_shift) {
    return loop::cast(Type::kI32, loop::load(from, uses(v))) * loop::integer(int64_t{1} << left_shift, Type::kI32);
  };
  const Expr sum = scaled(a, o.left_shift_a) + scaled(b, o.left_shift_b);
  return Kernel{"add",
                {param(a), param(b), param(y, true)},
                {},
                nest(v, shape, loop::store(y, uses(v), requantized(o.requantize, sum)))};
}

Kernel define_clip(const Clip& o) {
  const Shape shape = {o.n, o.c, o.h, o.w};
  const BufferRef x = buffer("x", Type::kI8, shape), y = buffer("y", Type::kI8, shape);
  const std::vector<VarRef> v = {var("n"), var("c"), var("h"), var("w")};
  return Kernel{"clip",
                {param(x), param(y, true)},
                {},
                nest(v, shape, loop::store(y, uses(v), clamp(loop::load(x, uses(v)), o.low, o.high)))};
}

struct Define {
  Kernel operator()(const Conv2d& o) const { return define_conv2d(o); }
  Kernel operator()(const MaxPool& o) const { return define_max_pool(o); }
  Kernel operator()(const Add& o) const { return define_add(o); }
  Kernel operator()(const Clip& o) const { return define_clip(o); }
};

}  // namespace

Kernel define(const Operator& op) {
  TANDEM_CHECK(check(op).ok(), "define() of an operator without meaning: " + to_string(op));
  return std::visit(Define{}, op);
}

}  // namespace tandem::ops
