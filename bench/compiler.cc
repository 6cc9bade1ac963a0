#include "bench/compiler.h"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "bench/layer_tables.h"
#include "bench/vta_programs.h"
#include "compiler/graph/passes.h"
#include "compiler/ops/lowering.h"
#include "compiler/ops/sample.h"
#include "runtime/run.h"
#include "tuner/measure/process_pool.h"

namespace tandem::bench {
namespace {

/// Where rooflines stop to say much: what a run costs once weighs more.
constexpr double kLargeCycles = 20000;

/// Schedules tried for a layer, the untuned one included: as many as take so many cycles, within bounds.
size_t trials_of(int64_t roofline, const Request& request) {
  constexpr int64_t kCycles = 4'000'000;
  return request.quick ? 2 : static_cast<size_t>(std::clamp<int64_t>(kCycles / roofline, 4, 200));
}

/// A few layers of every kind, none large.
bool is_quick(const TableLayer& layer) {
  return ops::macs(layer.op) < 15'000'000 && (layer.is_depthwise() ? layer.op.c == 512 : layer.op.c >= 256);
}

struct Outcome {
  double untuned = 0, tuned = 0, roofline = 0;  // cycles
};

class CompilerBench {
 public:
  explicit CompilerBench(const Request& request)
      : request_(request),
        pool_(tuner::make_process_pool({{"/proc/self/exe", "worker", "rtl"},
                                        static_cast<int>(std::max(1u, std::thread::hardware_concurrency())),
                                        900,
                                        900})) {}

  Result<void> measure(std::vector<Figure>& figures) {
    TANDEM_ASSIGN(std::vector<TableLayer> layers, load_layer_tables());
    if (request_.quick) {
      layers.erase(std::remove_if(layers.begin(), layers.end(), [](const TableLayer& l) { return !is_quick(l); }),
                   layers.end());
    }
    TANDEM_ASSIGN(const std::vector<Outcome> outcomes, measure_layers(layers));
    double worst_untuned = 0, worst_convolution = 0, worst_depthwise = 0, resnet18 = 0;
    for (size_t i = 0; i < layers.size(); ++i) {
      const Outcome& o = outcomes[i];
      figures.push_back({layers[i].name + ".untuned", o.untuned / o.roofline, "x roofline"});
      figures.push_back({layers[i].name + ".tuned", o.tuned / o.roofline, "x roofline"});
      figures.push_back({layers[i].name + ".cycles", o.tuned, "cycles, tuned"});
      worst_untuned = std::max(worst_untuned, o.untuned / o.roofline);
      if (layers[i].is_depthwise()) {
        worst_depthwise = std::max(worst_depthwise, o.tuned / o.roofline);
      } else if (o.tuned >= kLargeCycles) {
        worst_convolution = std::max(worst_convolution, o.tuned / o.roofline);
      }
      resnet18 += static_cast<double>(layers[i].resnet18_count) * o.tuned;
    }
    for (const TableLayer& layer : layers) {
      if (layer.is_first) TANDEM_TRY(measure_host(layer, figures));
    }
    figures.push_back({"untuned.largest", worst_untuned, "x roofline"});
    figures.push_back({"tuned.largest_of_convolutions", worst_convolution, "x roofline, of 20,000 cycles or more"});
    figures.push_back({"tuned.largest_of_depthwise", worst_depthwise, "x roofline"});
    if (!request_.quick)
      figures.push_back({"resnet18_convolutions_but_the_first", resnet18, "cycles, weighted, tuned"});
    figures.push_back({"failed_trials", static_cast<double>(failed_), fmt::format("of {}", trials_)});
    return {};
  }

 private:
  /// Every candidate of every layer, on the RTL, its outputs compared with the definition bit by bit.
  Result<std::vector<Outcome>> measure_layers(const std::vector<TableLayer>& layers) {
    std::vector<tuner::Request> batch;
    std::vector<size_t> owners;
    std::vector<Outcome> outcomes;
    for (size_t i = 0; i < layers.size(); ++i) {
      const ops::Operator op = ops::lower(layers[i].op, hardware_).op;
      const int64_t roofline = ops::roofline_cycles(op, hardware_);
      TANDEM_ASSIGN(const std::vector<ops::KnobValues> candidates,
                    ops::ranked_knobs(op, hardware_, trials_of(roofline, request_)));
      for (const ops::KnobValues& knobs : candidates) {
        tuner::Request request;
        request.trial = static_cast<int64_t>(batch.size());
        request.hardware = hardware_;
        request.op = op;
        request.knobs = knobs;
        request.data_seed = request_.seed;
        batch.push_back(std::move(request));
        owners.push_back(i);
      }
      outcomes.push_back({0, 0, static_cast<double>(roofline)});
    }
    TANDEM_ASSIGN(const std::vector<tuner::Measurement> measured, pool_->measure(batch, {}));
    for (size_t t = 0; t < measured.size(); ++t) {
      Outcome& outcome = outcomes[owners[t]];
      const bool is_first = t == 0 || owners[t - 1] != owners[t];
      if (!measured[t].cycles) {
        ++failed_;
        if (!is_first) continue;
        return Diagnostic{{}, fmt::format("layer {}: {}", layers[owners[t]].name, measured[t].failure), {}, ""};
      }
      const auto cycles = static_cast<double>(*measured[t].cycles);
      if (is_first) outcome.untuned = outcome.tuned = cycles;
      outcome.tuned = std::min(outcome.tuned, cycles);
    }
    trials_ = batch.size();
    return outcomes;
  }

  /// What the host does before a layer whose windows become channels.
  Result<void> measure_host(const TableLayer& layer, std::vector<Figure>& figures) {
    Rng rng(request_.seed);
    const loop::Kernel definition = ops::define(layer.op);
    graph::Graph graph;
    graph.name = layer.name;
    graph.tensors = {{"x", graph::input_shape(layer.op), {}}, {"y", graph::output_shape(layer.op), {}}};
    graph.layers = {{"layer",
                     layer.op,
                     {0},
                     1,
                     ops::sample(layer.op, definition.params[1], rng),
                     ops::sample(layer.op, definition.params[2], rng)}};
    graph.inputs = {{0, graph.tensors[0].shape}};
    graph.outputs = {{1, graph.tensors[1].shape}};
    TANDEM_ASSIGN(runtime::Target target, runtime::make_target("functional", hardware_, {}));
    TANDEM_ASSIGN(const runtime::CompiledModel compiled, target.compile(graph));
    const Tensor input = ops::sample(layer.op, definition.params[0], rng);
    TANDEM_ASSIGN(const runtime::ModelRun run, runtime::run(compiled, target, input));
    double seconds = 0;
    int64_t bytes = 0;
    for (size_t i = 0; i < run.layers.size(); ++i) {
      if (compiled.layers[i].place != runtime::Place::kHost) continue;
      seconds += run.layers[i].seconds;
      bytes += element_count(graph::output_shape(compiled.graph.layers[i].op));
    }
    for (const runtime::HostWork& work : run.host) {
      seconds += work.seconds;
      bytes += work.bytes;
    }
    figures.push_back({layer.name + ".host_bytes", static_cast<double>(bytes), "bytes written by the host"});
    figures.push_back({layer.name + ".host_time", 1000 * seconds, "ms of the host"});
    return {};
  }

  const Request& request_;
  const isa::HwConfig hardware_;
  std::unique_ptr<tuner::Executor> pool_;
  int64_t failed_ = 0;
  size_t trials_ = 0;
};

}  // namespace

Result<Measurement> measure_compiler(const Request& request) {
  Measurement measurement{{}, describe(isa::HwConfig{}), sim::Platform{}.name};
  const std::string missing = without_shared_data("models/tables");
  if (!missing.empty()) {
    for (const char* name :
         {"untuned.largest", "tuned.largest_of_convolutions", "tuned.largest_of_depthwise",
          "resnet18.224x224_3_64_7x7s2.cycles", "resnet18_convolutions_but_the_first", "failed_trials"}) {
      measurement.figures.push_back({name, 0, "", missing});
    }
    return measurement;
  }
  TANDEM_TRY(CompilerBench(request).measure(measurement.figures));
  return measurement;
}

}  // namespace tandem::bench
