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

/// Requantisation parameters of one channel: where they lie, their words, and bytes of these.
struct ParametersAt {
  BufferRef buffer;
  std::vector<Expr> at;
};
Expr word(const ParametersAt& channel, int64_t i) {
  std::vector<Expr> at = channel.at;
  at.push_back(loop::integer(i));
  return loop::load(channel.buffer, at);
}
Expr byte(const ParametersAt& channel, int64_t i, int64_t position) {
  const Expr whole = word(channel, i);
  const Expr low =
      position == 0 ? whole : loop::call("shift_right", Type::kI32, {whole, loop::integer(8 * position, Type::kI32)});
  return loop::cast(Type::kI32, loop::cast(Type::kI8, low));
}

/// i32 -> i32 by a channel's parameters, before zero point and clamp.
Expr scaled(Rounding rounding, const Expr& sum, const ParametersAt& channel) {
  return loop::call(std::string("requantize_") + name(rounding), Type::kI32,
                    {sum + word(channel, 0), word(channel, 1), byte(channel, 2, 0), byte(channel, 2, 1)});
}

/// i32 -> i8 by the parameters of an output channel.
Expr requantized(Rounding rounding, const Expr& sum, const ParametersAt& channel) {
  const Expr at_least_low =
      binary(BinaryOp::kMax, scaled(rounding, sum, channel) + byte(channel, 3, 0), byte(channel, 3, 1));
  return loop::cast(Type::kI8, binary(BinaryOp::kMin, at_least_low, byte(channel, 3, 2)));
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
  const BufferRef weight = buffer("weight", Type::kI8, {o.o, o.group_c(), o.kernel_h, o.kernel_w});
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
  const Expr group = o.groups == 1 ? loop::integer(0) : binary(BinaryOp::kDiv, at[1], loop::integer(o.group_o()));
  const Expr within =
      o.groups > 1 && o.group_c() == 1 ? loop::integer(0) : at[4];  // the channel among those of the group
  const Expr channel = group * o.group_c() + within;
  const Expr product =
      loop::cast(Type::kI32, loop::load(input, {at[0], channel, at[2] * o.stride_h + at[5] * o.dilation_h,
                                                at[3] * o.stride_w + at[6] * o.dilation_w})) *
      loop::cast(Type::kI32, loop::load(weight, {at[1], within, at[5], at[6]}));
  stages.push_back(nest(v, {o.n, o.o, o.out_h(), o.out_w(), o.group_c(), o.kernel_h, o.kernel_w},
                        loop::store(sum, out, loop::load(sum, out) + product)));

  const std::vector<VarRef> f = {var("n1"), var("o1"), var("p1"), var("q1")};
  const std::vector<Expr> final_at = uses(f);
  const Expr total = loop::load(sum, final_at);
  const Expr result = o.per_channel ? requantized(*o.per_channel, total, {bias, {final_at[1]}})
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
  const auto wide = [&](const BufferRef& from) { return loop::cast(Type::kI32, loop::load(from, uses(v))); };
  if (o.rescaled) {
    const BufferRef channels = buffer("channels", Type::kI32, {3, o.c, 4});
    const BufferRef sum = buffer("sum", Type::kI32, shape, "local"),
                    second = buffer("b_scaled", Type::kI32, shape, "local");
    const std::vector<VarRef> f = nchw("0"), g = nchw("1"), s = nchw("2");
    const auto scale = [&](const BufferRef& from, const BufferRef& to, int64_t row, const std::vector<VarRef>& at) {
      const Expr value = loop::cast(Type::kI32, loop::load(from, uses(at)));
      return nest(
          at, shape,
          loop::store(to, uses(at), scaled(*o.rescaled, value, {channels, {loop::integer(row), loop::use(at[1])}})));
    };
    const Expr both = loop::load(sum, uses(s)) + loop::load(second, uses(s));
    const Expr result =
        requantized(*o.rescaled, loop::load(sum, uses(v)), {channels, {loop::integer(2), loop::use(v[1])}});
    return Kernel{"add",
                  {param(a), param(b), param(channels), param(y, true)},
                  {},
                  with({sum, second},
                       {scale(b, second, 1, g), scale(a, sum, 0, f), nest(s, shape, loop::store(sum, uses(s), both)),
                        nest(v, shape, loop::store(y, uses(v), result))})};
  }
  const auto shifted = [&](const BufferRef& from, int left_shift) {
    return wide(from) * loop::integer(int64_t{1} << left_shift, Type::kI32);
  };
  const Expr sum = shifted(a, o.left_shift_a) + shifted(b, o.left_shift_b);
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

Kernel define_average_pool(const AveragePool& o) {
  const BufferRef x = buffer("x", Type::kI8, {o.n, o.c, o.h, o.w});
  const BufferRef weight = buffer("weight", Type::kI8, {o.c}), channels = buffer("channels", Type::kI32, {o.c, 4});
  const Shape out_shape = {o.n, o.c, o.out_h(), o.out_w()};
  const BufferRef y = buffer("y", Type::kI8, out_shape);
  const BufferRef sum = buffer("sum", Type::kI32, out_shape, "local");
  std::vector<Stmt> stages;
  const BufferRef input = padded_input(o, x, o.pad_value, stages);
  const std::vector<VarRef> zero = {var("n0"), var("o0"), var("p0"), var("q0")};
  stages.push_back(nest(zero, out_shape, loop::store(sum, uses(zero), loop::integer(0, Type::kI32))));
  const std::vector<VarRef> v = {var("n"), var("o"), var("p"), var("q"), var("r"), var("s")};
  const std::vector<Expr> at = uses(v), out = {at[0], at[1], at[2], at[3]};
  const Expr tap = loop::load(input, {at[0], at[1], at[2] * o.stride_h + at[4], at[3] * o.stride_w + at[5]});
  const Expr term = loop::cast(Type::kI32, tap) * loop::cast(Type::kI32, loop::load(weight, {at[1]}));
  stages.push_back(nest(v, {o.n, o.c, o.out_h(), o.out_w(), o.kernel_h, o.kernel_w},
                        loop::store(sum, out, loop::load(sum, out) + term)));
  const std::vector<VarRef> f = {var("n1"), var("o1"), var("p1"), var("q1")};
  const std::vector<Expr> final_at = uses(f);
  stages.push_back(
      nest(f, out_shape,
           loop::store(y, final_at, requantized(o.rounding, loop::load(sum, final_at), {channels, {final_at[1]}}))));
  std::vector<BufferRef> intermediates = {sum};
  if (input != x) intermediates.push_back(input);
  return Kernel{"average_pool",
                {param(x), param(weight), param(channels), param(y, true)},
                {},
                with(intermediates, std::move(stages))};
}

Kernel define_im2col(const Im2col& o) {
  const BufferRef x = buffer("x", Type::kI8, {o.n, o.c, o.h, o.w});
  const BufferRef y = buffer("y", Type::kI8, {o.n, o.c * o.kernel_h * o.kernel_w, o.out_h(), o.out_w()});
  std::vector<Stmt> stages;
  const BufferRef input = padded_input(o, x, o.pad_value, stages);
  const std::vector<VarRef> v = {var("n"), var("r"), var("s"), var("c"), var("p"), var("q")};
  const std::vector<Expr> at = uses(v);
  const Expr channel = (at[1] * o.kernel_w + at[2]) * o.c + at[3];
  stages.push_back(nest(v, {o.n, o.kernel_h, o.kernel_w, o.c, o.out_h(), o.out_w()},
                        loop::store(y, {at[0], channel, at[4], at[5]},
                                    loop::load(input, {at[0], at[3], at[4] * o.stride_h + at[1] * o.dilation_h,
                                                       at[5] * o.stride_w + at[2] * o.dilation_w}))));
  std::vector<BufferRef> intermediates;
  if (input != x) intermediates.push_back(input);
  return Kernel{"im2col", {param(x), param(y, true)}, {}, with(intermediates, std::move(stages))};
}

struct Define {
  Kernel operator()(const Conv2d& o) const { return define_conv2d(o); }
  Kernel operator()(const MaxPool& o) const { return define_max_pool(o); }
  Kernel operator()(const Add& o) const { return define_add(o); }
  Kernel operator()(const Clip& o) const { return define_clip(o); }
  Kernel operator()(const Im2col& o) const { return define_im2col(o); }
  Kernel operator()(const AveragePool& o) const { return define_average_pool(o); }
};

}  // namespace

Kernel define(const Operator& op) {
  TANDEM_CHECK(check(op).ok(), "define() of an operator without meaning: " + to_string(op));
  return std::visit(Define{}, op);
}

}  // namespace tandem::ops
