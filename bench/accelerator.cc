#include "bench/accelerator.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "bench/layer_rows.h"
#include "bench/vta_programs.h"
#include "runtime/outputs.h"
#include "runtime/run.h"
#include "sim/rtl/rtl_simulator.h"
#include "support/rng.h"

namespace tandem::bench {
namespace {

constexpr int kOtherLatencies[] = {4, 128};

Tensor random_tensor(const Shape& shape, Rng& rng) {
  Tensor tensor(DType::kI8, shape);
  for (uint8_t& byte : tensor.data) byte = static_cast<uint8_t>(rng.uniform(-127, 127));
  return tensor;
}

/// A graph of the layer alone, rules taken in turn, with a zero point and scales under which outputs spread over int8.
graph::Graph graph_of(const LayerRow& row, size_t number, Rng& rng) {
  ops::Conv2d op;
  op.c = row.c;
  op.h = op.w = row.size;
  op.o = row.o;
  op.kernel_h = op.kernel_w = row.kernel;
  op.stride_h = op.stride_w = row.stride;
  op.pad_top = op.pad_left = op.pad_bottom = op.pad_right = row.kernel / 2;
  op.per_channel = number % 2 == 0 ? ops::Rounding::kTflite : ops::Rounding::kSingle;
  op.pad_value = static_cast<int>(rng.uniform(-20, 20));
  std::vector<ops::ChannelParameters> channels;
  const double spread = 5000 * std::sqrt(static_cast<double>(row.c * row.kernel * row.kernel));
  for (int64_t o = 0; o < row.o; ++o) {
    ops::ChannelParameters channel =
        *ops::channel_scale(50.0 / spread * static_cast<double>(rng.uniform(50, 150)) / 100);
    channel.bias = static_cast<int32_t>(rng.uniform(-20000, 20000));
    channel.zero_point = static_cast<int>(rng.uniform(-30, 30));
    channel.low = static_cast<int>(rng.uniform(-128, channel.zero_point));
    channels.push_back(channel);
  }
  graph::Graph graph;
  graph.name = row.name;
  graph.tensors = {{"x", graph::input_shape(op), {}}, {"y", graph::output_shape(op), {}}};
  graph.layers = {{"layer",
                   op,
                   {0},
                   1,
                   random_tensor({op.o, op.c, op.kernel_h, op.kernel_w}, rng),
                   ops::pack_parameters(channels)}};
  graph.inputs = {{0, graph.tensors[0].shape}};
  graph.outputs = {{1, graph.tensors[1].shape}};
  return graph;
}

/// What each row needs on the RTL, and how far that is from other backends and from other latencies.
class LayerBench {
 public:
  explicit LayerBench(const Request& request) : request_(request), rng_(request.seed) {}

  Result<void> measure(std::vector<Figure>& figures, int64_t& wrong) {
    TANDEM_ASSIGN(rtl_, runtime::make_target("rtl", {}, {}));
    TANDEM_ASSIGN(cpu_, runtime::make_target("cpu", {}, {}));
    for (const int latency : kOtherLatencies) {
      sim::Platform platform;
      platform.name = fmt::format("latency {}", latency);
      platform.read_latency_cycles = platform.write_latency_cycles = latency;
      TANDEM_ASSIGN(runtime::Target target, runtime::make_target("rtl", {}, platform));
      others_.push_back(std::move(target));
    }
    double resnet18 = 0;
    size_t number = 0;
    for (const LayerRow& row : kLayers) {
      const bool slow = row.c * row.kernel * row.kernel * row.o * row.size * row.size > 100'000'000;
      if (request_.quick && slow) continue;
      TANDEM_ASSIGN(const double cycles, measure_layer(row, number++, wrong));
      figures.push_back({row.name, cycles, "cycles"});
      resnet18 += cycles * static_cast<double>(row.occurrences);
    }
    if (!request_.quick) figures.push_back({"resnet18_convolutions_but_the_first", resnet18, "cycles, weighted"});
    for (size_t i = 0; i < others_.size(); ++i) {
      figures.push_back({fmt::format("latency_{}.largest_change", kOtherLatencies[i]), changes_[i], "%"});
    }
    return {};
  }

 private:
  Result<double> measure_layer(const LayerRow& row, size_t number, int64_t& wrong) {
    const graph::Graph graph = graph_of(row, number, rng_);
    TANDEM_ASSIGN(const runtime::CompiledModel host, cpu_.compile(graph));
    TANDEM_ASSIGN(const runtime::CompiledModel compiled, rtl_.compile(graph));
    const Tensor input = random_tensor(graph.inputs[0].shape, rng_);
    TANDEM_ASSIGN(const runtime::ModelRun expected, runtime::run(host, cpu_, input));
    const auto run_on = [&](runtime::Target& target) -> Result<double> {
      TANDEM_ASSIGN(const runtime::ModelRun run, runtime::run(compiled, target, input));
      for (size_t i = 0; i < run.output.data.size(); ++i) wrong += run.output.data[i] != expected.output.data[i];
      return static_cast<double>(run.cycles);
    };
    TANDEM_ASSIGN(const double cycles, run_on(rtl_));
    for (size_t i = 0; i < others_.size() && row.at_other_latencies; ++i) {
      TANDEM_ASSIGN(const double other, run_on(others_[i]));
      changes_[i] = std::max(changes_[i], 100 * std::abs(other - cycles) / cycles);
    }
    return cycles;
  }

  const Request& request_;
  Rng rng_;
  runtime::Target rtl_, cpu_;
  std::vector<runtime::Target> others_;
  double changes_[std::size(kOtherLatencies)] = {};
};

/// The shared VTA programs; where they are not there, their figures are skipped.
Result<void> measure_vta_programs(sim::Simulator& rtl, std::vector<Figure>& figures, int64_t& wrong) {
  const std::string missing = without_shared_data("vta/programs/made");
  for (const std::string& name : timed_programs()) {
    if (!missing.empty()) {
      figures.push_back({name, 0, "cycles", missing});
      continue;
    }
    TANDEM_ASSIGN(const isa::Program program, load_vta_program(name));
    TANDEM_ASSIGN(const sim::RunResult result, rtl.run(program, {}));
    figures.push_back({name, static_cast<double>(result.cycles), "cycles"});
    wrong += wrong_bytes(program, result);
  }
  return {};
}

}  // namespace

Result<Measurement> measure_accelerator(const Request& request) {
  const isa::HwConfig hardware;
  const sim::Platform platform;
  Measurement measurement{{}, describe(hardware), platform.name};
  int64_t wrong = 0;
  TANDEM_ASSIGN(const std::unique_ptr<sim::Simulator> rtl, sim::make_rtl_simulator(hardware, platform));
  TANDEM_TRY(measure_vta_programs(*rtl, measurement.figures, wrong));
  TANDEM_TRY(LayerBench(request).measure(measurement.figures, wrong));
  measurement.figures.push_back({"wrong_bytes", static_cast<double>(wrong), "bytes"});
  return measurement;
}

}  // namespace tandem::bench
