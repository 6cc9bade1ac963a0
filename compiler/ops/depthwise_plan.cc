#include "compiler/ops/depthwise_plan.h"

#include <fmt/format.h>

#include <algorithm>

#include "compiler/ops/tile_choices.h"
#include "isa/instruction.h"

namespace tandem::ops {
namespace {

int64_t round_up(int64_t count, int64_t multiple) { return blocks(count, multiple) * multiple; }

/// The smallest rows x columns that hold the taps and make whole elements of block_in vectors.
std::pair<int64_t, int64_t> stored_taps(int64_t rows, int64_t columns, int64_t block_in) {
  std::pair<int64_t, int64_t> best = {rows, round_up(columns, block_in)};
  for (int64_t r = rows; r <= rows + block_in; ++r) {
    for (int64_t s = columns; s <= columns + block_in; ++s) {
      if (r * s % block_in == 0 && r * s < best.first * best.second) best = {r, s};
    }
  }
  return best;
}

std::string does_not_fit(const char* what, int64_t copies, int64_t elements, const isa::HwConfig& hardware,
                         isa::Memory memory) {
  return fmt::format("{}: {} x {} elements do not fit '{}', which has {} ({} bytes)", what, copies, elements,
                     isa::info(memory).name, hardware.depth(memory),
                     hardware.depth(memory) * hardware.element_bytes(memory));
}

}  // namespace

bool runs_depthwise(const Conv2d& op, const isa::HwConfig& hardware) {
  const int64_t width = hardware.depthwise_width();
  return width > 0 && hardware.requant_lanes() > 0 && op.per_channel && op.groups > 1 && op.groups == op.c &&
         op.c == op.o && op.kernel_w % width == 0 && (width == 1 || op.dilation_w == 1);
}

bool runs_depthwise(const AveragePool& op, const isa::HwConfig& hardware) {
  return hardware.depthwise_width() == 1 && hardware.requant_lanes() > 0 && op.c > 1;
}

Conv2d widen_for_depthwise(Conv2d op, const isa::HwConfig& hardware) {
  const int64_t width = hardware.depthwise_width();
  if (width <= 1) return op;
  const int64_t columns = round_up(op.span_w(), width);
  if (op.pad_top + op.pad_left + op.pad_bottom + op.pad_right == 0) op.pad_value = 0;  // new pads meet zero weights
  op.pad_right += columns - op.span_w();
  op.kernel_w = columns;
  op.dilation_w = 1;
  return op;
}

std::vector<Knob> depthwise_knobs(const Operator& op, const isa::HwConfig& hardware) {
  const DepthwiseShape s = depthwise_shape(op);
  return {{"tile_n", tile_choices(blocks(s.n, hardware.batch))},
          {"tile_c", tile_choices(blocks(s.c, hardware.block_out))},
          {"tile_h", tile_choices(s.out_h)},
          {"tile_w", tile_choices(s.out_w)},
          {"double_inp", {0, 1}},
          {"double_acc", {0, 1}}};
}

DepthwiseChoice depthwise_choice(const KnobValues& v) {
  return {v.at("tile_n"), v.at("tile_c"), v.at("tile_h"), v.at("tile_w"), v.at("double_inp"), v.at("double_acc")};
}

KnobValues knob_values(const DepthwiseChoice& c) {
  return {{"tile_n", c.tile_n}, {"tile_c", c.tile_c},         {"tile_h", c.tile_h},
          {"tile_w", c.tile_w}, {"double_inp", c.double_inp}, {"double_acc", c.double_acc}};
}

DepthwiseShape depthwise_shape(const Operator& op) {
  if (const auto* o = std::get_if<Conv2d>(&op)) {
    return {o->n,          o->c,
            o->h,          o->w,
            o->kernel_h,   o->kernel_w,
            o->stride_h,   o->stride_w,
            o->dilation_h, o->dilation_w,
            o->out_h(),    o->out_w(),
            true,          o->pad_top + o->pad_left + o->pad_bottom + o->pad_right > 0,
            o->pad_value,  o->per_channel.value_or(Rounding::kSingle)};
  }
  const auto& o = std::get<AveragePool>(op);
  return {o.n,         o.c,
          o.h,         o.w,
          o.kernel_h,  o.kernel_w,
          o.stride_h,  o.stride_w,
          1,           1,
          o.out_h(),   o.out_w(),
          false,       o.pad_top + o.pad_left + o.pad_bottom + o.pad_right > 0,
          o.pad_value, o.rounding};
}

DepthwisePlan plan_depthwise(const Operator& op, const isa::HwConfig& hardware, const DepthwiseChoice& choice) {
  const DepthwiseShape s = depthwise_shape(op);
  DepthwisePlan p;
  p.dims = {{"o", blocks(s.c, hardware.block_out), choice.tile_c},
            {"n", blocks(s.n, hardware.batch), choice.tile_n},
            {"h", s.out_h, choice.tile_h},
            {"w", s.out_w, choice.tile_w}};
  p.inp_depth = depth_of(p.dims, {"o", "n", "h", "w"});
  p.prm_depth = depth_of(p.dims, {"o"});
  const int64_t rows = (choice.tile_h - 1) * s.stride_h + (s.kernel_h - 1) * s.dilation_h + 1;
  const int64_t columns = (choice.tile_w - 1) * s.stride_w + (s.kernel_w - 1) * s.dilation_w + 1;
  p.inp_elements = choice.tile_c * choice.tile_n * rows * columns;
  p.acc_elements = choice.tile_c * choice.tile_n * choice.tile_h * choice.tile_w;
  if (!s.has_taps) {
    // One vector for each block of channels: all together make whole elements.
    p.wgt_elements = blocks(p.dims[0].total, hardware.block_in);
  } else {
    std::tie(p.wgt_rows, p.wgt_columns) = stored_taps(s.kernel_h, s.kernel_w, hardware.block_in);
    p.wgt_elements = choice.tile_c * p.wgt_rows * p.wgt_columns / hardware.block_in;
    p.wgt_depth = p.prm_depth;
  }
  const auto copies = [&](int64_t elements, isa::Memory memory, size_t depth) -> int64_t {
    const int64_t loads = iterations(p.dims, depth);
    return loads > 1 ? std::clamp<int64_t>(hardware.depth(memory) / elements, 1, std::min<int64_t>(loads, 8)) : 1;
  };
  if (choice.double_inp != 0) {
    p.inp_copies = std::max<int64_t>(copies(p.inp_elements, isa::Memory::kInp, p.inp_depth),
                                     iterations(p.dims, p.inp_depth) > 1 ? 2 : 1);
  }
  p.wgt_copies = copies(p.wgt_elements, isa::Memory::kWgt, p.wgt_depth);
  p.prm_copies = copies(choice.tile_c, isa::Memory::kPrm, p.prm_depth);
  p.acc_copies = choice.double_acc != 0 && iterations(p.dims, p.dims.size()) > 1 ? 2 : 1;
  return p;
}

std::string infeasible_depthwise(const Operator& op, const isa::HwConfig& hardware, const DepthwiseChoice& choice) {
  const DepthwiseShape s = depthwise_shape(op);
  if (s.has_pads && s.pad_value != 0 && hardware.extended_alu == 0) {
    return fmt::format("pads of {} need 'extended_alu', which the hardware lacks", s.pad_value);
  }
  const DepthwisePlan p = plan_depthwise(op, hardware, choice);
  const struct {
    const char* what;
    int64_t copies, elements;
    isa::Memory memory;
  } buffers[] = {{"inputs", p.inp_copies, p.inp_elements, isa::Memory::kInp},
                 {"weights", p.wgt_copies, p.wgt_elements, isa::Memory::kWgt},
                 {"parameters", p.prm_copies, choice.tile_c, isa::Memory::kPrm},
                 {"accumulators", p.acc_copies, p.acc_elements, isa::Memory::kAcc}};
  for (const auto& buffer : buffers) {
    if (buffer.copies * buffer.elements > hardware.depth(buffer.memory))
      return does_not_fit(buffer.what, buffer.copies, buffer.elements, hardware, buffer.memory);
  }
  return "";
}

DepthwiseEstimate estimate_depthwise(const Operator& op, const isa::HwConfig& hardware, const DepthwisePlan& p) {
  constexpr double kLatency = 40, kMacros = 4, kOverhead = 3,
                   kRequantizeLatency = 16;  // of a tile; roughly, for the ranking of choices
  const DepthwiseShape s = depthwise_shape(op);
  const double bus = hardware.bus_bytes;
  const auto beats = [&](double elements, isa::Memory memory) {
    return elements * static_cast<double>(hardware.element_bytes(memory)) / bus;
  };
  const auto number = [](int64_t value) { return static_cast<double>(value); };
  const double tiles = number(iterations(p.dims, p.dims.size()));
  const double outputs = number(p.dims[0].total * p.dims[1].total * s.out_h * s.out_w);
  DepthwiseEstimate e;
  e.steps = outputs * number(s.kernel_h * s.kernel_w / hardware.depthwise_width());
  // What a load moves, on average: rows and columns beyond the input are pads.
  const auto share = [&](const TiledDim& d, int64_t size, int64_t kernel, int64_t stride, int64_t dilation) {
    const int64_t span = (kernel - 1) * dilation + 1, whole = (d.tile - 1) * stride + span;
    const double loaded =
        number(std::min(size + (d.count() - 1) * std::max<int64_t>(0, span - stride), d.count() * whole));
    return loaded;
  };
  const double rows = share(p.dims[2], s.h, s.kernel_h, s.stride_h, s.dilation_h),
               columns = share(p.dims[3], s.w, s.kernel_w, s.stride_w, s.dilation_w);
  e.inp_beats = beats(number(p.dims[0].total * p.dims[1].total) * rows * columns, isa::Memory::kInp);
  e.wgt_beats = beats(number(iterations(p.dims, p.wgt_depth) * p.wgt_elements), isa::Memory::kWgt) +
                beats(number(p.dims[0].total), isa::Memory::kPrm);
  e.store_beats = beats(outputs, isa::Memory::kOut);
  const double blocks_in_tile = number(p.dims[0].tile * p.dims[1].tile);
  e.instructions = tiles * (kMacros + 2 * blocks_in_tile);
  // A requantisation runs beside the next products, one at a time.
  const double pixels = number(p.dims[1].tile * p.dims[2].tile * p.dims[3].tile);
  const double lanes = number(hardware.batch * hardware.block_out) / hardware.requant_lanes();
  const double products = pixels * number(p.dims[0].tile * s.kernel_h * s.kernel_w / hardware.depthwise_width());
  const double requantisations = tiles * number(p.dims[0].tile);
  const double stall = std::max(0.0, number(p.dims[0].tile) * (pixels * lanes + kRequantizeLatency) - products) * tiles;
  const double compute = e.steps + kOverhead * requantisations + stall;
  const double first =
      beats(number(p.inp_elements), isa::Memory::kInp) + beats(number(p.wgt_elements), isa::Memory::kWgt);
  const double requantise = outputs * lanes;
  const double last = number(p.acc_elements) * lanes + beats(number(p.acc_elements), isa::Memory::kOut);
  // A row of pads, and the rest of a load, take cycles without a beat.
  const double loads = e.inp_beats + e.wgt_beats + 4 * tiles * blocks_in_tile;
  double exposed = 0;
  if (p.inp_copies == 1 && p.inp_depth > 0) exposed += loads + kLatency * tiles;
  if (p.acc_copies == 1 && tiles > 1) exposed += requantise + e.store_beats + kLatency * tiles;
  e.total_cycles = std::max({compute, loads, requantise, e.store_beats}) + exposed + first + last + 3 * kLatency;
  return e;
}

}  // namespace tandem::ops
