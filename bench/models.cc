#include "bench/models.h"

#include <fmt/format.h>

#include <algorithm>

#include "bench/model_data.h"
#include "bench/vta_programs.h"
#include "runtime/outputs.h"
#include "runtime/run.h"

namespace tandem::bench {
namespace {

/// A target and how many samples it is given: as many as it takes in seconds.
struct Share {
  const char* target;
  int64_t samples, quick_samples;
};

Result<runtime::ModelRun> run_on(const std::string& name, const ModelData& data, int64_t samples) {
  TANDEM_ASSIGN(runtime::Target target, runtime::make_target(name, {}, {}));
  TANDEM_ASSIGN(const runtime::CompiledModel compiled, target.compile(data.graph));
  return runtime::run(compiled, target, slice_first_axis(data.input, 0, samples));
}

double percent(int64_t part, int64_t whole) { return 100.0 * static_cast<double>(part) / static_cast<double>(whole); }

/// For each target: samples with a wrong bit; cycles of a sample where time exists; the accuracy where all samples ran.
Result<void> measure_targets(const std::string& name, const ModelData& data, const std::vector<Share>& shares,
                             const Request& request, std::vector<Figure>& figures) {
  const int64_t all = data.input.shape[0];
  for (const Share& share : shares) {
    const int64_t samples = std::min(all, request.quick ? share.quick_samples : share.samples);
    TANDEM_ASSIGN(const runtime::ModelRun run, run_on(share.target, data, samples));
    const std::string prefix = name + "." + share.target;
    const int64_t wrong = samples - runtime::compare(data.expected, run.output).equal_samples;
    figures.push_back({prefix + ".wrong", static_cast<double>(wrong), fmt::format("of {} samples", samples)});
    if (samples == all && !data.labels.data.empty()) {
      figures.push_back({prefix + ".accuracy", percent(runtime::count_right(data.labels, run.output), samples),
                         fmt::format("% of {} images", samples)});
    }
    if (run.cycles > 0) {
      figures.push_back(
          {prefix + ".cycles", static_cast<double>(run.cycles) / static_cast<double>(samples), "cycles per sample"});
    }
  }
  return {};
}

Result<void> measure_mnist(const Request& request, std::vector<Figure>& figures) {
  const std::string missing = without_shared_data("models");
  if (!missing.empty()) {
    for (const char* name : {"functional.wrong", "cpu.wrong", "rtl.wrong", "interpreter.wrong", "images.accuracy"}) {
      figures.push_back({std::string("mnist8.") + name, 0, "", missing});
    }
    figures.push_back({"mnist8_qdq.functional.wrong", 0, "", missing});
    return {};
  }
  TANDEM_ASSIGN(const ModelData data, load_mnist("qop"));
  TANDEM_TRY(measure_targets("mnist8", data,
                             {{"functional", 200, 20}, {"cpu", 200, 200}, {"rtl", 20, 2}, {"interpreter", 4, 1}},
                             request, figures));
  TANDEM_ASSIGN(const ModelData qdq, load_mnist("qdq"));
  TANDEM_TRY(measure_targets("mnist8_qdq", qdq, {{"functional", 200, 20}}, request, figures));
  if (request.quick) return {};
  constexpr int64_t kImages = 2000;
  TANDEM_ASSIGN(const ModelData images, load_mnist_images(kImages));
  TANDEM_ASSIGN(const runtime::ModelRun run, run_on("functional", images, kImages));
  figures.push_back({"mnist8.images.accuracy", percent(runtime::count_right(images.labels, run.output), kImages),
                     fmt::format("% of {} images, functional", kImages)});
  return {};
}

/// Models as they were trained and published, against the traces of TFLite's reference kernels and the rule `single`.
Result<void> measure_published(const Request& request, std::vector<Figure>& figures) {
  const std::string missing = without_shared_data("models");
  for (const Published& model : published_models()) {
    const std::string name = fmt::format("{}.{}", model.name, ops::name(model.rule));
    if (!missing.empty()) {
      for (const char* target : {"functional", "cpu", "rtl"})
        figures.push_back({fmt::format("{}.{}.wrong", name, target), 0, "", missing});
      continue;
    }
    TANDEM_ASSIGN(const ModelData data, load_published(model, "qdq", request.quick ? 1 : 20));
    TANDEM_TRY(measure_targets(name, data, {{"functional", 20, 1}, {"cpu", 20, 1}, {"rtl", 20, 1}}, request, figures));
  }
  return {};
}

}  // namespace

Result<Measurement> measure_models(const Request& request) {
  Measurement measurement{{}, describe(isa::HwConfig{}), sim::Platform{}.name};
  TANDEM_TRY(measure_mnist(request, measurement.figures));
  TANDEM_TRY(measure_published(request, measurement.figures));
  TANDEM_ASSIGN(const ModelData digits, load_digits());
  TANDEM_TRY(measure_targets("digits", digits,
                             {{"functional", 360, 60}, {"cpu", 360, 360}, {"rtl", 360, 4}, {"interpreter", 8, 1}},
                             request, measurement.figures));
  return measurement;
}

}  // namespace tandem::bench
