#include "synth/area_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <set>

#include "support/check.h"
#include "support/environment.h"
#include "support/file.h"
#include "support/yaml.h"
#include "synth/synthesis.h"

namespace tandem::synth {
namespace {

using isa::HwConfig;

constexpr char kPeriod[] = "period_ns";
constexpr int kMostTerms = 6;
constexpr double kWorthATerm = 0.9;  // of the error without it
constexpr double kExact = 1e-10;     // a mean squared error that leaves nothing to explain

/// Solves the normal equations of rows x = y by Cholesky's method, with a trace of ridge.
std::vector<double> least_squares(const std::vector<std::vector<double>>& rows, const std::vector<double>& y) {
  const size_t n = rows.front().size();
  std::vector<std::vector<double>> a(n, std::vector<double>(n, 0));
  std::vector<double> b(n, 0);
  for (size_t r = 0; r < rows.size(); ++r) {
    for (size_t i = 0; i < n; ++i) {
      b[i] += rows[r][i] * y[r];
      for (size_t j = 0; j <= i; ++j) a[i][j] += rows[r][i] * rows[r][j];
    }
  }
  for (size_t i = 0; i < n; ++i) {
    a[i][i] *= 1 + 1e-9;
    for (size_t j = 0; j <= i; ++j) {
      double sum = a[i][j];
      for (size_t k = 0; k < j; ++k) sum -= a[i][k] * a[j][k];
      a[i][j] = i == j ? std::sqrt(std::max(sum, 1e-30)) : sum / a[j][j];
    }
  }
  for (size_t i = 0; i < n; ++i) {
    for (size_t k = 0; k < i; ++k) b[i] -= a[i][k] * b[k];
    b[i] /= a[i][i];
  }
  for (size_t i = n; i-- > 0;) {
    for (size_t k = i + 1; k < n; ++k) b[i] -= a[k][i] * b[k];
    b[i] /= a[i][i];
  }
  return b;
}

double dot(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

/// Mean squared error on each sample by a fit to the others.
double error_left_out(const std::vector<std::vector<double>>& rows, const std::vector<double>& goal) {
  double error = 0;
  for (size_t out = 0; out < rows.size(); ++out) {
    std::vector<std::vector<double>> others;
    std::vector<double> goals;
    for (size_t i = 0; i < rows.size(); ++i) {
      if (i == out) continue;
      others.push_back(rows[i]);
      goals.push_back(goal[i]);
    }
    const double miss = dot(least_squares(others, goals), rows[out]) - goal[out];
    error += std::min(miss * miss, 1.0);
  }
  return error / static_cast<double>(rows.size());
}

/// The sum of features that is nearest to `values`; errors count relative to `scales`.
AreaModel::Terms fit_terms(const std::vector<std::map<std::string, double>>& features,
                           const std::vector<double>& values, const std::vector<double>& scales) {
  if (std::all_of(values.begin(), values.end(), [](double value) { return value == 0; })) return {};
  std::vector<double> goal;
  for (size_t i = 0; i < values.size(); ++i) goal.push_back(values[i] / scales[i]);
  const auto rows_with = [&](const std::vector<std::string>& names) {
    std::vector<std::vector<double>> rows(features.size());
    for (size_t i = 0; i < features.size(); ++i) {
      for (const std::string& name : names) rows[i].push_back(features[i].at(name) / scales[i]);
    }
    return rows;
  };
  std::vector<std::string> chosen;
  double best = INFINITY;
  while (chosen.size() < std::min<size_t>(kMostTerms, features.size() / 3) && best > kExact) {
    std::string next;
    for (const auto& [name, value] : features.front()) {
      if (std::find(chosen.begin(), chosen.end(), name) != chosen.end()) continue;
      std::vector<std::string> candidate = chosen;
      candidate.push_back(name);
      const double error = error_left_out(rows_with(candidate), goal);
      if (error < kWorthATerm * best) {
        best = error;
        next = name;
      }
    }
    if (next.empty()) break;
    chosen.push_back(next);
  }
  const std::vector<double> factors = least_squares(rows_with(chosen), goal);
  AreaModel::Terms terms;
  for (size_t i = 0; i < chosen.size(); ++i) terms.emplace_back(chosen[i], factors[i]);
  return terms;
}

double value_of(const AreaModel::Terms& terms, const std::map<std::string, double>& features) {
  double sum = 0;
  for (const auto& [feature, factor] : terms) sum += factor * features.at(feature);
  return std::max(sum, 0.0);
}

std::string flow_map(const AreaModel::Terms& terms) {
  std::string text;
  for (const auto& [feature, factor] : terms)
    text += fmt::format("{}{}: {:.9g}", text.empty() ? "" : ", ", feature, factor);
  return "{" + text + "}";
}

Result<AreaModel::Terms> parse_terms(const YamlNode& node) {
  std::vector<std::string> known;
  for (const auto& [name, value] : area_features(HwConfig{})) known.push_back(name);
  TANDEM_TRY(node.only_keys(known));
  AreaModel::Terms terms;
  for (const auto& [feature, entry] : node.entries()) {
    TANDEM_ASSIGN(const double factor, entry.number());
    terms.emplace_back(feature, factor);
  }
  return terms;
}

Figures figures_of(const Resources& resources) {
  return {{"lut", static_cast<double>(resources.lut)},
          {"ff", static_cast<double>(resources.ff)},
          {"bram36", resources.bram36()},
          {"dsp", static_cast<double>(resources.dsp)}};
}

/// What modelled() has but for the period, in the order of a sample's lists.
const std::vector<std::string>& area_names() {
  static const std::vector<std::string> kNames = {"lut", "ff", "bram36", "dsp"};
  return kNames;
}

/// The area of a module in a sample; 0 where the sample does without it.
double area_of(const Sample& sample, const std::string& module, const std::string& figure) {
  const auto found = sample.modules.find(module);
  return found == sample.modules.end() ? 0 : found->second.at(figure);
}

int64_t power_of_two(Rng& rng, int64_t low, int64_t high) {
  int64_t choices = 0;
  for (int64_t value = low; value <= high; value *= 2) ++choices;
  return low << rng.uniform(0, choices - 1);
}

}  // namespace

const std::vector<std::string>& modelled() {
  static const std::vector<std::string> kModelled = {"lut", "ff", "bram36", "dsp", "period_ns"};
  return kModelled;
}

AreaModel AreaModel::fit(const std::vector<Sample>& samples, const std::string& source) {
  TANDEM_CHECK(samples.size() >= 8, "a fit needs at least eight samples");
  AreaModel model;
  model.source_ = source;
  std::vector<std::map<std::string, double>> features;
  std::set<std::string> modules;
  for (const Sample& sample : samples) {
    features.push_back(area_features(sample.hardware));
    for (const auto& [module, figures] : sample.modules) modules.insert(module);
  }
  const auto column = [&](const auto& value) {
    std::vector<double> values;
    for (const Sample& sample : samples) values.push_back(value(sample));
    return values;
  };
  for (const std::string& figure : modelled()) {
    const std::vector<double> whole =
        column([&](const Sample& sample) { return std::max(sample.figures.at(figure), 1.0); });
    if (figure == kPeriod) {
      model.period_ = fit_terms(features, whole, whole);
      continue;
    }
    for (const std::string& module : modules) {
      Terms terms = fit_terms(features, column([&](const Sample& s) { return area_of(s, module, figure); }), whole);
      if (!terms.empty()) model.area_[module][figure] = std::move(terms);
    }
  }
  return model;
}

Figures AreaModel::estimate(const HwConfig& hardware) const {
  const std::map<std::string, double> features = area_features(hardware);
  Figures figures;
  for (const std::string& figure : modelled()) figures[figure] = 0;
  for (const auto& [module, areas] : area_) {
    for (const auto& [figure, terms] : areas) figures[figure] += value_of(terms, features);
  }
  figures[kPeriod] = value_of(period_, features);
  return figures;
}

std::string AreaModel::to_yaml() const {
  std::string text =
      "# Area and clock in closed form: sums of features (synth/area_features.h) with these factors. Written by "
      "`tandem "
      "synth --fit`.\n";
  text +=
      fmt::format("source: {}\nperiod_ns: {}\nmodules:{}\n", source_, flow_map(period_), area_.empty() ? " {}" : "");
  for (const auto& [module, areas] : area_) {
    text += fmt::format("  {}:\n", module);
    for (const auto& [figure, terms] : areas) text += fmt::format("    {}: {}\n", figure, flow_map(terms));
  }
  return text;
}

Result<AreaModel> AreaModel::parse(const std::string& text, const std::string& file) {
  TANDEM_ASSIGN(const YamlNode root, YamlNode::parse(text, file));
  TANDEM_TRY(root.only_keys({"source", kPeriod, "modules"}));
  AreaModel model;
  TANDEM_ASSIGN(const YamlNode source, root.at("source"));
  TANDEM_ASSIGN(model.source_, source.text());
  TANDEM_ASSIGN(const YamlNode period, root.at(kPeriod));
  TANDEM_ASSIGN(model.period_, parse_terms(period));
  TANDEM_ASSIGN(const YamlNode modules, root.at("modules"));
  for (const auto& [module, areas] : modules.entries()) {
    TANDEM_TRY(areas.only_keys(area_names()));
    for (const auto& [figure, terms] : areas.entries()) {
      TANDEM_ASSIGN(model.area_[module][figure], parse_terms(terms));
    }
  }
  return model;
}

Result<AreaModel> AreaModel::load() {
  const std::string path = checkout_path(kAreaModelPath);
  if (!std::filesystem::exists(path)) {
    return Diagnostic{{path}, "there is no area model yet", {}, "'tandem synth --fit 60' fits one (docs/synthesis.md)"};
  }
  TANDEM_ASSIGN(const std::string text, read_text_file(path));
  return parse(text, path);
}

HwConfig random_hardware(Rng& rng, int64_t max_macs) {
  constexpr int64_t kKiB = 1024;
  for (;;) {
    HwConfig hardware;
    hardware.batch = static_cast<int>(power_of_two(rng, 1, 4));
    hardware.block_in = static_cast<int>(power_of_two(rng, 4, 64));
    hardware.block_out = static_cast<int>(power_of_two(rng, 4, 64));
    hardware.uop_buffer_bytes = power_of_two(rng, 2 * kKiB, 64 * kKiB);
    hardware.inp_buffer_bytes = power_of_two(rng, 2 * kKiB, 128 * kKiB);
    hardware.wgt_buffer_bytes = power_of_two(rng, 2 * kKiB, 512 * kKiB);
    hardware.acc_buffer_bytes = power_of_two(rng, 2 * kKiB, 256 * kKiB);
    hardware.prm_buffer_bytes = power_of_two(rng, 2 * kKiB, 32 * kKiB);
    hardware.bus_bytes = static_cast<int>(power_of_two(rng, 8, 64));
    hardware.outstanding_reads = static_cast<int>(rng.uniform(1, 64));
    hardware.command_queue_depth = static_cast<int>(power_of_two(rng, 16, 512));
    hardware.token_queue_depth = static_cast<int>(power_of_two(rng, 16, 512));
    hardware.chosen_requant_lanes = static_cast<int>(rng.chance(0.2) ? 0 : power_of_two(rng, 1, hardware.block_out));
    hardware.chosen_depthwise_width =
        static_cast<int>(hardware.block_in != hardware.block_out || rng.chance(0.3) ? 0 : power_of_two(rng, 1, 4));
    hardware.chosen_alu_lanes =
        static_cast<int>(power_of_two(rng, 1, int64_t{1} * hardware.batch * hardware.block_out));
    hardware.extended_alu = static_cast<int>(rng.uniform(0, 1));
    hardware.dsp_packing = static_cast<int>(rng.uniform(0, 1));
    hardware.name = "random";
    if (hardware.macs_per_uop() <= max_macs && isa::check(hardware).empty()) return hardware;
  }
}

std::vector<Sample> SampleSet::held_out() const {
  std::vector<Sample> some;
  for (size_t i = 2; i < samples.size(); i += 3) some.push_back(samples[i]);
  return some;
}

std::vector<Sample> SampleSet::fitted() const {
  std::vector<Sample> some;
  for (size_t i = 0; i < samples.size(); ++i) {
    if (i % 3 != 2) some.push_back(samples[i]);
  }
  return some;
}

Result<void> synthesise_samples(SampleSet& set, uint64_t seed, int count, int64_t max_macs,
                                const std::function<Result<void>(const SampleSet&)>& done) {
  Rng rng(seed);
  SynthesisOptions options;
  options.gates = false;
  options.jobs = 1;
  for (int number = 0; number < count; ++number) {
    Sample sample{random_hardware(rng, max_macs), {}, {}};
    if (static_cast<size_t>(number) < set.samples.size()) continue;
    TANDEM_ASSIGN(const Report report, synthesise(sample.hardware, options));
    sample.figures = figures_of(report.total);
    sample.figures[kPeriod] = report.critical.length.ns;
    for (const ModuleReport& row : report.modules) sample.modules[row.name] = figures_of(row.resources);
    set.samples.push_back(std::move(sample));
    TANDEM_TRY(done(set));
  }
  return {};
}

std::string to_yaml(const SampleSet& set) {
  std::string text = fmt::format(
      "# Synthesised configurations: what the area model is fitted to and, every third, what judges it. Areas are "
      "[{}],\n"
      "# of the whole and of all instances of each module. Written by `tandem synth --fit`.\n"
      "source: {}\nsamples:\n",
      fmt::join(area_names(), ", "), set.source);
  const auto areas = [](const Figures& figures) {
    std::string list;
    for (const std::string& name : area_names())
      list += fmt::format("{}{:.9g}", list.empty() ? "" : ", ", figures.at(name));
    return "[" + list + "]";
  };
  for (const Sample& sample : set.samples) {
    std::string hardware, modules;
    for (const std::string& name : isa::parameter_names()) {
      hardware += fmt::format("{}{}: {}", hardware.empty() ? "" : ", ", name, isa::parameter(sample.hardware, name));
    }
    for (const auto& [name, figures] : sample.modules)
      modules += fmt::format("{}{}: {}", modules.empty() ? "" : ", ", name, areas(figures));
    text += fmt::format("- hardware: {{{}}}\n  period_ns: {:.9g}\n  total: {}\n  modules: {{{}}}\n", hardware,
                        sample.figures.at(kPeriod), areas(sample.figures), modules);
  }
  return text;
}

Result<SampleSet> parse_samples(const std::string& text, const std::string& file) {
  TANDEM_ASSIGN(const YamlNode root, YamlNode::parse(text, file));
  TANDEM_TRY(root.only_keys({"source", "samples"}));
  SampleSet set;
  TANDEM_ASSIGN(const YamlNode source, root.at("source"));
  TANDEM_ASSIGN(set.source, source.text());
  const auto read_areas = [](const YamlNode& node, Figures& figures) -> Result<void> {
    const std::vector<YamlNode> items = node.items();
    if (items.size() != area_names().size())
      return Diagnostic{node.where(), fmt::format("{} areas; there are {}", items.size(), area_names().size()),
                        area_names(), ""};
    for (size_t i = 0; i < items.size(); ++i) {
      TANDEM_ASSIGN(figures[area_names()[i]], items[i].number());
    }
    return {};
  };
  TANDEM_ASSIGN(const YamlNode list, root.at("samples"));
  for (const YamlNode& item : list.items()) {
    TANDEM_TRY(item.only_keys({"hardware", kPeriod, "total", "modules"}));
    Sample sample;
    TANDEM_ASSIGN(const YamlNode hardware, item.at("hardware"));
    TANDEM_TRY(hardware.only_keys(isa::parameter_names()));
    for (const auto& [name, node] : hardware.entries()) {
      TANDEM_ASSIGN(const int64_t value, node.integer());
      sample.hardware = isa::with_parameter(std::move(sample.hardware), name, value);
    }
    const std::vector<Diagnostic> broken = isa::check(sample.hardware, hardware.where());
    if (!broken.empty()) return broken.front();
    TANDEM_ASSIGN(const YamlNode period, item.at(kPeriod));
    TANDEM_ASSIGN(sample.figures[kPeriod], period.number());
    TANDEM_ASSIGN(const YamlNode total, item.at("total"));
    TANDEM_TRY(read_areas(total, sample.figures));
    TANDEM_ASSIGN(const YamlNode modules, item.at("modules"));
    for (const auto& [name, node] : modules.entries()) TANDEM_TRY(read_areas(node, sample.modules[name]));
    set.samples.push_back(std::move(sample));
  }
  return set;
}

Result<SampleSet> load_samples() {
  const std::string path = checkout_path(kSamplesPath);
  if (!std::filesystem::exists(path)) return SampleSet{};
  TANDEM_ASSIGN(const std::string text, read_text_file(path));
  return parse_samples(text, path);
}

Figures median_errors(const AreaModel& model, const std::vector<Sample>& samples) {
  std::map<std::string, std::vector<double>> errors;
  for (const Sample& sample : samples) {
    const Figures estimate = model.estimate(sample.hardware);
    for (const auto& [figure, value] : sample.figures) {
      const double guess = estimate.at(figure);
      errors[figure].push_back(value > 0 ? std::abs(guess - value) / value : guess < 0.5 ? 0 : 1);
    }
  }
  Figures medians;
  for (auto& [figure, all] : errors) {
    std::sort(all.begin(), all.end());
    const size_t half = all.size() / 2;
    medians[figure] = all.size() % 2 == 1 ? all[half] : (all[half - 1] + all[half]) / 2;
  }
  return medians;
}

}  // namespace tandem::synth
