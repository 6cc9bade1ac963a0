#include "compiler/ops/conv2d_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "compiler/ops/tile_choices.h"
#include "isa/instruction.h"
#include "support/check.h"

namespace tandem::ops {
namespace {

std::string buffer_error(const char* what, int64_t copies, int64_t elements, int64_t more,
                         const isa::HwConfig& hardware, isa::Memory memory) {
  return fmt::format("{}: {} x {} elements{} do not fit '{}', which has {} ({} bytes)", what, copies, elements,
                     more > 0 ? fmt::format(" and {} of bias", more) : "", isa::info(memory).name,
                     hardware.depth(memory), hardware.depth(memory) * hardware.element_bytes(memory));
}

}  // namespace

namespace {

/// Whether buffers may be too small for the whole kernel beside the rest of a tile.
bool splits_kernel(const Conv2d& op, const isa::HwConfig& hardware) {
  const int64_t taps = op.kernel_h * op.kernel_w;
  return taps > 1 && (2 * taps > hardware.depth(isa::Memory::kWgt) ||
                      2 * op.span_h() * op.span_w() > hardware.depth(isa::Memory::kInp));
}

}  // namespace

std::vector<Knob> conv2d_knobs(const Conv2d& op, const isa::HwConfig& hardware) {
  std::vector<Knob> knobs = {{"tile_n", tile_choices(blocks(op.n, hardware.batch))},
                             {"tile_o", tile_choices(blocks(op.group_o(), hardware.block_out))},
                             {"tile_h", tile_choices(op.out_h())},
                             {"tile_w", tile_choices(op.out_w())},
                             {"tile_c", tile_choices(blocks(op.group_c(), hardware.block_in))},
                             {"space_outer", {0, 1}},
                             {"resident", {0, 1}},
                             {"double_inp", {0, 1}},
                             {"double_wgt", {0, 1}},
                             {"double_acc", {0, 1}}};
  if (op.per_channel) knobs.push_back({"whole_wgt", {0, 1}});
  if (splits_kernel(op, hardware)) {
    knobs.push_back({"tile_r", tile_choices(op.kernel_h)});
    knobs.push_back({"tile_s", tile_choices(op.kernel_w)});
  }
  return knobs;
}

Conv2dChoice conv2d_choice(const KnobValues& v) {
  const auto optional = [&](const char* name) {
    const auto found = v.find(name);
    return found == v.end() ? 0 : found->second;
  };
  return {v.at("tile_n"),        v.at("tile_o"),     v.at("tile_h"),     v.at("tile_w"),     v.at("tile_c"),
          v.at("space_outer"),   v.at("resident"),   v.at("double_inp"), v.at("double_wgt"), v.at("double_acc"),
          optional("whole_wgt"), optional("tile_r"), optional("tile_s")};
}

KnobValues knob_values(const Conv2d& op, const Conv2dChoice& c) {
  KnobValues values = {{"tile_n", c.tile_n},        {"tile_o", c.tile_o},         {"tile_h", c.tile_h},
                       {"tile_w", c.tile_w},        {"tile_c", c.tile_c},         {"space_outer", c.space_outer},
                       {"resident", c.resident},    {"double_inp", c.double_inp}, {"double_wgt", c.double_wgt},
                       {"double_acc", c.double_acc}};
  if (op.per_channel) values["whole_wgt"] = c.whole_wgt;
  if (c.tile_r > 0) values["tile_r"] = c.tile_r;
  if (c.tile_s > 0) values["tile_s"] = c.tile_s;
  return values;
}

const TiledDim& Conv2dPlan::dim(const std::string& name) const {
  const auto found = std::find_if(dims.begin(), dims.end(), [&](const TiledDim& d) { return d.name == name; });
  TANDEM_CHECK(found != dims.end(), "a convolution has no dimension '" + name + "'");
  return *found;
}

Conv2dPlan plan(const Conv2d& op, const isa::HwConfig& hardware, const Conv2dChoice& choice) {
  Conv2dPlan p;
  p.n = blocks(op.n, hardware.batch);
  p.groups = op.groups;
  p.o = blocks(op.group_o(), hardware.block_out);
  p.c = blocks(op.group_c(), hardware.block_in);
  p.tile_r = choice.tile_r > 0 ? choice.tile_r : op.kernel_h;
  p.tile_s = choice.tile_s > 0 ? choice.tile_s : op.kernel_w;
  const TiledDim n = {"n", p.n, choice.tile_n}, o = {"o", p.o, choice.tile_o}, h = {"h", op.out_h(), choice.tile_h},
                 w = {"w", op.out_w(), choice.tile_w}, c = {"c", p.c, choice.tile_c}, r = {"r", op.kernel_h, p.tile_r},
                 s = {"s", op.kernel_w, p.tile_s};
  const bool space_outer = choice.space_outer != 0, resident = choice.resident != 0;
  if (op.groups > 1) p.dims.push_back({"g", op.groups, 1});
  for (const TiledDim& dim :
       space_outer ? std::vector<TiledDim>{n, h, w, o, c, r, s} : std::vector<TiledDim>{o, n, h, w, c, r, s}) {
    p.dims.push_back(dim);
  }
  p.inp_channels = space_outer && resident ? p.c : choice.tile_c;
  p.wgt_channels = !space_outer && resident ? p.c : choice.tile_c;
  using Names = std::vector<std::string>;
  p.inp_depth = depth_of(
      p.dims, p.inp_channels == p.c ? Names{"g", "n", "h", "w", "r", "s"} : Names{"g", "n", "h", "w", "c", "r", "s"});
  p.wgt_depth = depth_of(p.dims, p.wgt_channels == p.c ? Names{"g", "o", "r", "s"} : Names{"g", "o", "c", "r", "s"});
  p.acc_depth = p.dims.size() - 3;
  const bool whole_wgt = choice.whole_wgt != 0;
  if (whole_wgt) {
    p.wgt_channels = p.c;
    p.wgt_depth = 0;
  }

  p.compact_rows = op.stride_h >= p.tile_r && op.dilation_h == 1;
  p.inp_elements = choice.tile_n * p.inp_channels * p.rows(op, choice.tile_h) * p.columns(op, choice.tile_w);
  p.wgt_elements = whole_wgt ? op.groups * p.o * p.c * op.kernel_h * op.kernel_w
                             : choice.tile_o * p.wgt_channels * p.tile_r * p.tile_s;
  p.acc_elements = choice.tile_n * choice.tile_o * choice.tile_h * choice.tile_w;
  const auto copies = [&](int64_t wanted, size_t depth) -> int64_t {
    return wanted != 0 && iterations(p.dims, depth) > 1 ? 2 : 1;
  };
  p.inp_copies = copies(choice.double_inp, p.inp_depth);
  p.wgt_copies = copies(choice.double_wgt, p.wgt_depth);
  p.acc_copies = copies(choice.double_acc, p.acc_depth);

  if (op.per_channel) {
    // Loads run ahead of computing as far as the buffers reach.
    const auto fill = [](int64_t& count, int64_t elements, int64_t depth, int64_t loads) {
      if (count > 1) count = std::clamp<int64_t>(depth / elements, 2, std::min<int64_t>(loads, 8));
    };
    fill(p.inp_copies, p.inp_elements, hardware.depth(isa::Memory::kInp), iterations(p.dims, p.inp_depth));
    fill(p.wgt_copies, p.wgt_elements, hardware.depth(isa::Memory::kWgt), iterations(p.dims, p.wgt_depth));
    const int64_t most = hardware.depth(isa::Memory::kPrm);
    const bool all = op.groups * p.o <= most;
    p.bias_elements = all ? op.groups * p.o : choice.tile_o;
    p.bias_depth = all ? 0 : depth_of(p.dims, {"g", "o"});
    p.bias_copies = p.bias_depth > 0 && 2 * choice.tile_o <= most ? 2 : 1;
    return p;
  }

  // All of the bias at once where it is small beside the accumulators.
  const bool whole_bias = op.groups * p.o <= hardware.depth(isa::Memory::kAcc) / 16;
  p.bias_elements = whole_bias ? op.groups * p.o : choice.tile_o;
  p.bias_depth = whole_bias ? 0 : depth_of(p.dims, {"g", "o"});

  const int64_t bound = op.group_c() * op.kernel_h * op.kernel_w * 128 * 128 + (int64_t{1} << (op.bias_bits - 1));
  p.fold_half = half_can_be_folded(op.requantize, bound);
  p.requantize = lower_requantize(op.requantize, p.fold_half);
  return p;
}

std::string infeasible(const Conv2d& op, const isa::HwConfig& hardware, const Conv2dChoice& choice) {
  if (op.per_channel && hardware.requant_lanes() == 0) {
    return "channels requantised each by its own parameters need 'requant_lanes', which the hardware has 0 of";
  }
  if (op.pad_value != 0 && hardware.extended_alu == 0 && op.pad_top + op.pad_left + op.pad_bottom + op.pad_right > 0) {
    return fmt::format("pads of {} need 'extended_alu', which the hardware lacks", op.pad_value);
  }
  const Conv2dPlan p = plan(op, hardware, choice);
  if (op.per_channel && p.bias_copies * p.bias_elements > hardware.depth(isa::Memory::kPrm)) {
    return buffer_error("parameters", p.bias_copies, p.bias_elements, 0, hardware, isa::Memory::kPrm);
  }
  if (p.inp_copies * p.inp_elements > hardware.depth(isa::Memory::kInp)) {
    return buffer_error("inputs", p.inp_copies, p.inp_elements, 0, hardware, isa::Memory::kInp);
  }
  if (p.wgt_copies * p.wgt_elements > hardware.depth(isa::Memory::kWgt)) {
    return buffer_error("weights", p.wgt_copies, p.wgt_elements, 0, hardware, isa::Memory::kWgt);
  }
  const int64_t bias = op.per_channel ? 0 : p.bias_elements;
  if (p.acc_copies * p.acc_elements + bias > hardware.depth(isa::Memory::kAcc)) {
    return buffer_error("accumulators", p.acc_copies, p.acc_elements, bias, hardware, isa::Memory::kAcc);
  }
  return "";
}

namespace {

/// The cycles of an instruction stream in which everything overlaps: the longest of computing, reading and writing, and
/// what stands before the first product and after the last one. `inp_tile`: beats of one load of inputs.
void finish_per_channel(const isa::HwConfig& hardware, const Conv2dPlan& p, const Conv2dChoice& choice, double inp_tile,
                        CostEstimate& e) {
  // A load answers after the memory's latency; a requantisation's last result is written so long after its last read.
  // What instructions cost besides their steps is fitted to RTL cycles.
  constexpr double kLatency = 40, kRequantizeLatency = 16, kRequantize = 1, kMacro = 0.5;
  const double bus = hardware.bus_bytes;
  const auto beats = [&](int64_t elements, isa::Memory memory) {
    return static_cast<double>(elements * hardware.element_bytes(memory)) / bus;
  };
  const int64_t taps = p.tile_r * p.tile_s, pixels = choice.tile_n * choice.tile_h * choice.tile_w;
  const double requantisations = static_cast<double>(iterations(p.dims, p.acc_depth) * choice.tile_o);
  const double channel_tiles = static_cast<double>(p.dim("c").count() * p.dim("r").count() * p.dim("s").count());
  e.macro_instructions = requantisations * (channel_tiles + 3);
  // A requantisation runs beside the next products, but only one at a time, and in order: where those take less, the
  // products behind the next one wait.
  const double products = static_cast<double>(pixels * choice.tile_c * taps);
  const double lanes = static_cast<double>(hardware.batch * hardware.block_out) / hardware.requant_lanes();
  const double stall = std::max(0.0, static_cast<double>(pixels) * lanes + kRequantizeLatency - products);
  const double compute = e.gemm_cycles + (kRequantize + stall) * requantisations + kMacro * e.macro_instructions;
  // Instructions come over the same bus as inputs and weights.
  const bool in_parts = choice.tile_c < std::max(p.inp_channels, p.wgt_channels) && choice.tile_c < p.c;
  const double inp_parts = static_cast<double>(in_parts ? p.inp_channels : 1),
               wgt_parts = static_cast<double>(in_parts ? p.wgt_channels : 1);
  const double loads = static_cast<double>(iterations(p.dims, p.inp_depth)) * inp_parts +
                       static_cast<double>(iterations(p.dims, p.wgt_depth) * choice.tile_o) * wgt_parts;
  constexpr double kInstructionBytes = 16;  // at least
  const double instruction_beats = (loads + requantisations * (channel_tiles + 2)) * kInstructionBytes / bus;
  // An instruction needs the inputs of its channels and the weights of its output channels.
  const double share = static_cast<double>(choice.tile_c) / static_cast<double>(p.inp_channels);
  const double first_inp = inp_tile * share, first_wgt = beats(choice.tile_c * taps, isa::Memory::kWgt);
  e.prologue_cycles = kLatency + first_inp + first_wgt;
  e.epilogue_cycles = 2 * kLatency + beats(pixels, isa::Memory::kOut) + static_cast<double>(pixels) * lanes;
  const double prm = beats(p.groups * p.o, isa::Memory::kPrm),
               reads = e.inp_beats + e.wgt_beats + prm + instruction_beats;
  // While the first tiles are computed, loads may not keep pace.
  double late = 0;
  if (choice.whole_wgt != 0) {
    const double work =
        compute / static_cast<double>(iterations(p.dims, p.acc_depth)) * static_cast<double>(p.o / choice.tile_o);
    late = std::max(0.0, inp_tile + e.wgt_beats + prm - work - first_inp - first_wgt);
  } else {
    const double work = static_cast<double>(pixels * choice.tile_o * choice.tile_c * taps);
    const double next = std::max(0.0, inp_tile * share + first_wgt * static_cast<double>(choice.tile_o) - work);
    late = next * channel_tiles;
  }
  double exposed = 0;
  if (p.inp_copies == 1 && p.inp_depth > 0)
    exposed += static_cast<double>(iterations(p.dims, p.inp_depth)) * (inp_tile + kLatency);
  if (p.wgt_copies == 1 && p.wgt_depth > 0) exposed += e.wgt_beats;
  if (p.acc_copies == 1) exposed += e.store_beats + kLatency * requantisations;
  e.total_cycles = std::max({compute, reads, e.store_beats}) + late + exposed + e.prologue_cycles + e.epilogue_cycles;
}

}  // namespace

CostEstimate estimate(const Conv2d& op, const isa::HwConfig& hardware, const Conv2dPlan& p,
                      const Conv2dChoice& choice) {
  CostEstimate e;
  // What an instruction costs besides its steps or beats, roughly; only the ranking of choices depends on it.
  constexpr double kMacroOverhead = 8, kDmaOverhead = 4, kLatency = 40;
  const double bus = hardware.bus_bytes;
  const auto beats = [&](double elements, isa::Memory memory) {
    return elements * static_cast<double>(hardware.element_bytes(memory)) / bus;
  };
  const double outputs = static_cast<double>(p.n * p.groups * p.o * op.out_h() * op.out_w());
  const double taps = static_cast<double>(op.kernel_h * op.kernel_w);
  const double tiles = static_cast<double>(iterations(p.dims, p.acc_depth)),
               steps = static_cast<double>(iterations(p.dims, p.dims.size()));
  const double passes = op.per_channel ? 0.0 : 2.0 + static_cast<double>(p.requantize.size());
  e.gemm_cycles = outputs * static_cast<double>(p.c) * taps;
  e.alu_cycles = outputs * passes;

  // Micro-ops of a GEMM: all loops but the two longest; rows and columns are one loop where the tile spans the input.
  const bool rows_join =
      choice.tile_w == op.out_w() && op.stride_w == 1 && op.kernel_w == 1 && op.kernel_h == 1 && op.stride_h == 1;
  int64_t extents[] = {choice.tile_n,
                       choice.tile_o,
                       rows_join ? 1 : choice.tile_h,
                       rows_join ? choice.tile_h * choice.tile_w : choice.tile_w,
                       choice.tile_c,
                       p.tile_r,
                       p.tile_s};
  std::sort(std::begin(extents), std::end(extents));
  double sequence = 1;
  for (int i = 0; i < 5; ++i) sequence *= static_cast<double>(extents[i]);
  const double variants = static_cast<double>(std::min<int64_t>(p.inp_copies * p.wgt_copies * p.acc_copies, 4));
  const double most_uops = static_cast<double>(hardware.depth(isa::Memory::kUop));
  const double splits = std::max(1.0, sequence / most_uops);
  e.uops = sequence * variants > most_uops ? sequence * steps : sequence * variants;
  e.macro_instructions = steps * splits + tiles * passes;

  // Transfers: what a load moves, on average over the tiles, times how often it happens.
  const double kernel_rows = static_cast<double>(p.rows(op, choice.tile_h)),
               columns = static_cast<double>(p.columns(op, choice.tile_w));
  const double h_tiles = static_cast<double>(blocks(op.out_h(), choice.tile_h)),
               w_tiles = static_cast<double>(blocks(op.out_w(), choice.tile_w));
  const double row_share = std::min(1.0, static_cast<double>(op.h) / std::max(1.0, kernel_rows * h_tiles) +
                                             (h_tiles > 1 ? static_cast<double>(op.span_h()) / kernel_rows : 0.0));
  const double column_share = std::min(1.0, static_cast<double>(op.w) / std::max(1.0, columns * w_tiles) +
                                                (w_tiles > 1 ? static_cast<double>(op.span_w()) / columns : 0.0));
  const double inp_loads = static_cast<double>(iterations(p.dims, p.inp_depth)),
               wgt_loads = static_cast<double>(iterations(p.dims, p.wgt_depth));
  const auto fill = [](const TiledDim& d) {
    return static_cast<double>(d.total) / static_cast<double>(d.count() * d.tile);
  };
  double n_fill = 1, o_fill = 1, c_fill = 1;
  for (const TiledDim& d : p.dims) {
    if (d.name == "n") n_fill = fill(d);
    if (d.name == "o") o_fill = fill(d);
    if (d.name == "c") c_fill = fill(d);
  }
  const double inp_tile = beats(static_cast<double>(p.inp_elements), isa::Memory::kInp) * row_share * column_share;
  const double wgt_tile = beats(static_cast<double>(p.wgt_elements), isa::Memory::kWgt);
  e.inp_beats = inp_loads * inp_tile * n_fill * (p.inp_channels == p.c ? 1 : c_fill);
  e.wgt_beats = wgt_loads * wgt_tile * o_fill * (p.wgt_channels == p.c ? 1 : c_fill);
  e.acc_beats = static_cast<double>(iterations(p.dims, p.bias_depth)) *
                    beats(static_cast<double>(p.bias_elements), isa::Memory::kAcc) +
                e.uops * static_cast<double>(hardware.element_bytes(isa::Memory::kUop)) / bus;
  e.store_beats = beats(outputs, isa::Memory::kOut);
  const bool whole_rows = choice.tile_w == op.out_w();
  const double inp_rows_instructions = static_cast<double>(choice.tile_n * p.inp_channels);
  const double store_instructions =
      whole_rows && choice.tile_h == op.out_h() ? 1.0 : static_cast<double>(choice.tile_n * choice.tile_o);
  e.dma_instructions = inp_loads * inp_rows_instructions + wgt_loads + tiles * store_instructions;
  // Short rows of a strided block do not fill a burst.
  const double inp_row_cost =
      inp_loads * inp_rows_instructions * kernel_rows * (op.pad_left + op.pad_right > 0 || !whole_rows ? 1.0 : 0.0);

  if (op.per_channel) {
    finish_per_channel(hardware, p, choice, inp_tile, e);
    return e;
  }
  const double compute = e.gemm_cycles + e.alu_cycles + kMacroOverhead * e.macro_instructions +
                         static_cast<double>(iterations(p.dims, p.bias_depth)) * kLatency;
  const double load_inp = e.inp_beats + kDmaOverhead * inp_loads * inp_rows_instructions + inp_row_cost;
  const double load_wgt = e.wgt_beats + kDmaOverhead * wgt_loads;
  const double store = e.store_beats + kDmaOverhead * tiles * store_instructions;
  const bool inp_overlaps = p.inp_copies == 2, wgt_overlaps = p.wgt_copies == 2;
  double exposed = 0, hidden = 0;
  (inp_overlaps ? hidden : exposed) += load_inp + (inp_overlaps ? 0 : kLatency * inp_loads);
  (wgt_overlaps ? hidden : exposed) += load_wgt + (wgt_overlaps ? 0 : kLatency * wgt_loads);
  if (p.acc_copies == 1) exposed += store + kLatency * tiles;
  e.prologue_cycles = kLatency + (inp_overlaps ? load_inp / inp_loads : 0) + (wgt_overlaps ? load_wgt / wgt_loads : 0);
  const double last_tile = outputs / tiles;
  e.epilogue_cycles = kLatency + last_tile * passes + (p.acc_copies == 2 ? store / tiles : 0);
  // Transfers come in bursts: where they need nearly as long as computing, they do not hide entirely (fitted to RTL
  // cycles of ResNet-18's 1x1 layers).
  const double overlapped = std::pow(std::pow(compute, 5) + std::pow(hidden + e.acc_beats, 5), 0.2);
  e.total_cycles = std::max(overlapped, store) + exposed + e.prologue_cycles + e.epilogue_cycles;
  return e;
}

}  // namespace tandem::ops
