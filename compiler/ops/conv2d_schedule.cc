#include "compiler/ops/conv2d_schedule.h"

#include <fmt/format.h>

#include <string>
#include <vector>

namespace tandem::ops {
namespace {

using Names = std::vector<std::string>;

/// Names in the definition: n, o, p, q, c, r, s multiply; n0, ... reset; n1, ... finish; n_pad, ... pad the input.
class Conv2dScheduler {
 public:
  Conv2dScheduler(const Conv2d& op, const isa::HwConfig& hardware, const Conv2dPlan& plan,
                  const tensorize::IntrinsicSet& intrinsics)
      : op_(op),
        hardware_(hardware),
        plan_(plan),
        intrinsics_(intrinsics),
        s_(define(op)),
        pads_(op.pad_top + op.pad_left + op.pad_bottom + op.pad_right > 0),
        input_(pads_ ? "x_padded" : "x"),
        o_(op.groups > 1 ? "_k" : "") {}

  Result<schedule::Schedule> run() {
    if (op_.per_channel) return run_per_channel();
    TANDEM_TRY(requantise_by_alu());
    TANDEM_TRY(cut_into_blocks());
    TANDEM_TRY(hold_the_bias());
    TANDEM_TRY(tile_outputs());
    TANDEM_TRY(tile_reduction());
    TANDEM_TRY(place_operands());
    TANDEM_TRY(use_intrinsics());
    TANDEM_TRY(overlap_transfers());
    TANDEM_TRY(schedule::remove_unit_loops(s_));
    return std::move(s_);
  }

 private:
  bool batched() const { return hardware_.batch > 1; }
  /// The loops within one block, of a nest with the loops `n` over images and `o` over channels.
  Names lanes(const std::string& n, const std::string& o) const {
    return batched() ? Names{n + "_b", o + "_b"} : Names{o + "_b"};
  }
  std::string image_blocks(const std::string& n) const { return batched() ? n + "_outer" : n; }
  /// The loop over the output channels (of a group) of the nest with that suffix.
  std::string outputs(const std::string& nest) const { return "o" + nest + o_; }
  std::string output_blocks(const std::string& nest) const { return outputs(nest) + "_outer"; }
  Names output_lanes(const std::string& nest) const { return lanes("n" + nest, outputs(nest)); }
  bool grouped() const { return op_.groups > 1; }

  static Names joined(Names a, const Names& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
  }
  Names with_pad(Names names, const std::string& loop) const {
    if (pads_) names.push_back(loop);
    return names;
  }

  /// Channels that are requantised each by its own parameters: sums begin by overwriting, one pass turns them into
  /// results in `out`, and each block of output channels is loaded, computed and stored by instructions of its own, so
  /// that they overlap.
  Result<schedule::Schedule> run_per_channel() {
    TANDEM_TRY(cut_into_blocks());
    TANDEM_TRY(schedule::pack(s_, "channels", 0, hardware_.block_out));
    TANDEM_TRY(schedule::pack(s_, "channels", 1, 4));
    TANDEM_TRY(schedule::stage(s_, "channels", "prm", ""));
    TANDEM_TRY(tile_outputs());
    TANDEM_TRY(tile_reduction());
    TANDEM_TRY(place_operands());
    TANDEM_TRY(overwrite_and_requantise());
    if (plan_.bias_copies > 1) TANDEM_TRY(schedule::multi_buffer(s_, "channels_prm", plan_.bias_copies));
    if (plan_.acc_copies > 1) TANDEM_TRY(schedule::multi_buffer(s_, "y_out", plan_.acc_copies));
    TANDEM_TRY(overlap_transfers());
    TANDEM_TRY(schedule::remove_unit_loops(s_));
    return std::move(s_);
  }

  Result<void> overwrite_and_requantise() {
    TANDEM_TRY(schedule::begin_sum(s_, image_blocks("n0"), output_lanes("")[0]));
    const std::string mac = output_lanes("")[0];
    TANDEM_TRY(schedule::tensorize(s_, mac + "_first", "mac_overwrite", intrinsics_));
    if (has_later_terms()) TANDEM_TRY(schedule::tensorize(s_, mac, "mac", intrinsics_));
    TANDEM_TRY(schedule::stage_store(s_, "o_in", "out"));
    TANDEM_TRY(schedule::tensorize(s_, output_lanes("1")[0] + "_out",
                                   std::string("requantize_") + name(*op_.per_channel), intrinsics_));
    for (const std::string& loop :
         {output_blocks(""), std::string("o_in_out"), std::string("o_in"), std::string("weight_wgt_0")}) {
      TANDEM_TRY(schedule::unroll(s_, loop));
    }
    if (channels_in_parts()) {
      for (const std::string& loop : {std::string("weight_wgt_1"), pads_ ? "c_pad_outer" : input_ + "_1"}) {
        TANDEM_TRY(schedule::unroll(s_, loop));
      }
    }
    return {};
  }

  /// Whether a sum has more than one term of a block of input channels.
  bool has_later_terms() const { return plan_.c * op_.kernel_h * op_.kernel_w > 1; }
  /// Whether instructions take fewer input channels than are loaded together: then these are loaded one by one.
  bool channels_in_parts() const {
    return tile("c") < std::max(plan_.inp_channels, plan_.wgt_channels) && tile("c") < plan_.c;
  }

  /// The rounding shift becomes operations of the ALU.
  Result<void> requantise_by_alu() {
    if (op_.requantize.shift == 0) return {};
    Names operations;
    if (plan_.fold_half) {
      if (op_.bias_bits < 32) {
        const int64_t bound = int64_t{1} << (op_.bias_bits - 1);
        TANDEM_TRY(schedule::assume(s_, "bias", -bound, bound - 1));
      }
      operations.push_back(fmt::format("add {}", rounding_half(op_.requantize)));
    }
    for (const AluStep& step : plan_.requantize) {
      operations.push_back(operation_text(step));
    }
    TANDEM_TRY(schedule::rewrite(s_, "n1", operations));
    if (plan_.fold_half) TANDEM_TRY(schedule::reassociate(s_, "n1"));
    return {};
  }

  /// Dimensions become blocks of lanes: loops and buffers alike.
  Result<void> cut_into_blocks() {
    const int64_t batch = hardware_.batch, in = hardware_.block_in, out = hardware_.block_out;
    const Names images = with_pad({"n", "n0", "n1"}, "n_pad"), output_loops = {outputs(""), outputs("0"), outputs("1")},
                channels = with_pad({"c"}, "c_pad");
    if (op_.n % batch != 0) TANDEM_TRY(schedule::pad(s_, images, batch));
    if (grouped()) {
      for (const std::string nest : {"", "0", "1"}) {
        TANDEM_TRY(schedule::split(s_, "o" + nest, op_.group_o(), "g" + nest, outputs(nest)));
      }
      TANDEM_TRY(schedule::pack(s_, "sum", 1, op_.group_o()));
    }
    if (op_.o % out != 0) TANDEM_TRY(schedule::pad(s_, output_loops, out));
    if (op_.c % in != 0) TANDEM_TRY(schedule::pad(s_, channels, in));
    for (const std::string& buffer : with_pad({"x"}, "x_padded")) {
      TANDEM_TRY(schedule::pack(s_, buffer, 0, batch));
      TANDEM_TRY(schedule::pack(s_, buffer, 1, in));
    }
    for (const std::string buffer : {"sum", "y"}) {
      TANDEM_TRY(schedule::pack(s_, buffer, 0, batch));
      TANDEM_TRY(schedule::pack(s_, buffer, buffer == "sum" && grouped() ? 4 : 1, out));
    }
    TANDEM_TRY(schedule::pack(s_, "weight", 0, out));
    TANDEM_TRY(schedule::pack(s_, "weight", 1, in));
    for (const std::string& loop : batched() ? images : Names{})
      TANDEM_TRY(schedule::split(s_, loop, batch, "", loop + "_b"));
    for (const std::string& loop : output_loops) TANDEM_TRY(schedule::split(s_, loop, out, "", loop + "_b"));
    for (const std::string& loop : channels) TANDEM_TRY(schedule::split(s_, loop, in, "", loop + "_b"));
    if (!pads_) return {};
    return schedule::reorder(s_,
                             joined({image_blocks("n_pad"), "c_pad_outer", "h_pad", "w_pad"}, lanes("n_pad", "c_pad")));
  }

  /// The bias for every row of a batch, with the rounding half where it may be added ahead.
  Result<void> hold_the_bias() {
    if (!batched()) TANDEM_TRY(schedule::pack(s_, "bias", 0, 1));
    TANDEM_TRY(schedule::pack(s_, "bias", 0, hardware_.block_out));
    if (batched()) TANDEM_TRY(schedule::replicate(s_, "bias", 1, "n1_b"));
    TANDEM_TRY(schedule::stage(s_, "bias", "acc", ""));
    if (plan_.fold_half) TANDEM_TRY(schedule::absorb(s_, "bias_acc"));
    return {};
  }

  Result<void> tile_outputs() {
    Names tiles;
    for (const TiledDim& dim : plan_.dims) {
      if (dim.name == "c" || dim.name == "r" || dim.name == "s") continue;
      if (dim.name == "g") {  // one by one
        tiles.emplace_back("g1");
        continue;
      }
      const std::string loop = dim.name == "n"   ? image_blocks("n1")
                               : dim.name == "o" ? output_blocks("1")
                               : dim.name == "h" ? "p1"
                                                 : "q1";
      TANDEM_TRY(schedule::split(s_, loop, dim.tile, dim.name + "_tile", dim.name + "_in"));
      tiles.push_back(dim.name + "_tile");
    }
    const Names inner =
        joined(op_.per_channel ? Names{"o_in", "n_in", "h_in", "w_in"} : Names{"n_in", "o_in", "h_in", "w_in"},
               output_lanes("1"));
    TANDEM_TRY(schedule::reorder(s_, joined(tiles, inner)));
    TANDEM_TRY(schedule::set_scope(s_, "sum", "acc"));
    return schedule::compute_at(s_, "sum", tiles.back());
  }

  Result<void> tile_reduction() {
    Names outer = {"c_tile"};
    TANDEM_TRY(schedule::split(s_, "c_outer", tile("c"), "c_tile", "c_in"));
    std::string rows = "r", columns = "s";
    if (splits_kernel()) {
      TANDEM_TRY(schedule::split(s_, "r", tile("r"), "r_tile", "r_in"));
      TANDEM_TRY(schedule::split(s_, "s", tile("s"), "s_tile", "s_in"));
      outer = {"c_tile", "r_tile", "s_tile"};
      rows = "r_in";
      columns = "s_in";
    }
    if (grouped()) outer.push_back("g");
    const std::string o = output_blocks(""), n = image_blocks("n");
    const Names inner =
        op_.per_channel ? Names{o, "c_in", rows, columns, n, "p", "q"} : Names{n, o, "p", "q", "c_in", rows, columns};
    return schedule::reorder(s_, joined(joined(outer, inner), joined(output_lanes(""), {"c_b"})));
  }

  bool splits_kernel() const { return tile("r") < op_.kernel_h || tile("s") < op_.kernel_w; }

  /// The tile loop with `depth` tile loops around its body; "" for the kernel.
  std::string tile_loop(size_t depth) const {
    if (depth == 0) return "";
    const std::string& dim = plan_.dims[depth - 1].name;
    return dim == "g" ? "g1" : dim + "_tile";
  }

  Result<void> place_operands() {
    const std::string at = tile_loop(plan_.inp_depth);
    if (pads_) {
      TANDEM_TRY(schedule::set_scope(s_, "x_padded", "inp"));
      if (!at.empty()) TANDEM_TRY(schedule::compute_at(s_, "x_padded", at));
    } else {
      TANDEM_ASSIGN(input_, schedule::stage(s_, "x", "inp", at));
    }
    if (plan_.compact_rows && op_.stride_h > tile("r") && tile("h") > 1) {
      TANDEM_TRY(schedule::unfold(s_, input_, 2, "p", splits_kernel() ? "r_in" : "r"));
    }
    TANDEM_TRY(schedule::stage(s_, "weight", "wgt", tile_loop(plan_.wgt_depth)));
    const std::string bias_at = tile_loop(plan_.bias_depth);
    if (!bias_at.empty()) TANDEM_TRY(schedule::compute_at(s_, op_.per_channel ? "channels_prm" : "bias_acc", bias_at));
    return {};
  }

  int64_t tile(const std::string& name) const { return plan_.dim(name).tile; }

  Result<void> use_intrinsics() {
    TANDEM_TRY(schedule::reorder(s_, joined({image_blocks("n0"), output_blocks("0"), "p0", "q0"}, output_lanes("0"))));
    TANDEM_TRY(schedule::tensorize(s_, output_lanes("0")[0], "gemm_reset", intrinsics_));
    TANDEM_TRY(schedule::tensorize(s_, output_lanes("")[0], "gemm", intrinsics_));
    if (plan_.fold_half) TANDEM_TRY(schedule::tensorize(s_, "bias_acc_u1", "alu_add_imm", intrinsics_));
    // y = i8(min(max(... sum + bias ...))): each operation a pass over the tile.
    TANDEM_TRY(schedule::decompose(s_, "n_in", "sum"));
    Names passes = {"alu_add"};
    for (const AluStep& step : plan_.requantize) passes.push_back(intrinsic_of(step));
    for (size_t pass = 0; pass < passes.size(); ++pass) {
      const std::string loop = fmt::format("{}_u{}", output_lanes("1")[0], pass);
      TANDEM_TRY(schedule::tensorize(s_, loop, passes[pass], intrinsics_));
    }
    return {};
  }

  Result<void> overlap_transfers() {
    if (plan_.inp_copies > 1) TANDEM_TRY(schedule::multi_buffer(s_, input_, plan_.inp_copies));
    if (plan_.wgt_copies > 1) TANDEM_TRY(schedule::multi_buffer(s_, "weight_wgt", plan_.wgt_copies));
    if (plan_.acc_copies > 1) TANDEM_TRY(schedule::multi_buffer(s_, "sum", plan_.acc_copies));
    return {};
  }

  const Conv2d& op_;
  const isa::HwConfig& hardware_;
  const Conv2dPlan& plan_;
  const tensorize::IntrinsicSet& intrinsics_;
  schedule::Schedule s_;
  bool pads_;
  std::string input_;  // the buffer that the windows read
  std::string o_;      // what is added to the names of the loops over output channels
};

}  // namespace

Result<schedule::Schedule> schedule_conv2d(const Conv2d& op, const isa::HwConfig& hardware, const Conv2dPlan& plan,
                                           const tensorize::IntrinsicSet& intrinsics) {
  return Conv2dScheduler(op, hardware, plan, intrinsics).run();
}

}  // namespace tandem::ops
