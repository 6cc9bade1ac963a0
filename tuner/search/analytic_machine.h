// For tests only: an accelerator whose cycles are a formula, so that the joint search can be judged against its true
// optimum.
#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <thread>

#include "tuner/measure/measurement.h"
#include "tuner/space/hardware_space.h"
#include "tuner/space/workload.h"

namespace tandem::tuner {

/// A GEMM of c x o channels over h x w points: tiles of rows and of output blocks, one buffer or two.
class AnalyticTemplates : public Templates {
 public:
  ops::Operator operator_on(const Layer& layer, const isa::HwConfig&) const override { return layer.op; }
  std::vector<Knob> knobs(const Layer&, const isa::HwConfig&) const override {
    return {{"rows", {1, 2, 4, 8, 16}}, {"blocks", {1, 2, 4, 8}}, {"buffers", {1, 2}}, {"order", {0, 1}}};
  }
  std::string infeasible(const Layer& layer, const isa::HwConfig& hardware, const KnobValues& v) const override {
    const auto& op = std::get<ops::Conv2d>(layer.op);
    const int64_t acc = v.at("rows") * op.w * v.at("blocks") * hardware.block_out * 4 * v.at("buffers");
    return acc > hardware.acc_buffer_bytes ? "the accumulators do not fit" : "";
  }
  Result<KnobValues> default_knobs(const Layer&, const isa::HwConfig&) const override {
    return KnobValues{{"rows", 1}, {"blocks", 1}, {"buffers", 1}, {"order", 0}};
  }
  std::vector<float> features(const Layer& layer, const isa::HwConfig& hardware, const KnobValues& v) const override {
    const auto& op = std::get<ops::Conv2d>(layer.op);
    std::vector<float> features;
    for (const auto& [name, value] : v) features.push_back(static_cast<float>(value));
    for (const int64_t value :
         {op.c, op.h, op.w, op.o, int64_t{hardware.block_in}, int64_t{hardware.block_out}, hardware.acc_buffer_bytes}) {
      features.push_back(std::log2(static_cast<float>(value)));
    }
    return features;
  }
  int64_t roofline_cycles(const Layer& layer, const isa::HwConfig& hardware) const override {
    const auto& op = std::get<ops::Conv2d>(layer.op);
    return op.h * op.w * ceil(op.c, hardware.block_in) * ceil(op.o, hardware.block_out);
  }

  uint64_t cycles(const ops::Conv2d& op, const isa::HwConfig& hardware, const KnobValues& v) const {
    const int64_t compute = op.h * op.w * ceil(op.c, hardware.block_in) * ceil(op.o, hardware.block_out);
    const int64_t tiles = ceil(op.h, v.at("rows")) * ceil(ceil(op.o, hardware.block_out), v.at("blocks"));
    const int64_t weights = op.c * op.o / 8 * (v.at("order") == 0 ? ceil(op.h, v.at("rows")) : 1);
    const int64_t inputs =
        op.c * op.h * op.w / 8 * (v.at("order") == 1 ? ceil(ceil(op.o, hardware.block_out), v.at("blocks")) : 1);
    const int64_t traffic = weights + inputs + tiles * 40;
    const int64_t total = v.at("buffers") == 2 ? std::max(compute, traffic) + 100 : compute + traffic;
    return static_cast<uint64_t>(total);
  }

 private:
  static int64_t ceil(int64_t a, int64_t b) { return (a + b - 1) / b; }
};

/// Answers by the formula; fails where `order` is 1 with 16 rows, as if that schedule crashed.
class AnalyticExecutor : public Executor {
 public:
  explicit AnalyticExecutor(std::chrono::milliseconds pause = {}) : pause_(pause) {}
  Result<std::vector<Measurement>> measure(const std::vector<Request>& batch, const Arrivals& arrivals) override {
    std::vector<Measurement> outcomes(batch.size());
    for (size_t i = batch.size(); i-- > 0;) {  // arrives backwards: only the order asked may matter
      std::this_thread::sleep_for(pause_);
      const KnobValues& v = batch[i].knobs;
      outcomes[i].trial = batch[i].trial;
      if (v.at("order") == 1 && v.at("rows") == 16) {
        outcomes[i].failure = "simulate: crashed";
      } else {
        outcomes[i].cycles = AnalyticTemplates().cycles(std::get<ops::Conv2d>(batch[i].op), batch[i].hardware, v);
      }
      ++measured;
      if (arrivals.measured) TANDEM_TRY(arrivals.measured(outcomes[i]));
    }
    return outcomes;
  }
  int64_t measured = 0;

 private:
  std::chrono::milliseconds pause_;
};

inline std::vector<Layer> analytic_layers() {
  const auto conv = [](int64_t c, int64_t o, int64_t side) {
    ops::Conv2d op;
    op.c = c, op.o = o, op.h = op.w = side;
    return op;
  };
  return {{"first", "first", conv(8, 64, 32), 1},
          {"middle", "middle", conv(64, 64, 16), 3},
          {"last", "last", conv(128, 32, 8), 2}};
}

inline HardwareSpace analytic_hardware() {
  const isa::HwConfig base;
  return HardwareSpace(base,
                       {{"block_in", {4, 8, 16, 32, 64}},
                        {"block_out", {4, 8, 16, 32, 64}},
                        {"acc_buffer_bytes", {32 << 10, 64 << 10, 128 << 10}}},
                       {size_of(base)});
}

}  // namespace tandem::tuner
