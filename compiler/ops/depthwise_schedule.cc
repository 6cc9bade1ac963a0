#include "compiler/ops/depthwise_schedule.h"

#include <string>

namespace tandem::ops {
namespace {

using Names = std::vector<std::string>;

/// Names in the definition: n, o, p, q, r, s multiply (a convolution has c, of one iteration, before r); n0, ... reset;
/// n1, ... finish; n_pad, ... pad the input.
class DepthwiseScheduler {
 public:
  DepthwiseScheduler(const Operator& op, const isa::HwConfig& hardware, const DepthwisePlan& plan,
                     const tensorize::IntrinsicSet& intrinsics)
      : shape_(depthwise_shape(op)),
        hardware_(hardware),
        plan_(plan),
        intrinsics_(intrinsics),
        s_(define(op)),
        input_(shape_.has_pads ? "x_padded" : "x") {}

  Result<schedule::Schedule> run() {
    TANDEM_TRY(cut_into_blocks());
    TANDEM_TRY(tile_outputs());
    TANDEM_TRY(order_sum());
    TANDEM_TRY(place_operands());
    TANDEM_TRY(use_intrinsics());
    TANDEM_TRY(overlap_transfers());
    TANDEM_TRY(schedule::remove_unit_loops(s_));
    return std::move(s_);
  }

 private:
  bool batched() const { return hardware_.batch > 1; }
  Names lanes(const std::string& nest) const {
    return batched() ? Names{"n" + nest + "_b", "o" + nest + "_b"} : Names{"o" + nest + "_b"};
  }
  std::string images(const std::string& nest) const { return "n" + nest + (batched() ? "_outer" : ""); }
  static Names joined(Names a, const Names& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
  }

  Result<void> cut_into_blocks() {
    const int64_t batch = hardware_.batch, block = hardware_.block_out;
    Names image_loops = {"n", "n0", "n1"}, channel_loops = {"o", "o0", "o1"}, inputs = {"x"};
    if (shape_.has_pads) {
      image_loops.push_back("n_pad");
      channel_loops.push_back("c_pad");
      inputs.push_back("x_padded");
    }
    if (shape_.n % batch != 0) TANDEM_TRY(schedule::pad(s_, image_loops, batch));
    if (shape_.c % block != 0) TANDEM_TRY(schedule::pad(s_, channel_loops, block));
    for (const std::string& buffer : joined(inputs, {"sum", "y"})) {
      TANDEM_TRY(schedule::pack(s_, buffer, 0, batch));
      TANDEM_TRY(schedule::pack(s_, buffer, 1, block));
    }
    TANDEM_TRY(schedule::pack(s_, "weight", 0, block));
    TANDEM_TRY(schedule::pack(s_, "channels", 0, block));
    TANDEM_TRY(schedule::pack(s_, "channels", 1, 4));
    for (const std::string& loop : batched() ? image_loops : Names{})
      TANDEM_TRY(schedule::split(s_, loop, batch, "", loop + "_b"));
    for (const std::string& loop : channel_loops) TANDEM_TRY(schedule::split(s_, loop, block, "", loop + "_b"));
    if (!shape_.has_pads) return {};
    return schedule::reorder(s_, joined({images("_pad"), "c_pad_outer", "h_pad", "w_pad"},
                                        batched() ? Names{"n_pad_b", "c_pad_b"} : Names{"c_pad_b"}));
  }

  Result<void> tile_outputs() {
    TANDEM_TRY(schedule::stage(s_, "channels", "prm", ""));
    const Names loops = {"o1_outer", images("1"), "p1", "q1"};
    Names tiles;
    for (size_t i = 0; i < loops.size(); ++i) {
      const TiledDim& dim = plan_.dims[i];
      TANDEM_TRY(schedule::split(s_, loops[i], dim.tile, dim.name + "_tile", dim.name + "_in"));
      tiles.push_back(dim.name + "_tile");
    }
    TANDEM_TRY(schedule::reorder(s_, joined(joined(tiles, {"o_in", "n_in", "h_in", "w_in"}), lanes("1"))));
    TANDEM_TRY(schedule::set_scope(s_, "sum", "acc"));
    return schedule::compute_at(s_, "sum", tiles.back());
  }

  /// Taps outside, so that an instruction holds as few of them as its loops leave; those of one step inside.
  Result<void> order_sum() {
    Names taps = {"r", "s"}, step;
    if (hardware_.depthwise_width() > 1) {
      TANDEM_TRY(schedule::split(s_, "s", hardware_.depthwise_width(), "s_outer", "s_step"));
      taps = {"r", "s_outer"};
      step = {"s_step"};
    }
    Names order = {"o_outer"};
    if (shape_.has_taps) order.push_back("c");
    order = joined(joined(order, taps), {images(""), "p", "q"});
    return schedule::reorder(s_, joined(joined(order, lanes("")), step));
  }

  std::string tile_loop(size_t depth) const { return depth == 0 ? "" : plan_.dims[depth - 1].name + "_tile"; }

  Result<void> place_operands() {
    const std::string at = tile_loop(plan_.inp_depth), channels_at = tile_loop(plan_.prm_depth);
    if (shape_.has_pads) {
      TANDEM_TRY(schedule::set_scope(s_, "x_padded", "inp"));
      if (!at.empty()) TANDEM_TRY(schedule::compute_at(s_, "x_padded", at));
    } else {
      TANDEM_ASSIGN(input_, schedule::stage(s_, "x", "inp", at));
    }
    if (!channels_at.empty()) TANDEM_TRY(schedule::compute_at(s_, "channels_prm", channels_at));
    return stage_weight(tile_loop(plan_.wgt_depth));
  }

  /// Taps are stored as so many that they make whole elements; nothing reads those beyond the kernel.
  Result<void> stage_weight(const std::string& at) {
    TANDEM_TRY(schedule::stage(s_, "weight", "wgt", at));
    if (!shape_.has_taps) {
      return plan_.dims[0].total % hardware_.block_in == 0 ? Result<void>()
                                                           : schedule::pad(s_, {"weight_wgt_0"}, hardware_.block_in);
    }
    if (plan_.wgt_rows > shape_.kernel_h) TANDEM_TRY(schedule::pad(s_, {"weight_wgt_2"}, plan_.wgt_rows));
    if (plan_.wgt_columns > shape_.kernel_w) TANDEM_TRY(schedule::pad(s_, {"weight_wgt_3"}, plan_.wgt_columns));
    return {};
  }

  Result<void> use_intrinsics() {
    const std::string mac = lanes("")[0];
    TANDEM_TRY(schedule::begin_sum(s_, images("0"), mac));
    TANDEM_TRY(schedule::tensorize(s_, mac + "_first", "mac_depthwise_overwrite", intrinsics_));
    if (shape_.kernel_h * shape_.kernel_w > hardware_.depthwise_width())
      TANDEM_TRY(schedule::tensorize(s_, mac, "mac_depthwise", intrinsics_));
    TANDEM_TRY(schedule::stage_store(s_, "o_in", "out"));
    TANDEM_TRY(schedule::tensorize(s_, lanes("1")[0] + "_out", std::string("requantize_") + name(shape_.rounding),
                                   intrinsics_));
    for (const char* loop : {"o_outer", "o_in_out", "o_in"}) TANDEM_TRY(schedule::unroll(s_, loop));
    return {};
  }

  Result<void> overlap_transfers() {
    if (plan_.prm_copies > 1) TANDEM_TRY(schedule::multi_buffer(s_, "channels_prm", plan_.prm_copies));
    if (plan_.acc_copies > 1) TANDEM_TRY(schedule::multi_buffer(s_, "y_out", plan_.acc_copies));
    if (plan_.inp_copies > 1) TANDEM_TRY(schedule::multi_buffer(s_, input_, plan_.inp_copies));
    if (plan_.wgt_copies > 1) TANDEM_TRY(schedule::multi_buffer(s_, "weight_wgt", plan_.wgt_copies));
    if (plan_.acc_copies > 1) TANDEM_TRY(schedule::multi_buffer(s_, "sum", plan_.acc_copies));
    return {};
  }

  const DepthwiseShape shape_;
  const isa::HwConfig& hardware_;
  const DepthwisePlan& plan_;
  const tensorize::IntrinsicSet& intrinsics_;
  schedule::Schedule s_;
  std::string input_;  // the buffer that the windows read
};

}  // namespace

Result<schedule::Schedule> schedule_depthwise(const Operator& op, const isa::HwConfig& hardware,
                                              const DepthwisePlan& plan, const tensorize::IntrinsicSet& intrinsics) {
  return DepthwiseScheduler(op, hardware, plan, intrinsics).run();
}

}  // namespace tandem::ops
