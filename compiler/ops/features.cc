// What a cost model sees of a candidate: logarithms of sizes, the knobs, and closed-form counts. Names and values are
// made by the same code.
#include <algorithm>
#include <cmath>

#include "compiler/ops/conv2d_plan.h"
#include "compiler/ops/depthwise_plan.h"
#include "compiler/ops/elementwise_plan.h"
#include "compiler/ops/template.h"

namespace tandem::ops {
namespace {

/// Collects values; with `names` set, their names instead of thinking of them twice.
class Collector {
 public:
  explicit Collector(std::vector<std::string>* names) : names_(names) {}
  void plain(const char* name, double value) {
    if (names_ != nullptr) names_->emplace_back(name);
    values_.push_back(static_cast<float>(value));
  }
  void log(const char* name, double value) { plain(name, std::log2(std::max(value, 0.0) + 1.0)); }
  std::vector<float> take() { return std::move(values_); }

 private:
  std::vector<std::string>* names_;
  std::vector<float> values_;
};

/// The operators under one set of names; what an operator does not have is 0.
struct Common {
  double n = 0, c = 0, h = 0, w = 0, o = 0, kernel = 1, stride = 1, out_h = 0, out_w = 0, groups = 1;
};
struct CommonOf {
  Common operator()(const Conv2d& x) const {
    return {double(x.n),
            double(x.c),
            double(x.h),
            double(x.w),
            double(x.o),
            double(x.kernel_h * x.kernel_w),
            double(x.stride_h * x.stride_w),
            double(x.out_h()),
            double(x.out_w()),
            double(x.groups)};
  }
  Common operator()(const MaxPool& x) const { return window(x); }
  Common operator()(const AveragePool& x) const { return window(x); }
  template <typename Pointwise>
  Common operator()(const Pointwise& x) const {
    return {double(x.n), double(x.c), double(x.h), double(x.w), double(x.c), 1, 1, double(x.h), double(x.w), 1};
  }
  template <typename Window>
  static Common window(const Window& x) {
    return {double(x.n),
            double(x.c),
            double(x.h),
            double(x.w),
            double(x.c),
            double(x.kernel_h * x.kernel_w),
            double(x.stride_h * x.stride_w),
            double(x.out_h()),
            double(x.out_w()),
            1};
  }
};

bool is_depthwise(const Operator& op, const isa::HwConfig& hardware) {
  const auto* conv = std::get_if<Conv2d>(&op);
  return std::holds_alternative<AveragePool>(op) || (conv != nullptr && runs_depthwise(*conv, hardware));
}

std::vector<float> collect(const Operator& op, const isa::HwConfig& hw, const KnobValues& values,
                           std::vector<std::string>* names) {
  using isa::Memory;
  Collector f(names);
  const Common shape = std::visit(CommonOf{}, op);
  f.plain("kind", static_cast<double>(op.index()));
  f.log("n", shape.n);
  f.log("c", shape.c);
  f.log("h", shape.h);
  f.log("w", shape.w);
  f.log("o", shape.o);
  f.log("kernel", shape.kernel);
  f.log("stride", shape.stride);
  f.log("out_h", shape.out_h);
  f.log("out_w", shape.out_w);
  f.log("groups", shape.groups);

  f.log("batch", hw.batch);
  f.log("block_in", hw.block_in);
  f.log("block_out", hw.block_out);
  f.log("uop_depth", static_cast<double>(hw.depth(Memory::kUop)));
  f.log("inp_depth", static_cast<double>(hw.depth(Memory::kInp)));
  f.log("wgt_depth", static_cast<double>(hw.depth(Memory::kWgt)));
  f.log("acc_depth", static_cast<double>(hw.depth(Memory::kAcc)));
  f.log("bus_bytes", hw.bus_bytes);
  f.log("outstanding_reads", hw.outstanding_reads);
  f.log("command_queue_depth", hw.command_queue_depth);
  f.log("token_queue_depth", hw.token_queue_depth);

  Conv2dChoice choice;
  CostEstimate cost;
  double tiles = 1, inp_use = 0, wgt_use = 0, acc_use = 0, gemm_share = 0;
  const double macs_total = static_cast<double>(macs(op));
  const auto share = [](int64_t used, int64_t depth) { return static_cast<double>(used) / static_cast<double>(depth); };
  if (is_depthwise(op, hw)) {
    const DepthwiseChoice d = depthwise_choice(values);
    const DepthwisePlan p = plan_depthwise(op, hw, d);
    const DepthwiseEstimate e = estimate_depthwise(op, hw, p);
    choice = {d.tile_n, d.tile_c, d.tile_h, d.tile_w, 1, 0, 0, d.double_inp, 1, d.double_acc, 0, 0, 0};
    tiles = static_cast<double>(iterations(p.dims, p.dims.size()));
    inp_use = share(p.inp_copies * p.inp_elements, hw.depth(Memory::kInp));
    wgt_use = share(p.wgt_copies * p.wgt_elements, hw.depth(Memory::kWgt));
    acc_use = share(p.acc_copies * p.acc_elements, hw.depth(Memory::kAcc));
    cost.gemm_cycles = e.steps;
    cost.macro_instructions = e.instructions;
    cost.inp_beats = e.inp_beats;
    cost.wgt_beats = e.wgt_beats;
    cost.store_beats = e.store_beats;
    cost.total_cycles = e.total_cycles;
    gemm_share = e.steps / std::max(e.total_cycles, 1.0);
  } else if (const auto* conv = std::get_if<Conv2d>(&op)) {
    choice = conv2d_choice(values);
    const Conv2dPlan p = plan(*conv, hw, choice);
    cost = estimate(*conv, hw, p, choice);
    tiles = static_cast<double>(iterations(p.dims, p.acc_depth));
    inp_use = share(p.inp_copies * p.inp_elements, hw.depth(Memory::kInp));
    wgt_use = share(p.wgt_copies * p.wgt_elements, hw.depth(Memory::kWgt));
    acc_use = share(p.acc_copies * p.acc_elements, hw.depth(Memory::kAcc));
    gemm_share = cost.gemm_cycles / std::max(cost.total_cycles, 1.0);
  } else {
    const ElementwiseChoice e = elementwise_choice(values);
    const ElementwisePlan p = plan(op, hw, e);
    choice = {1, 1, e.tile_h, e.tile_w, e.tile_c, 0, 0, 0, 0, e.double_acc, 0, 0, 0};
    tiles = static_cast<double>(iterations(p.dims, p.dims.size()));
    acc_use = static_cast<double>(p.result_copies * p.result_elements + p.operand_elements) /
              static_cast<double>(hw.depth(Memory::kAcc));
    cost.alu_cycles = tiles * static_cast<double>(p.result_elements * p.passes);
    cost.acc_beats = tiles * static_cast<double>(p.operand_loads * hw.element_bytes(Memory::kAcc8)) / hw.bus_bytes;
    cost.store_beats = tiles * static_cast<double>(p.result_elements * hw.element_bytes(Memory::kOut)) / hw.bus_bytes;
    cost.macro_instructions = tiles * static_cast<double>(p.passes);
    cost.total_cycles = estimate(hw, p);
  }
  f.log("tile_n", static_cast<double>(choice.tile_n));
  f.log("tile_o", static_cast<double>(choice.tile_o));
  f.log("tile_h", static_cast<double>(choice.tile_h));
  f.log("tile_w", static_cast<double>(choice.tile_w));
  f.log("tile_c", static_cast<double>(choice.tile_c));
  f.plain("space_outer", static_cast<double>(choice.space_outer));
  f.plain("resident", static_cast<double>(choice.resident));
  f.plain("double_inp", static_cast<double>(choice.double_inp));
  f.plain("double_wgt", static_cast<double>(choice.double_wgt));
  f.plain("double_acc", static_cast<double>(choice.double_acc));

  f.log("macs", macs_total);
  f.log("tiles", tiles);
  f.plain("inp_use", inp_use);
  f.plain("wgt_use", wgt_use);
  f.plain("acc_use", acc_use);
  f.log("gemm_cycles", cost.gemm_cycles);
  f.log("alu_cycles", cost.alu_cycles);
  f.log("macro_instructions", cost.macro_instructions);
  f.log("uops", cost.uops);
  f.log("inp_beats", cost.inp_beats);
  f.log("wgt_beats", cost.wgt_beats);
  f.log("acc_beats", cost.acc_beats);
  f.log("store_beats", cost.store_beats);
  f.log("dma_instructions", cost.dma_instructions);
  f.log("prologue_cycles", cost.prologue_cycles);
  f.log("epilogue_cycles", cost.epilogue_cycles);
  f.log("estimated_cycles", cost.total_cycles);
  f.log("roofline_cycles", static_cast<double>(roofline_cycles(op, hw)));
  f.plain("gemm_share", gemm_share);
  f.plain("lane_use",
          cost.gemm_cycles > 0 ? macs_total / (cost.gemm_cycles * static_cast<double>(hw.macs_per_uop())) : 0.0);
  return f.take();
}

}  // namespace

std::vector<float> features(const Operator& op, const isa::HwConfig& hardware, const KnobValues& values) {
  return collect(op, hardware, values, nullptr);
}

std::vector<std::string> feature_names() {
  std::vector<std::string> names;
  collect(Conv2d{}, isa::HwConfig{}, knob_values(Conv2d{}, Conv2dChoice{}), &names);
  return names;
}

}  // namespace tandem::ops
