#include "bench/fidelity.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <set>

#include "bench/layer_rows.h"
#include "isa/random_hardware.h"
#include "sim/platform/timing_simulator.h"
#include "sim/rtl/rtl_simulator.h"
#include "support/environment.h"
#include "support/rng.h"
#include "tuner/measure/layer_bench.h"
#include "tuner/space/workload.h"

namespace tandem::bench {
namespace {

namespace fs = std::filesystem;

/// How much is sampled.
struct Plan {
  int random_designs = 0;  // beside the shipped ones, each of which Verilates
  int layers_per_design = 0;
  int schedules_per_layer = 0;
  int64_t largest_layer_macs = 0;
  bool all_shipped = false;
};
Plan plan_of(const Request& request) {
  if (request.quick) return {0, 2, 2, 500'000, false};
  return {32, 12, 3, 6'000'000, true};
}

/// One (accelerator, layer, schedule, memory) and how far off the model was.
struct Sample {
  std::string what;
  uint64_t rtl = 0;
  uint64_t timing = 0;
  double error_percent() const {
    return 100 * std::abs(static_cast<double>(timing) - static_cast<double>(rtl)) / static_cast<double>(rtl);
  }
};

Result<std::vector<isa::HwConfig>> shipped_designs(const std::string& folder) {
  std::vector<std::string> paths;
  for (const auto& entry : fs::directory_iterator(checkout_path(folder))) {
    if (entry.path().extension() == ".yaml") paths.push_back(entry.path().string());
  }
  std::sort(paths.begin(), paths.end());
  std::vector<isa::HwConfig> designs;
  for (const std::string& path : paths) {
    TANDEM_ASSIGN(isa::HwConfig design, isa::load_hw(path));
    designs.push_back(std::move(design));
  }
  return designs;
}

Result<std::vector<isa::HwConfig>> designs_of(const Plan& plan, Rng& rng) {
  TANDEM_ASSIGN(std::vector<isa::HwConfig> designs, shipped_designs("configs/hw/test"));
  if (plan.all_shipped) {
    TANDEM_ASSIGN(const std::vector<isa::HwConfig> shipped, shipped_designs("configs/hw"));
    designs.insert(designs.begin(), shipped.begin(), shipped.end());
  } else {
    designs.insert(designs.begin(), isa::HwConfig{});
  }
  std::set<uint64_t> known;
  for (const isa::HwConfig& design : designs) known.insert(isa::hash(design));
  constexpr int64_t kKiB = 1024;
  const isa::RandomHardwareOptions small{512, 256 * kKiB};  // what Verilates in a minute
  for (int i = 0; i < plan.random_designs;) {
    const isa::HwConfig design = isa::random_hardware(rng, small);
    if (!known.insert(isa::hash(design)).second) continue;
    designs.push_back(design);
    ++i;
  }
  return designs;
}

std::vector<sim::Platform> random_platforms(Rng& rng) {
  std::vector<sim::Platform> platforms(3);
  platforms[1] = sim::load_platform(checkout_path("configs/platform/ddr3_pynq_z1.yaml")).value();
  sim::Platform& ideal = platforms[2];
  ideal.read_latency_cycles = static_cast<int>(rng.uniform(1, 200));
  ideal.write_latency_cycles = static_cast<int>(rng.uniform(1, 200));
  ideal.bytes_per_cycle = 1 << rng.uniform(1, 6);
  ideal.shared_channels = rng.chance(0.5);
  ideal.name = fmt::format("latency {}, {}, {} B{}", ideal.read_latency_cycles, ideal.write_latency_cycles,
                           ideal.bytes_per_cycle, ideal.shared_channels ? " shared" : "");
  return platforms;
}

ops::Operator random_layer(const isa::HwConfig& hardware, int64_t most_macs, Rng& rng) {
  while (true) {
    ops::Conv2d op;
    op.c = rng.pick<int64_t>({3, 8, 16, 32, 64});
    op.o = rng.pick<int64_t>({8, 16, 32, 64});
    op.h = rng.uniform(1, 28);
    op.w = rng.uniform(1, 28);
    op.kernel_h = op.kernel_w = rng.pick<int64_t>({1, 1, 3, 3, 5});
    op.stride_h = op.stride_w = rng.pick<int64_t>({1, 1, 2});
    op.pad_top = op.pad_left = op.pad_bottom = op.pad_right = op.kernel_h / 2;
    op.requantize.shift = 7;
    if (hardware.requant_lanes() > 0 && rng.chance(0.5)) op.per_channel = ops::Rounding::kSingle;
    if (ops::check(op).ok() && ops::macs(op) <= most_macs) return op;
  }
}

class FidelityBench {
 public:
  FidelityBench(const Request& request, std::unique_ptr<runtime::KernelRunner> rtl_reference,
                std::unique_ptr<runtime::KernelRunner> timing_reference)
      : plan_(plan_of(request)),
        rng_(request.seed),
        rtl_([](const isa::HwConfig& hardware,
                const sim::Platform& platform) { return sim::make_rtl_simulator(hardware, platform); },
             std::move(rtl_reference)),
        timing_(
            [](const isa::HwConfig& hardware, const sim::Platform& platform)
                -> Result<std::unique_ptr<sim::Simulator>> { return sim::make_timing_simulator(hardware, platform); },
            std::move(timing_reference)) {}

  /// ResNet-18's convolutions under their default schedules, on the default accelerator and memory.
  Result<double> measure_resnet18() {
    double largest = 0;
    for (const LayerRow& row : kLayers) {
      tuner::Request request;
      ops::Conv2d op;
      op.c = row.c;
      op.h = op.w = row.size;
      op.o = row.o;
      op.kernel_h = op.kernel_w = row.kernel;
      op.stride_h = op.stride_w = row.stride;
      op.pad_top = op.pad_left = op.pad_bottom = op.pad_right = row.kernel / 2;
      op.per_channel = ops::Rounding::kSingle;
      request.op = op;
      if (plan_.largest_layer_macs < ops::macs(op) && !plan_.all_shipped) continue;
      TANDEM_ASSIGN(request.knobs, ops::default_knobs(op, request.hardware));
      TANDEM_ASSIGN(const Sample sample, compare(row.name, request));
      largest = std::max(largest, sample.error_percent());
    }
    return largest;
  }

  Result<void> measure() {
    TANDEM_ASSIGN(const std::vector<isa::HwConfig> designs, designs_of(plan_, rng_));
    for (const isa::HwConfig& design : designs) {
      for (int i = 0; i < plan_.layers_per_design; ++i) {
        const ops::Operator op = random_layer(design, plan_.largest_layer_macs, rng_);
        const std::vector<sim::Platform> platforms = random_platforms(rng_);
        TANDEM_TRY(measure_layer(design, op, platforms[static_cast<size_t>(rng_.uniform(0, 2))]));
      }
      std::fprintf(stderr, "%s: %zu samples so far\n", design.name.c_str(), samples_.size());
    }
    designs_ = designs.size();
    return {};
  }

  std::vector<Figure> figures() {
    std::vector<Figure> figures;
    std::sort(samples_.begin(), samples_.end(),
              [](const Sample& a, const Sample& b) { return a.error_percent() > b.error_percent(); });
    double sum = 0;
    for (const Sample& sample : samples_) sum += sample.error_percent();
    const auto count = static_cast<double>(samples_.size());
    const auto percentile = [&](double p) {
      const auto rank = static_cast<size_t>(std::floor((1 - p) * count));
      return samples_[std::min(rank, samples_.size() - 1)].error_percent();
    };
    figures.push_back({"samples", count, "(accelerator, layer, schedule, memory)"});
    figures.push_back({"designs", static_cast<double>(designs_), "accelerators"});
    if (samples_.empty()) return figures;
    figures.push_back({"mean_error", sum / count, "%"});
    figures.push_back({"p90_error", percentile(0.9), "%"});
    figures.push_back({"p99_error", percentile(0.99), "%"});
    figures.push_back({"largest_error", samples_.front().error_percent(), "%"});
    figures.push_back({"exact",
                       static_cast<double>(std::count_if(samples_.begin(), samples_.end(),
                                                         [](const Sample& s) { return s.rtl == s.timing; })),
                       "samples"});
    for (size_t i = 0; i < std::min<size_t>(3, samples_.size()) && samples_[i].error_percent() > 0; ++i) {
      figures.push_back({"worst: " + samples_[i].what, samples_[i].error_percent(), "%"});
    }
    return figures;
  }

 private:
  Result<void> measure_layer(const isa::HwConfig& hardware, const ops::Operator& op, const sim::Platform& platform) {
    const tuner::Layer layer{"layer", ops::key(op), op, 1};
    const tuner::ScheduleSpace space(*templates_, layer, hardware);
    for (int i = 0; i < plan_.schedules_per_layer; ++i) {
      const std::optional<tuner::Point> point = space.sample(rng_);
      if (!point) return {};  // no schedule of this layer fits this accelerator
      tuner::Request request;
      request.hardware = hardware;
      request.platform = platform;
      request.op = templates_->operator_on(layer, hardware);
      request.knobs = space.values(*point);
      TANDEM_ASSIGN(Sample sample, compare(fmt::format("{}, {}, {}, {}", hardware.name, ops::to_string(op),
                                                       tuner::to_string(request.knobs), platform.name),
                                           request));
      samples_.push_back(std::move(sample));
    }
    return {};
  }

  /// Both simulators' cycles; both have computed what the operator means.
  Result<Sample> compare(const std::string& what, const tuner::Request& request) {
    const tuner::Measurement timing = timing_.measure(request);
    const tuner::Measurement rtl = rtl_.measure(request);
    if (rtl.cycles && timing.cycles) return Sample{what, *rtl.cycles, *timing.cycles};
    return Diagnostic{{}, fmt::format("{}: rtl: {}, timing: {}", what, rtl.failure, timing.failure), {}, ""};
  }

  const Plan plan_;
  Rng rng_;
  const std::unique_ptr<tuner::Templates> templates_ = tuner::accelerator_templates();
  tuner::LayerBench rtl_, timing_;
  std::vector<Sample> samples_;
  size_t designs_ = 0;
};

}  // namespace

Result<Measurement> measure_fidelity(const Request& request) {
  TANDEM_ASSIGN(auto rtl_reference, runtime::make_cpu_runner());
  TANDEM_ASSIGN(auto timing_reference, runtime::make_cpu_runner());
  FidelityBench bench(request, std::move(rtl_reference), std::move(timing_reference));
  TANDEM_TRY(bench.measure());
  TANDEM_ASSIGN(const double resnet18, bench.measure_resnet18());
  std::vector<Figure> figures = bench.figures();
  figures.push_back({"resnet18.largest_error", resnet18, "%"});
  return Measurement{std::move(figures), "sampled", "sampled"};
}

}  // namespace tandem::bench
