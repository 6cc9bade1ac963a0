#include "compiler/ops/elementwise_schedule.h"

#include <fmt/format.h>

#include <string>
#include <vector>

namespace tandem::ops {
namespace {

using Names = std::vector<std::string>;

class ElementwiseScheduler {
 public:
  ElementwiseScheduler(const Operator& op, const isa::HwConfig& hardware, const ElementwisePlan& plan,
                       const tensorize::IntrinsicSet& intrinsics)
      : op_(op), hardware_(hardware), plan_(plan), intrinsics_(intrinsics), s_(define(op)) {}

  Result<schedule::Schedule> run() {
    if (const auto* pool = std::get_if<MaxPool>(&op_)) {
      TANDEM_TRY(max_pool(*pool));
    } else if (const auto* add = std::get_if<Add>(&op_)) {
      TANDEM_TRY(add->rescaled ? rescaled_addition(*add) : addition(*add));
    } else {
      TANDEM_TRY(clip(std::get<Clip>(op_)));
    }
    if (plan_.result_copies > 1) TANDEM_TRY(schedule::multi_buffer(s_, result_, plan_.result_copies));
    TANDEM_TRY(schedule::remove_unit_loops(s_));
    return std::move(s_);
  }

 private:
  bool batched() const { return hardware_.batch > 1; }
  /// The loops within one block, of a nest with the loops `n` over images and `c` over channels.
  Names lanes(const std::string& n, const std::string& c) const {
    return batched() ? Names{n + "_b", c + "_b"} : Names{c + "_b"};
  }
  std::string image_blocks(const std::string& n) const { return batched() ? n + "_outer" : n; }
  static Names joined(Names a, const Names& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
  }

  /// Images and channels become blocks of lanes, in the loops of all nests and in all buffers.
  Result<void> cut_into_blocks(const Names& images, const Names& channels, const Names& buffers, int64_t n, int64_t c) {
    const int64_t batch = hardware_.batch, block = hardware_.block_out;
    if (n % batch != 0) TANDEM_TRY(schedule::pad(s_, images, batch));
    if (c % block != 0) TANDEM_TRY(schedule::pad(s_, channels, block));
    for (const std::string& buffer : buffers) {
      TANDEM_TRY(schedule::pack(s_, buffer, 0, batch));
      TANDEM_TRY(schedule::pack(s_, buffer, 1, block));
    }
    for (const std::string& loop : batched() ? images : Names{}) {
      TANDEM_TRY(schedule::split(s_, loop, batch, "", loop + "_b"));
    }
    for (const std::string& loop : channels) TANDEM_TRY(schedule::split(s_, loop, block, "", loop + "_b"));
    return {};
  }

  /// Tiles of the nest that writes the result, whose loops are given.
  Result<void> tile(const std::string& n, const std::string& c, const std::string& h, const std::string& w) {
    TANDEM_TRY(schedule::split(s_, c + "_outer", plan_.dims[1].tile, "c_tile", "c_in"));
    TANDEM_TRY(schedule::split(s_, h, plan_.dims[2].tile, "h_tile", "h_in"));
    TANDEM_TRY(schedule::split(s_, w, plan_.dims[3].tile, "w_tile", "w_in"));
    return schedule::reorder(
        s_, joined({image_blocks(n), "c_tile", "h_tile", "w_tile", "c_in", "h_in", "w_in"}, lanes(n, c)));
  }

  Result<void> use_passes(const Names& intrinsics, const std::string& lane) {
    for (size_t pass = 0; pass < intrinsics.size(); ++pass) {
      TANDEM_TRY(schedule::tensorize(s_, fmt::format("{}_u{}", lane, pass), intrinsics[pass], intrinsics_));
    }
    return {};
  }

  Result<void> addition(const Add& op) {
    if (op.requantize.shift != 0) {
      Names operations;
      for (const AluStep& step : addition_steps(op)) operations.push_back(operation_text(step));
      TANDEM_TRY(schedule::rewrite(s_, "n", operations));
    }
    if (op.left_shift_a + op.left_shift_b > 0) TANDEM_TRY(schedule::products_to_shifts(s_, "n"));
    TANDEM_TRY(cut_into_blocks({"n"}, {"c"}, {"a", "b", "y"}, op.n, op.c));
    TANDEM_TRY(schedule::stage(s_, "b", "acc", "", "i32"));
    if (op.left_shift_b > 0) TANDEM_TRY(schedule::absorb(s_, "b_acc"));
    TANDEM_TRY(tile("n", "c", "h", "w"));
    TANDEM_TRY(schedule::compute_at(s_, "b_acc", "w_tile"));
    TANDEM_ASSIGN(result_, schedule::stage(s_, "a", "acc", "w_tile", "i32"));
    if (op.left_shift_b > 0) TANDEM_TRY(schedule::tensorize(s_, "b_acc_u4", "alu_shr_imm", intrinsics_));
    TANDEM_TRY(schedule::decompose(s_, "c_in", result_));
    Names passes = op.left_shift_a > 0 ? Names{"alu_shr_imm", "alu_add"} : Names{"alu_add"};
    for (const AluStep& step : addition_steps(op)) passes.push_back(intrinsic_of(step));
    return use_passes(passes, lanes("n", "c")[0]);
  }

  /// Names in the definition: n0, ... and n1, ... scale the operands, n2, ... add them, n, ... requantise the sum.
  Result<void> rescaled_addition(const Add& op) {
    TANDEM_TRY(cut_into_blocks({"n", "n0", "n1", "n2"}, {"c", "c0", "c1", "c2"}, {"a", "b", "sum", "b_scaled", "y"},
                               op.n, op.c));
    TANDEM_TRY(schedule::pack(s_, "channels", 1, hardware_.block_out));
    TANDEM_TRY(schedule::pack(s_, "channels", 2, 4));
    TANDEM_TRY(schedule::stage(s_, "channels", "prm", ""));
    TANDEM_TRY(tile("n", "c", "h", "w"));
    for (const char* buffer : {"sum", "b_scaled"}) {
      TANDEM_TRY(schedule::set_scope(s_, buffer, "acc"));
      TANDEM_TRY(schedule::compute_at(s_, buffer, "w_tile"));
    }
    if (!plan_.whole_parameters) TANDEM_TRY(schedule::compute_at(s_, "channels_prm", "c_tile"));
    for (const char* operand : {"a", "b"}) TANDEM_TRY(schedule::stage(s_, operand, "acc", "w_tile", "i32"));
    const std::string rule = std::string("requantize_") + name(*op.rescaled);
    for (const std::string nest : {"0", "1", "2"}) {
      TANDEM_TRY(schedule::reorder(s_, joined({image_blocks("n" + nest), "c" + nest + "_outer", "h" + nest, "w" + nest},
                                              lanes("n" + nest, "c" + nest))));
      TANDEM_TRY(schedule::tensorize(s_, lanes("n" + nest, "c" + nest)[0], nest == "2" ? "alu_add" : rule + "_keep",
                                     intrinsics_));
    }
    TANDEM_ASSIGN(result_, schedule::stage_store(s_, "c_in", "out"));
    return schedule::tensorize(s_, lanes("n", "c")[0] + "_out", rule, intrinsics_);
  }

  Result<void> clip(const Clip& op) {
    TANDEM_TRY(cut_into_blocks({"n"}, {"c"}, {"x", "y"}, op.n, op.c));
    TANDEM_TRY(tile("n", "c", "h", "w"));
    TANDEM_ASSIGN(result_, schedule::stage(s_, "x", "acc", "w_tile"));
    TANDEM_TRY(schedule::decompose(s_, "c_in", result_));
    TANDEM_TRY(schedule::widen(s_, result_, "i32"));
    return use_passes({"alu_max_imm", "alu_min_imm"}, lanes("n", "c")[0]);
  }

  /// Names in the definition: n, c, p, q, r, s take the maximum, n0, ... start it, n_pad, ... pad the input. Pads never
  /// win, so that taps in them are left out; zeros that LOAD writes there are never read.
  Result<void> max_pool(const MaxPool& op) {
    if (op.pad_top + op.pad_left + op.pad_bottom + op.pad_right > 0) {
      TANDEM_TRY(schedule::compute_inline(s_, "x_padded"));
      TANDEM_TRY(schedule::skip_neutral(s_, "n"));
    }
    TANDEM_ASSIGN(result_, schedule::stage_write(s_, "y", "acc"));
    TANDEM_TRY(schedule::widen(s_, result_, "i32"));
    TANDEM_TRY(schedule::start_from_zero(s_, "n0"));
    TANDEM_TRY(cut_into_blocks({"n", "n0", "n0_add", "y_acc_0"}, {"c", "c0", "c0_add", "y_acc_1"}, {"x", "y", "y_acc"},
                               op.n, op.c));
    TANDEM_TRY(tile("y_acc_0", "y_acc_1", "y_acc_2", "y_acc_3"));
    TANDEM_TRY(schedule::compute_at(s_, "y_acc", "w_tile"));
    TANDEM_TRY(schedule::reorder(s_, joined({"r", "s", image_blocks("n"), "c_outer", "p", "q"}, lanes("n", "c"))));
    TANDEM_TRY(schedule::stage(s_, "x", "acc", "w_tile", "i32"));
    for (const std::string id : {"0", "0_add"}) {
      TANDEM_TRY(schedule::reorder(
          s_, joined({image_blocks("n" + id), "c" + id + "_outer", "p" + id, "q" + id}, lanes("n" + id, "c" + id))));
    }
    TANDEM_TRY(schedule::tensorize(s_, lanes("n0", "c0")[0], "gemm_reset", intrinsics_));
    TANDEM_TRY(schedule::tensorize(s_, lanes("n0_add", "c0_add")[0], "alu_add_imm", intrinsics_));
    return schedule::tensorize(s_, lanes("n", "c")[0], "alu_max", intrinsics_);
  }

  const Operator& op_;
  const isa::HwConfig& hardware_;
  const ElementwisePlan& plan_;
  const tensorize::IntrinsicSet& intrinsics_;
  schedule::Schedule s_;
  std::string result_;  // the accumulators that are stored
};

}  // namespace

Result<schedule::Schedule> schedule_elementwise(const Operator& op, const isa::HwConfig& hardware,
                                                const ElementwisePlan& plan,
                                                const tensorize::IntrinsicSet& intrinsics) {
  return ElementwiseScheduler(op, hardware, plan, intrinsics).run();
}

}  // namespace tandem::ops
