// Convolution on the accelerator: tiles of inputs and weights staged, GEMM over the tile, bias and requantisation by
// ALU, stores.
#include "compiler/ops/conv2d_template.h"

#include "compiler/ops/accel_writer.h"

namespace tandem::ops {
namespace {

using loop::BufferRef;
using loop::Expr;
using loop::Stmt;
using loop::Type;

/// The tiles of the current position in the loops, by dimension.
struct Tiles {
  TileAt n, o, h, w, c;

  Tiles(const std::vector<TiledDim>& dims, const std::vector<TileAt>& tiles, size_t set) {
    for (size_t i = 0; i < set; ++i) {
      if (dims[i].name == "n") n = tiles[i];
      if (dims[i].name == "o") o = tiles[i];
      if (dims[i].name == "h") h = tiles[i];
      if (dims[i].name == "w") w = tiles[i];
      if (dims[i].name == "c") c = tiles[i];
    }
  }
};

class Writer {
 public:
  Writer(const Conv2d& op, const Conv2dPlan& plan, AccelWriter& accel) : op_(op), plan_(plan), accel_(accel) {
    const int64_t batch = accel.batch(), bi = accel.block_in(), bo = accel.block_out();
    x_ = packed_activation("x", {op.n, op.c, op.h, op.w}, batch, bi, false);
    y_ = packed_activation("y", {op.n, op.o, op.out_h(), op.out_w()}, batch, bo, true);
    const Shape weight = {op.o, op.c, op.kernel_h, op.kernel_w};
    weight_ = {
        buffer("weight", Type::kI8, {plan.o, plan.c, op.kernel_h, op.kernel_w, bo, bi}),
        false,
        {weight, {{0, bo, plan.o}, {1, bi, plan.c}, {2, 1, op.kernel_h}, {3, 1, op.kernel_w}, {0, 1, bo}, {1, 1, bi}}}};
    bias_ = {buffer("bias", Type::kI32, {plan.o, batch, bo}),
             false,
             {{op.o}, {{0, bo, plan.o}, {-1, 1, batch}, {0, 1, bo}}}};
    x_tile_ = accel.inputs("x_tile", plan.inp_copies * plan.inp_elements);
    weight_tile_ = accel.weights("weight_tile", plan.wgt_copies * plan.wgt_elements);
    sum_ = accel.accumulators("sum", plan.acc_copies * plan.acc_elements);
    bias_tile_ = accel.accumulators("bias_tile", plan.bias_elements);
  }

  loop::Kernel kernel() {
    Stmt body =
        tile_loops(plan_.dims, [this](size_t position, const std::vector<TileAt>& tiles,
                                      const std::function<Stmt()>& inner) { return at(position, tiles, inner); });
    for (const BufferRef& b : {sum_, bias_tile_, weight_tile_, x_tile_}) body = loop::alloc(b, body);
    return {"conv2d", {x_, weight_, bias_, y_}, {}, body};
  }

 private:
  Stmt at(size_t position, const std::vector<TileAt>& tiles, const std::function<Stmt()>& inner) {
    std::vector<Stmt> statements;
    if (position == plan_.bias_depth) statements.push_back(load_bias(Tiles(plan_.dims, tiles, position)));
    if (position == plan_.acc_depth) {
      const Tiles t(plan_.dims, tiles, position);
      statements.push_back(accel_.reset(sum_, sum_base(tiles), outputs(t)));
    }
    // A load stands as far out as its tiles are known; where it depends on fewer loops than stand there, it stands
    // before them.
    if (position == plan_.wgt_depth) statements.push_back(load_weights(known(tiles, position), tiles));
    if (position == plan_.inp_depth) statements.push_back(load_inputs(known(tiles, position), tiles));
    if (position == plan_.dims.size()) {
      statements.push_back(multiply(Tiles(plan_.dims, tiles, position), tiles));
    } else {
      statements.push_back(inner());
    }
    if (position == plan_.acc_depth) {
      const Tiles t(plan_.dims, tiles, position);
      statements.push_back(finish(t, tiles));
    }
    return loop::block(std::move(statements));
  }

  /// The tiles within `position` loops; dimensions further in that have one tile only are known as well.
  Tiles known(const std::vector<TileAt>& tiles, size_t position) const {
    std::vector<TileAt> all = tiles;
    for (size_t i = position; i < plan_.dims.size(); ++i)
      all[i] = {loop::integer(0), loop::integer(0), plan_.dims[i].tile};
    return Tiles(plan_.dims, all, plan_.dims.size());
  }

  static int64_t outputs(const Tiles& t) { return t.n.size * t.o.size * t.h.size * t.w.size; }

  Expr sum_base(const std::vector<TileAt>& tiles) const {
    return copy_index(plan_.dims, tiles, plan_.acc_depth, plan_.acc_copies) * plan_.acc_elements;
  }
  Expr inp_base(const std::vector<TileAt>& tiles) const {
    return copy_index(plan_.dims, tiles, plan_.inp_depth, plan_.inp_copies) * plan_.inp_elements;
  }
  Expr wgt_base(const std::vector<TileAt>& tiles) const {
    return copy_index(plan_.dims, tiles, plan_.wgt_depth, plan_.wgt_copies) * plan_.wgt_elements;
  }
  bool all_inputs() const { return plan_.inp_channels == plan_.c; }
  bool all_weights() const { return plan_.wgt_channels == plan_.c; }
  bool all_bias() const { return plan_.bias_elements == plan_.o; }

  Stmt load_bias(const Tiles& t) {
    const int64_t count = all_bias() ? plan_.o : t.o.size;
    const Expr start = all_bias() ? loop::integer(0) : t.o.start;
    std::vector<Stmt> statements = {
        nest({{"o", count}, {"b", accel_.batch()}, {"j", accel_.block_out()}}, [&](const Indices& i) {
          return loop::store(bias_tile_, i, loop::load(bias_.buffer, {start + i[0], i[1], i[2]}));
        })};
    if (plan_.fold_half) {
      statements.push_back(
          accel_.steps(bias_tile_, loop::integer(0), count, {{AluStep::Op::kAdd, rounding_half(op_.requantize)}}));
    }
    return loop::block(std::move(statements));
  }

  Stmt load_weights(const Tiles& t, const std::vector<TileAt>& tiles) {
    const int64_t channels = all_weights() ? plan_.c : t.c.size;
    const Expr first_c = all_weights() ? loop::integer(0) : t.c.start;
    const Expr base = wgt_base(tiles);
    return nest(
        {{"o", t.o.size},
         {"c", channels},
         {"r", op_.kernel_h},
         {"s", op_.kernel_w},
         {"j", accel_.block_out()},
         {"i", accel_.block_in()}},
        [&](const Indices& i) {
          const Expr to = base + flat({i[0], i[1], i[2], i[3]}, {t.o.size, channels, op_.kernel_h, op_.kernel_w});
          return loop::store(weight_tile_, {to, i[4], i[5]},
                             loop::load(weight_.buffer, {t.o.start + i[0], first_c + i[1], i[2], i[3], i[4], i[5]}));
        });
  }

  Stmt load_inputs(const Tiles& t, const std::vector<TileAt>& tiles) {
    const int64_t channels = all_inputs() ? plan_.c : t.c.size;
    const Expr first_c = all_inputs() ? loop::integer(0) : t.c.start;
    const int64_t rows = plan_.rows(op_, t.h.size), columns = Conv2dPlan::columns(op_, t.w.size);
    const Expr base = inp_base(tiles);
    const Loops row_loops =
        plan_.compact_rows ? Loops{{"p", t.h.size}, {"r", op_.kernel_h}} : Loops{{"p", rows}, {"r", 1}};
    const int64_t row_step = plan_.compact_rows ? op_.stride_h : 1, buffer_step = plan_.compact_rows ? op_.kernel_h : 1;
    return nest({{"n", t.n.size},
                 {"c", channels},
                 row_loops[0],
                 row_loops[1],
                 {"w", columns},
                 {"b", accel_.batch()},
                 {"i", accel_.block_in()}},
                [&](const Indices& i) {
                  const Expr row = i[2] * buffer_step + i[3];
                  const Expr to = base + flat({i[0], i[1], row, i[4]}, {t.n.size, channels, rows, columns});
                  const Expr h = t.h.start * op_.stride_h + i[2] * row_step + i[3] - op_.pad_top;
                  const Expr w = t.w.start * op_.stride_w + i[4] - op_.pad_left;
                  const Expr value = loop::load(x_.buffer, {t.n.start + i[0], first_c + i[1], h, w, i[5], i[6]});
                  return loop::store(x_tile_, {to, i[5], i[6]},
                                     select_inside({inside(h, op_.pad_top > 0, op_.h, op_.pad_bottom > 0),
                                                    inside(w, op_.pad_left > 0, op_.w, op_.pad_right > 0)},
                                                   value));
                });
  }

  Stmt multiply(const Tiles& t, const std::vector<TileAt>& tiles) {
    const int64_t inp_channels = all_inputs() ? plan_.c : t.c.size, wgt_channels = all_weights() ? plan_.c : t.c.size;
    const int64_t rows = plan_.rows(op_, t.h.size), columns = Conv2dPlan::columns(op_, t.w.size);
    const int64_t row_step = plan_.compact_rows ? op_.kernel_h : op_.stride_h;
    const Expr sum_first = sum_base(tiles), inp_first = inp_base(tiles), wgt_first = wgt_base(tiles);
    return accel_.instruction(
        {{"n", t.n.size},
         {"o", t.o.size},
         {"p", t.h.size},
         {"q", t.w.size},
         {"c", t.c.size},
         {"r", op_.kernel_h},
         {"s", op_.kernel_w}},
        [&](const Indices& v) {
          const Expr &n = v[0], &o = v[1], &p = v[2], &q = v[3], &r = v[5], &s = v[6];
          const Expr c_inp = all_inputs() ? t.c.start + v[4] : v[4], c_wgt = all_weights() ? t.c.start + v[4] : v[4];
          const Expr dst = sum_first + flat({n, o, p, q}, {t.n.size, t.o.size, t.h.size, t.w.size});
          const Expr src = inp_first + flat({n, c_inp, p * row_step + r, q * op_.stride_w + s},
                                            {t.n.size, inp_channels, rows, columns});
          const Expr wgt = wgt_first + flat({o, c_wgt, r, s}, {t.o.size, wgt_channels, op_.kernel_h, op_.kernel_w});
          return nest({{"b", accel_.batch()}, {"j", accel_.block_out()}, {"i", accel_.block_in()}},
                      [&](const Indices& l) {
                        const Indices to = {dst, l[0], l[1]};
                        const Expr product = loop::cast(Type::kI32, loop::load(x_tile_, {src, l[0], l[2]})) *
                                             loop::cast(Type::kI32, loop::load(weight_tile_, {wgt, l[1], l[2]}));
                        return loop::store(sum_, to, loop::load(sum_, to) + product);
                      });
        });
  }

  Stmt finish(const Tiles& t, const std::vector<TileAt>& tiles) {
    const Expr base = sum_base(tiles);
    const Loops space = {{"n", t.n.size}, {"o", t.o.size}, {"p", t.h.size}, {"q", t.w.size}};
    const std::vector<int64_t> extents = {t.n.size, t.o.size, t.h.size, t.w.size};
    const Expr first_bias = all_bias() ? t.o.start : loop::integer(0);
    return loop::block(
        {accel_.combine(space, loop::BinaryOp::kAdd, sum_, bias_tile_,
                        [&](const Indices& i) { return std::make_pair(base + flat(i, extents), first_bias + i[1]); }),
         accel_.steps(sum_, base, outputs(t), plan_.requantize),
         accel_.narrow_to(space, y_.buffer, sum_, [&](const Indices& i) {
           return std::make_pair(base + flat(i, extents),
                                 Indices{t.n.start + i[0], t.o.start + i[1], t.h.start + i[2], t.w.start + i[3]});
         })});
  }

  const Conv2d& op_;
  const Conv2dPlan& plan_;
  AccelWriter& accel_;
  loop::Param x_, weight_, bias_, y_;
  BufferRef x_tile_, weight_tile_, sum_, bias_tile_;
};

}  // namespace

loop::Kernel schedule_conv2d(const Conv2d& op, const Conv2dPlan& plan, AccelWriter& accel) {
  return Writer(op, plan, accel).kernel();
}

}  // namespace tandem::ops
