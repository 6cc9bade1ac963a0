#include "compiler/ops/elementwise_template.h"

#include <fmt/format.h>

#include <algorithm>

#include "compiler/ops/accel_writer.h"
#include "compiler/ops/tile_choices.h"
#include "isa/instruction.h"

namespace tandem::ops {
namespace {

using loop::BufferRef;
using loop::Expr;
using loop::Stmt;
using loop::Type;

struct OutputShape {
  int64_t n, c, h, w;
};
OutputShape output_shape(const Operator& op) {
  if (const auto* o = std::get_if<MaxPool>(&op)) return {o->n, o->c, o->out_h(), o->out_w()};
  if (const auto* o = std::get_if<Add>(&op)) return {o->n, o->c, o->h, o->w};
  const auto& o = std::get<Clip>(op);
  return {o.n, o.c, o.h, o.w};
}

int64_t blocks(int64_t count, int64_t block) { return (count + block - 1) / block; }

int64_t pool_rows(const MaxPool& o, int64_t outputs) { return (outputs - 1) * o.stride_h + o.kernel_h; }
int64_t pool_columns(const MaxPool& o, int64_t outputs) { return (outputs - 1) * o.stride_w + o.kernel_w; }

/// What an addition does after its operands are in the accumulators.
std::vector<AluStep> add_steps(const Add& o) {
  const int64_t bound = 128 * ((int64_t{1} << o.left_shift_a) + (int64_t{1} << o.left_shift_b));
  std::vector<AluStep> steps;
  const bool fold = half_can_be_folded(o.requantize, bound);
  if (fold) steps.push_back({AluStep::Op::kAdd, rounding_half(o.requantize)});
  for (const AluStep& step : lower_requantize(o.requantize, fold)) steps.push_back(step);
  return steps;
}

std::vector<AluStep> clip_steps(const Clip& o) { return {{AluStep::Op::kMax, o.low}, {AluStep::Op::kMin, o.high}}; }

class Writer {
 public:
  Writer(const Operator& op, const ElementwisePlan& plan, AccelWriter& accel) : op_(op), plan_(plan), accel_(accel) {
    const OutputShape s = output_shape(op);
    y_ = packed_activation("y", {s.n, s.c, s.h, s.w}, accel.batch(), accel.block_out(), true);
    result_ = accel.accumulators("result", plan.result_copies * plan.result_elements);
    if (plan.operand_elements > 0) operand_ = accel.accumulators("operand", plan.operand_elements);
  }

  loop::Kernel kernel() {
    std::vector<loop::Param> params;
    if (const auto* o = std::get_if<Add>(&op_)) {
      params = {input("a", {o->n, o->c, o->h, o->w}), input("b", {o->n, o->c, o->h, o->w}), y_};
    } else if (const auto* p = std::get_if<MaxPool>(&op_)) {
      params = {input("x", {p->n, p->c, p->h, p->w}), y_};
    } else {
      const auto& c = std::get<Clip>(op_);
      params = {input("x", {c.n, c.c, c.h, c.w}), y_};
    }
    Stmt body = tile_loops(plan_.dims,
                           [&](size_t position, const std::vector<TileAt>& tiles, const std::function<Stmt()>& inner) {
                             return position < plan_.dims.size() ? inner() : tile(params, tiles);
                           });
    if (operand_) body = loop::alloc(operand_, body);
    return {std::holds_alternative<Add>(op_)       ? "add"
            : std::holds_alternative<MaxPool>(op_) ? "max_pool"
                                                   : "clip",
            params,
            {},
            loop::alloc(result_, body)};
  }

 private:
  loop::Param input(const std::string& name, const Shape& nchw) const {
    return packed_activation(name, nchw, accel_.batch(), accel_.block_out(), false);
  }

  Stmt tile(const std::vector<loop::Param>& params, const std::vector<TileAt>& t) {
    const Loops loops = {{"c", t[1].size}, {"p", t[2].size}, {"q", t[3].size}};
    const std::vector<int64_t> extents = {t[1].size, t[2].size, t[3].size};
    const Expr base = copy_index(plan_.dims, t, plan_.dims.size(), plan_.result_copies) * plan_.result_elements;
    const int64_t count = t[1].size * t[2].size * t[3].size;
    std::vector<Stmt> statements;
    const auto load = [&](const BufferRef& to, const Expr& first, const BufferRef& from) {
      return nest({loops[0], loops[1], loops[2], {"b", accel_.batch()}, {"j", accel_.block_out()}}, [&](const Indices&
                                                                                                            i) {
        const Expr value =
            loop::load(from, {t[0].start, t[1].start + i[0], t[2].start + i[1], t[3].start + i[2], i[3], i[4]});
        return loop::store(to, {first + flat({i[0], i[1], i[2]}, extents), i[3], i[4]}, loop::cast(Type::kI32, value));
      });
    };
    if (const auto* pool = std::get_if<MaxPool>(&op_)) {
      statements.push_back(pooled(*pool, params[0].buffer, t, base));
    } else if (const auto* add = std::get_if<Add>(&op_)) {
      statements.push_back(load(result_, base, params[0].buffer));
      statements.push_back(load(operand_, loop::integer(0), params[1].buffer));
      if (add->left_shift_a > 0)
        statements.push_back(accel_.steps(result_, base, count, {{AluStep::Op::kShr, -add->left_shift_a}}));
      if (add->left_shift_b > 0) {
        statements.push_back(
            accel_.steps(operand_, loop::integer(0), count, {{AluStep::Op::kShr, -add->left_shift_b}}));
      }
      statements.push_back(accel_.combine({{"i", count}}, loop::BinaryOp::kAdd, result_, operand_,
                                          [&](const Indices& i) { return std::make_pair(base + i[0], i[0]); }));
      statements.push_back(accel_.steps(result_, base, count, add_steps(*add)));
    } else {
      statements.push_back(load(result_, base, params[0].buffer));
      statements.push_back(accel_.steps(result_, base, count, clip_steps(std::get<Clip>(op_))));
    }
    statements.push_back(accel_.narrow_to(loops, y_.buffer, result_, [&](const Indices& i) {
      return std::make_pair(base + flat(i, extents),
                            Indices{t[0].start, t[1].start + i[0], t[2].start + i[1], t[3].start + i[2]});
    }));
    return loop::block(std::move(statements));
  }

  /// Starts from -128 and takes the maximum with each tap of the window where it lies within the input: pads, which
  /// LOAD fills with zeros, are never read.
  Stmt pooled(const MaxPool& o, const BufferRef& x, const std::vector<TileAt>& t, const Expr& base) {
    const int64_t rows = pool_rows(o, t[2].size), columns = pool_columns(o, t[3].size);
    const int64_t count = t[1].size * t[2].size * t[3].size;
    const Expr first_h = t[2].start * o.stride_h - o.pad_top, first_w = t[3].start * o.stride_w - o.pad_left;
    const auto row_inside = [&](const Expr& row) {
      return inside(first_h + row, o.pad_top > 0, o.h, o.pad_bottom > 0);
    };
    const auto column_inside = [&](const Expr& column) {
      return inside(first_w + column, o.pad_left > 0, o.w, o.pad_right > 0);
    };
    const Stmt load = nest(
        {{"c", t[1].size}, {"h", rows}, {"w", columns}, {"b", accel_.batch()}, {"j", accel_.block_out()}},
        [&](const Indices& i) {
          const Expr value = loop::load(x, {t[0].start, t[1].start + i[0], first_h + i[1], first_w + i[2], i[3], i[4]});
          return loop::store(operand_, {flat({i[0], i[1], i[2]}, {t[1].size, rows, columns}), i[3], i[4]},
                             loop::cast(Type::kI32, select_inside({row_inside(i[1]), column_inside(i[2])}, value)));
        });
    const Stmt taps = nest({{"r", o.kernel_h}, {"s", o.kernel_w}}, [&](const Indices& k) {
      return nest({{"c", t[1].size}, {"p", t[2].size}, {"q", t[3].size}}, [&](const Indices& i) {
        const Expr row = i[1] * o.stride_h + k[0], column = i[2] * o.stride_w + k[1];
        Stmt tap = accel_.combine({}, loop::BinaryOp::kMax, result_, operand_, [&](const Indices&) {
          return std::make_pair(base + flat(i, {t[1].size, t[2].size, t[3].size}),
                                flat({i[0], row, column}, {t[1].size, rows, columns}));
        });
        for (const auto& condition : {row_inside(row), column_inside(column)}) {
          if (condition) tap = loop::if_then(*condition, tap);
        }
        return tap;
      });
    });
    return loop::block({load, accel_.reset(result_, base, count),
                        accel_.steps(result_, base, count, {{AluStep::Op::kAdd, -128}}), taps});
  }

  const Operator& op_;
  const ElementwisePlan& plan_;
  AccelWriter& accel_;
  loop::Param y_;
  BufferRef result_, operand_;
};

}  // namespace

std::vector<Knob> elementwise_knobs(const Operator& op, const isa::HwConfig& hardware) {
  const OutputShape s = output_shape(op);
  return {{"tile_c", tile_choices(blocks(s.c, hardware.block_out))},
          {"tile_h", tile_choices(s.h)},
          {"tile_w", tile_choices(s.w)},
          {"double_acc", {0, 1}}};
}

ElementwiseChoice elementwise_choice(const KnobValues& v) {
  return {v.at("tile_c"), v.at("tile_h"), v.at("tile_w"), v.at("double_acc")};
}

KnobValues knob_values(const ElementwiseChoice& c) {
  return {{"tile_c", c.tile_c}, {"tile_h", c.tile_h}, {"tile_w", c.tile_w}, {"double_acc", c.double_acc}};
}

ElementwisePlan plan(const Operator& op, const isa::HwConfig& hardware, const ElementwiseChoice& choice) {
  const OutputShape s = output_shape(op);
  ElementwisePlan p;
  p.dims = {{"n", blocks(s.n, hardware.batch), 1},
            {"c", blocks(s.c, hardware.block_out), choice.tile_c},
            {"h", s.h, choice.tile_h},
            {"w", s.w, choice.tile_w}};
  p.result_elements = choice.tile_c * choice.tile_h * choice.tile_w;
  p.result_copies = choice.double_acc != 0 && iterations(p.dims, p.dims.size()) > 1 ? 2 : 1;
  if (const auto* pool = std::get_if<MaxPool>(&op)) {
    p.operand_elements = choice.tile_c * pool_rows(*pool, choice.tile_h) * pool_columns(*pool, choice.tile_w);
    p.operand_loads = p.operand_elements;
    p.passes = 2 + pool->kernel_h * pool->kernel_w;
  } else if (const auto* add = std::get_if<Add>(&op)) {
    p.operand_elements = p.result_elements;
    p.operand_loads = 2 * p.result_elements;
    p.passes = 1 + (add->left_shift_a > 0 ? 1 : 0) + (add->left_shift_b > 0 ? 1 : 0) +
               static_cast<int64_t>(add_steps(*add).size());
  } else {
    p.operand_loads = p.result_elements;
    p.passes = static_cast<int64_t>(clip_steps(std::get<Clip>(op)).size());
  }
  return p;
}

std::string infeasible(const Operator& op, const isa::HwConfig& hardware, const ElementwiseChoice& choice) {
  const ElementwisePlan p = plan(op, hardware, choice);
  const int64_t depth = hardware.depth(isa::Memory::kAcc);
  if (p.result_copies * p.result_elements + p.operand_elements <= depth) return "";
  return fmt::format("results: {} x {} elements and {} of operands do not fit '{}', which has {} ({} bytes)",
                     p.result_copies, p.result_elements, p.operand_elements, isa::info(isa::Memory::kAcc).name, depth,
                     depth * hardware.element_bytes(isa::Memory::kAcc));
}

double estimate(const isa::HwConfig& hardware, const ElementwisePlan& p) {
  constexpr double kMacroOverhead = 8, kLatency = 40;  // roughly; only the ranking of choices depends on them
  const double bytes = static_cast<double>(hardware.element_bytes(isa::Memory::kAcc8)), bus = hardware.bus_bytes;
  const double tiles = static_cast<double>(iterations(p.dims, p.dims.size()));
  const double passes = static_cast<double>(p.passes), result = static_cast<double>(p.result_elements);
  const double loads = static_cast<double>(p.operand_loads) * bytes / bus + kLatency;
  const double compute = result * passes + kMacroOverhead * passes + loads;
  const double store = result * bytes / bus + kLatency;
  return p.result_copies == 2 ? tiles * std::max(compute, store) + store : tiles * (compute + store);
}

loop::Kernel schedule_elementwise(const Operator& op, const ElementwisePlan& plan, AccelWriter& accel) {
  return Writer(op, plan, accel).kernel();
}

}  // namespace tandem::ops
