#include "bench/compile_time.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "bench/cpu_time.h"
#include "bench/vta_programs.h"
#include "compiler/codegen/accel/program_builder.h"
#include "compiler/loop/interpreter.h"
#include "compiler/ops/template.h"
#include "support/environment.h"
#include "support/rng.h"

namespace tandem::bench {
namespace {

constexpr const char* kTable = "models/tables/resnet18_224.json";

/// The convolutions of a table of layers, requantised per channel, in order.
Result<std::vector<ops::Conv2d>> convolutions(const std::string& path) {
  TANDEM_ASSIGN(const std::string text, read_text_file(path));
  const nlohmann::json table = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!table.is_object() || !table.contains("layers")) return Diagnostic{{path}, "no table of layers", {}, ""};
  std::vector<ops::Conv2d> result;
  for (const nlohmann::json& layer : table["layers"]) {
    if (layer.value("op", "") != "conv") continue;
    ops::Conv2d op;
    op.c = layer.at("ic"), op.h = layer.at("ih"), op.w = layer.at("iw"), op.o = layer.at("oc");
    op.kernel_h = layer.at("kh"), op.kernel_w = layer.at("kw");
    op.stride_h = op.stride_w = layer.at("stride");
    op.pad_top = op.pad_left = op.pad_bottom = op.pad_right = layer.at("pad");
    op.per_channel = ops::Rounding::kTflite;
    result.push_back(op);
  }
  return result;
}

/// What a candidate costs the tuner before its measurement: the schedule, then instructions, tokens and their proof.
/// Constants are zeros, made by the caller.
Result<isa::Program> lower(const ops::Conv2d& op, const isa::HwConfig& hardware, const ops::KnobValues& knobs) {
  TANDEM_ASSIGN(const ops::ScheduledKernel scheduled, ops::schedule_for_accel(op, hardware, knobs));
  codegen::ProgramBuilder builder("layer", hardware);
  std::vector<codegen::DramTensor> arguments;
  for (const loop::Param& param : scheduled.kernel.params) {
    const std::string& name = param.buffer->name;
    const DType type = loop::tensor_type(param.buffer->type);
    arguments.push_back(param.is_output                   ? builder.output(name, type, param.buffer->shape)
                        : name == "x" || name == "weight" ? builder.input(name, type, param.buffer->shape)
                                                          : builder.constant(name, Tensor(type, param.buffer->shape)));
  }
  TANDEM_TRY(builder.add_layer("layer", scheduled.kernel, arguments));
  return builder.finish();
}

/// Seconds of the default schedule's choice and its lowering.
Result<double> compile_seconds(const ops::Conv2d& op, const isa::HwConfig& hardware) {
  const double start = cpu_seconds();
  TANDEM_ASSIGN(const ops::KnobValues knobs, ops::default_knobs(op, hardware));
  TANDEM_TRY(lower(op, hardware, knobs));
  return cpu_seconds() - start;
}

ops::KnobValues random_knobs(const ops::Conv2d& op, const isa::HwConfig& hardware, Rng& rng) {
  const std::vector<ops::Knob> knobs = ops::knobs(op, hardware);
  while (true) {
    ops::KnobValues values;
    for (const ops::Knob& knob : knobs) values[knob.name] = rng.pick(knob.choices);
    if (ops::infeasible(op, hardware, values).empty()) return values;
  }
}

/// What a search that knows the closed forms has lowered: the best of some random choices by the estimate of its
/// cycles.
ops::KnobValues promising_knobs(const ops::Conv2d& op, const isa::HwConfig& hardware, Rng& rng) {
  constexpr int kDrawn = 32;
  static const std::vector<std::string> names = ops::feature_names();
  const auto estimate = static_cast<size_t>(std::find(names.begin(), names.end(), "estimated_cycles") - names.begin());
  ops::KnobValues best = random_knobs(op, hardware, rng);
  float least = ops::features(op, hardware, best)[estimate];
  for (int i = 1; i < kDrawn; ++i) {
    ops::KnobValues values = random_knobs(op, hardware, rng);
    const float cycles = ops::features(op, hardware, values)[estimate];
    if (cycles < least) best = std::move(values), least = cycles;
  }
  return best;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

/// Layers of a network, each compiled `runs` times: the slowest layer's median, and the network with every layer
/// compiled as often as it occurs.
Result<void> measure_network(const std::vector<ops::Conv2d>& network, const isa::HwConfig& hardware, int runs,
                             std::vector<Figure>& figures) {
  std::map<std::string, double> known;
  double total = 0, slowest = 0;
  std::vector<double> each;
  for (const ops::Conv2d& op : network) {
    double& seconds = known[ops::key(op)];
    if (seconds == 0) {
      std::vector<double> times;
      for (int run = 0; run < runs; ++run) {
        TANDEM_ASSIGN(const double time, compile_seconds(op, hardware));
        times.push_back(time);
      }
      seconds = median(times);
      each.push_back(seconds);
    }
    total += seconds;
    slowest = std::max(slowest, seconds);
  }
  figures.push_back({"layer.slowest", 1000 * slowest, "ms, median"});
  figures.push_back({"layer.median", 1000 * median(each), "ms"});
  figures.push_back({"resnet18.convolutions", total, "s"});
  return {};
}

}  // namespace

Result<Measurement> measure_compile_time(const Request& request) {
  const isa::HwConfig hardware;
  Measurement measurement{{}, describe(hardware), ""};
  std::vector<Figure>& figures = measurement.figures;
  const std::string missing = without_shared_data(kTable);
  if (!missing.empty()) {
    for (const char* name : {"layer.slowest", "layer.median", "resnet18.convolutions", "candidates", "features"}) {
      figures.push_back({name, 0, "", missing});
    }
    return measurement;
  }
  TANDEM_ASSIGN(const std::vector<ops::Conv2d> network, convolutions(shared_data_path(kTable)));
  TANDEM_TRY(measure_network(network, hardware, request.quick ? 1 : 5, figures));

  Rng rng(request.seed);
  const int candidates = request.quick ? 1 : 10;
  using Candidates = std::vector<std::pair<const ops::Conv2d*, ops::KnobValues>>;
  Candidates promising, any;
  for (const ops::Conv2d& op : network) {
    for (int i = 0; i < candidates; ++i) {
      promising.emplace_back(&op, promising_knobs(op, hardware, rng));
      if (i % 5 == 0) any.emplace_back(&op, random_knobs(op, hardware, rng));
    }
  }
  const auto rate = [&](const Candidates& drawn, const std::string& name) -> Result<void> {
    const double start = cpu_seconds();
    size_t instructions = 0;
    for (const auto& [op, knobs] : drawn) {
      TANDEM_ASSIGN(const isa::Program program, lower(*op, hardware, knobs));
      instructions += program.code.size();
    }
    const auto count = static_cast<double>(drawn.size());
    figures.push_back({name, count / (cpu_seconds() - start), "1/s"});
    figures.push_back({name + ".instructions", static_cast<double>(instructions) / count, "instructions, mean"});
    return {};
  };
  TANDEM_TRY(rate(promising, "candidates"));
  TANDEM_TRY(rate(any, "candidates.of_any_quality"));

  constexpr int kRepeats = 20;
  const double start = cpu_seconds();
  float used = 0;
  for (int repeat = 0; repeat < kRepeats; ++repeat) {
    for (const auto& [op, knobs] : promising) used += ops::features(*op, hardware, knobs)[0];
  }
  const double seconds = cpu_seconds() - start;
  if (used < 0) return Diagnostic{{}, "features are not negative", {}, ""};
  figures.push_back({"features", kRepeats * static_cast<double>(promising.size()) / seconds, "1/s"});
  return measurement;
}

}  // namespace tandem::bench
