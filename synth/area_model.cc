#include "synth/area_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "support/check.h"
#include "support/environment.h"
#include "support/file.h"
#include "support/yaml.h"
#include "synth/synthesis.h"

namespace tandem::synth {
namespace {

using isa::HwConfig;
using isa::Memory;

constexpr int kMostTerms = 7;

/// RAMB18 halves of a memory, by the aspects that a block has (AMD UG473, table 1-7), where Yosys uses block RAM.
double block_halves(double width, double depth) {
  double best = INFINITY;
  const std::pair<double, double> aspects[] = {{36, 512}, {18, 1024}, {9, 2048}, {4, 4096}, {2, 8192}, {1, 16384}};
  for (const auto& [wide, deep] : aspects) best = std::min(best, std::ceil(width / wide) * std::ceil(depth / deep));
  return best;
}

/// A scratchpad as load_buffer.sv and accumulator_buffer.sv build it: chunks of bus width, or banks of one element.
struct Geometry {
  double memories, width, depth;
};
Geometry geometry(double element_bits, double entries, double bus_bits) {
  if (element_bits >= bus_bits) return {element_bits / bus_bits, bus_bits, entries};
  return {bus_bits / element_bits, element_bits, entries * element_bits / bus_bits};
}

// Yosys 0.23 leaves a memory to LUTs where it would fill less than 5 % of its blocks.
bool is_block(const Geometry& memory) {
  return memory.width * memory.depth >= 0.05 * 18432 * block_halves(memory.width, memory.depth);
}

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

/// Mean squared relative error on each sample by a fit to the others; rows are relative, so the goal is 1.
double error_left_out(const std::vector<std::vector<double>>& rows) {
  double error = 0;
  const std::vector<double> ones(rows.size() - 1, 1.0);
  for (size_t out = 0; out < rows.size(); ++out) {
    std::vector<std::vector<double>> others;
    for (size_t i = 0; i < rows.size(); ++i) {
      if (i != out) others.push_back(rows[i]);
    }
    const double miss = dot(least_squares(others, ones), rows[out]) - 1;
    error += std::min(miss * miss, 1.0);
  }
  return error / static_cast<double>(rows.size());
}

AreaModel::Terms fit_figure(const std::vector<Sample>& samples, const std::string& figure) {
  std::vector<std::map<std::string, double>> features;
  std::vector<double> values;
  for (const Sample& sample : samples) {
    if (sample.figures.at(figure) <= 0) continue;
    features.push_back(area_features(sample.hardware));
    values.push_back(sample.figures.at(figure));
  }
  if (features.empty()) return {};
  std::vector<std::string> chosen;
  const auto rows_with = [&](const std::vector<std::string>& names) {
    std::vector<std::vector<double>> rows;
    for (size_t i = 0; i < features.size(); ++i) {
      rows.emplace_back();
      for (const std::string& name : names) rows.back().push_back(features[i].at(name) / values[i]);
    }
    return rows;
  };
  double best = INFINITY;
  while (chosen.size() < std::min<size_t>(kMostTerms, features.size() / 3)) {
    std::string next;
    for (const auto& [name, value] : features.front()) {
      if (std::find(chosen.begin(), chosen.end(), name) != chosen.end()) continue;
      std::vector<std::string> candidate = chosen;
      candidate.push_back(name);
      const double error = error_left_out(rows_with(candidate));
      if (error < 0.95 * best) {
        best = error;
        next = name;
      }
    }
    if (next.empty()) break;
    chosen.push_back(next);
  }
  const std::vector<double> factors = least_squares(rows_with(chosen), std::vector<double>(features.size(), 1.0));
  AreaModel::Terms terms;
  for (size_t i = 0; i < chosen.size(); ++i) terms.emplace_back(chosen[i], factors[i]);
  return terms;
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

std::map<std::string, double> area_features(const HwConfig& h) {
  const double lanes = h.batch * h.block_out;
  const double macs = static_cast<double>(h.macs_per_uop());
  const double bus_bits = 8.0 * h.bus_bytes;
  std::map<std::string, double> f;
  f["one"] = 1;
  f["macs"] = macs;
  f["lanes"] = lanes;
  f["batch_inputs"] = h.batch * h.block_in;
  f["weights"] = h.block_in * h.block_out;
  f["adder_bits"] = lanes * (h.block_in - 1) * (17 + std::log2(h.block_in));
  f["sum_bits"] = lanes * (17 + std::log2(h.block_in));
  f["alu_lanes"] = h.alu_lanes();
  f["extended_alu_lanes"] = h.alu_lanes() * h.extended_alu;
  f["alu_turns"] = lanes / h.alu_lanes() > 1 ? lanes : 0;  // lanes behind a multiplexer
  f["requant_lanes"] = h.requant_lanes();
  f["requant_unit"] = h.requant_lanes() > 0 ? 1 : 0;
  f["requant_turns"] = h.requant_lanes() > 0 ? lanes : 0;
  f["depthwise_lanes"] = lanes * h.depthwise_width();
  f["bus_bits"] = bus_bits;
  f["bus_shuffle"] = bus_bits * std::log2(h.bus_bytes);
  f["command_queues"] = std::log2(h.command_queue_depth);
  f["command_words"] = h.command_queue_depth;
  f["token_bits"] = std::log2(h.token_queue_depth);
  f["outstanding_bits"] = std::log2(h.outstanding_reads + 1);
  f["log_macs"] = std::log2(macs);
  f["log_lanes"] = std::log2(lanes);
  double blocks = 0;
  double index_bits = 0;
  for (const auto& [name, memory, copies] :
       {std::tuple{"uop", Memory::kUop, 1.0}, std::tuple{"inp", Memory::kInp, 1.0},
        std::tuple{"wgt", Memory::kWgt, 1.0}, std::tuple{"acc", Memory::kAcc, 2.0},
        std::tuple{"out", Memory::kOut, 1.0}, std::tuple{"prm", Memory::kPrm, 1.0}}) {
    const double entries = static_cast<double>(h.depth(memory));
    const double bits = 8.0 * static_cast<double>(h.element_bytes(memory));
    if (entries < 1) {
      f[std::string(name) + "_lut_bits"] = f[std::string(name) + "_crossbar"] = 0;
      continue;
    }
    const Geometry memories = geometry(bits, entries, bus_bits);
    const bool block = is_block(memories);
    if (block) blocks += copies * memories.memories * block_halves(memories.width, memories.depth) / 2;
    f[std::string(name) + "_lut_bits"] = block ? 0 : copies * bits * entries / 64;
    f[std::string(name) + "_crossbar"] = bits < bus_bits ? bus_bits * std::log2(bus_bits / bits) : bits;
    index_bits += std::log2(entries);
  }
  f["blocks"] = blocks;
  const double queue_bits = 128 + 33;
  f["queue_blocks"] = 3 * block_halves(queue_bits, h.command_queue_depth) / 2;
  f["index_bits"] = index_bits;
  return f;
}

AreaModel AreaModel::fit(const std::vector<Sample>& samples) {
  TANDEM_CHECK(samples.size() >= 8, "a fit needs at least eight samples");
  AreaModel model;
  for (const std::string& figure : modelled()) model.terms_[figure] = fit_figure(samples, figure);
  return model;
}

Figures AreaModel::estimate(const HwConfig& hardware) const {
  const std::map<std::string, double> features = area_features(hardware);
  Figures figures;
  for (const auto& [figure, terms] : terms_) {
    double& sum = figures[figure];
    for (const auto& [feature, factor] : terms) sum += factor * features.at(feature);
    sum = std::max(sum, 0.0);
  }
  return figures;
}

std::string AreaModel::to_yaml() const {
  std::string text =
      "# Area and clock in closed form: figure -> feature -> factor. Written by `tandem synth --fit`; "
      "synth/area_model.h.\n";
  for (const auto& [figure, terms] : terms_) {
    text += figure + (terms.empty() ? ": {}\n" : ":\n");
    for (const auto& [feature, factor] : terms) text += fmt::format("  {}: {:.9g}\n", feature, factor);
  }
  return text;
}

Result<AreaModel> AreaModel::parse(const std::string& text, const std::string& file) {
  TANDEM_ASSIGN(const YamlNode root, YamlNode::parse(text, file));
  TANDEM_TRY(root.only_keys(modelled()));
  std::vector<std::string> known;
  for (const auto& [name, value] : area_features(HwConfig{})) known.push_back(name);
  AreaModel model;
  for (const std::string& figure : modelled()) {
    TANDEM_ASSIGN(const YamlNode terms, root.at(figure));
    TANDEM_TRY(terms.only_keys(known));
    model.terms_[figure];
    for (const auto& [feature, node] : terms.entries()) {
      TANDEM_ASSIGN(const double factor, node.number());
      model.terms_[figure].emplace_back(feature, factor);
    }
  }
  return model;
}

Result<AreaModel> AreaModel::load() {
  const std::string path = checkout_path(kAreaModelPath);
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
    hardware.name = "random";
    if (hardware.macs_per_uop() <= max_macs && isa::check(hardware).empty()) return hardware;
  }
}

Result<std::vector<Sample>> synthesise_samples(uint64_t seed, int count, int64_t max_macs) {
  Rng rng(seed);
  std::vector<Sample> samples;
  SynthesisOptions options;
  options.gates = false;
  while (static_cast<int>(samples.size()) < count) {
    const HwConfig hardware = random_hardware(rng, max_macs);
    TANDEM_ASSIGN(const Report report, synthesise(hardware, options));
    const Resources& total = report.total;
    samples.push_back({hardware,
                       {{"lut", static_cast<double>(total.lut)},
                        {"ff", static_cast<double>(total.ff)},
                        {"bram36", total.bram36()},
                        {"dsp", static_cast<double>(total.dsp)},
                        {"period_ns", report.critical.length.ns}}});
  }
  return samples;
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
