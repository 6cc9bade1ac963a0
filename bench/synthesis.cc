#include "bench/synthesis.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <optional>

#include "support/environment.h"
#include "support/file.h"
#include "synth/area_model.h"
#include "synth/device.h"
#include "synth/synthesis.h"

namespace tandem::bench {
namespace {

namespace fs = std::filesystem;

constexpr const char* kDesigns[] = {"vta_default", "pynq_z1", "micro", "large"};
constexpr const char* kNotCached = "not synthesised yet: a run without --quick does it";

/// Processor time of the children that have ended.
double children_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_CHILDREN, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

Result<isa::HwConfig> load_design(const std::string& name) {
  return isa::load_hw(checkout_path(fmt::format("configs/hw/{}.yaml", name)));
}

/// The default design from an empty cache, whose modules then serve the other figures.
Result<void> measure_empty_cache(const Request& request, std::vector<Figure>& figures) {
  figures.push_back({"empty_cache.seconds", 0, "s", request.quick ? "minutes: a run without --quick measures it" : ""});
  figures.push_back({"empty_cache.processor_seconds", 0, "s", figures.back().skipped});
  if (request.quick) return {};
  TANDEM_ASSIGN(const isa::HwConfig hardware, load_design("vta_default"));
  const fs::path directory = fs::temp_directory_path() / fmt::format("tandem-synthesis-{}", ::getpid());
  synth::SynthesisOptions options;
  options.cache_directory = directory;
  const auto start = std::chrono::steady_clock::now();
  const double children = children_seconds();
  const Result<synth::Report> report = synth::synthesise(hardware, options);
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start;
  figures[figures.size() - 2].value = wall.count();
  figures.back().value = children_seconds() - children;
  std::error_code ignored;
  fs::create_directories(synth::default_synthesis_cache(), ignored);
  fs::copy(directory, synth::default_synthesis_cache(), fs::copy_options::skip_existing, ignored);
  fs::remove_all(directory, ignored);
  if (!report.ok()) return report.error();
  return {};
}

/// One design; where it must fit a device, how full that is.
Result<void> measure_design(const Request& request, const std::string& name, std::vector<Figure>& figures) {
  TANDEM_ASSIGN(const isa::HwConfig hardware, load_design(name));
  std::optional<synth::Report> report;
  if (request.quick) {
    TANDEM_ASSIGN(report, synth::cached_report(hardware));
  } else {
    TANDEM_ASSIGN(report, synth::synthesise(hardware));
  }
  const auto add = [&](const std::string& figure, double value, const std::string& unit) {
    figures.push_back({name + "." + figure, value, unit, report ? "" : kNotCached});
  };
  const synth::Resources total = report ? report->total : synth::Resources{};
  add("lut", static_cast<double>(total.lut), "LUTs");
  add("ff", static_cast<double>(total.ff), "flip-flops");
  add("bram36", total.bram36(), "BRAM36");
  add("dsp", static_cast<double>(total.dsp), "DSP48");
  add("gates", static_cast<double>(total.gates), "gates");
  add("logic_depth", report ? report->critical.length.levels : 0, "levels");
  add("period", report ? report->critical.length.ns : 0, "ns");
  if (name != "pynq_z1") return {};
  TANDEM_ASSIGN(const synth::Device device, synth::load_device("pynq-z1"));
  double fullest = 0;
  for (const synth::Use& use : synth::uses(total, device)) fullest = std::max(fullest, 100 * use.used / use.available);
  add("fullest_resource", fullest, "% of a PYNQ-Z1's");
  return {};
}

/// The fitted model on configurations that it was not fitted to.
Result<void> measure_area_model(std::vector<Figure>& figures) {
  TANDEM_ASSIGN(const synth::SampleSet set, synth::load_samples());
  const bool fitted = !set.samples.empty() && fs::exists(checkout_path(synth::kAreaModelPath));
  const std::string skipped = fitted ? "" : "no model is fitted: tandem synth --fit 60";
  synth::Figures errors;
  double count = 0;
  if (fitted) {
    const std::vector<synth::Sample> samples = set.held_out();
    TANDEM_ASSIGN(const synth::AreaModel model, synth::AreaModel::load());
    errors = synth::median_errors(model, samples);
    count = static_cast<double>(samples.size());
  }
  figures.push_back({"area_model.held_out", count, "configurations", skipped});
  for (const std::string& figure : synth::modelled()) {
    figures.push_back({fmt::format("area_model.{}.median_error", figure), 100 * errors[figure], "%", skipped});
  }
  return {};
}

}  // namespace

Result<Measurement> measure_synthesis(const Request& request) {
  Measurement measurement{{}, fmt::format("{}", fmt::join(kDesigns, ", ")), "none"};
  TANDEM_TRY(measure_empty_cache(request, measurement.figures));
  for (const char* design : kDesigns) TANDEM_TRY(measure_design(request, design, measurement.figures));
  TANDEM_TRY(measure_area_model(measurement.figures));
  return measurement;
}

}  // namespace tandem::bench
