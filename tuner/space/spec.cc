#include "tuner/space/spec.h"

#include <fmt/format.h>

#include <filesystem>

#include "support/file.h"
#include "support/yaml.h"
#include "synth/area_model.h"
#include "synth/device.h"

namespace tandem::tuner {
namespace {

std::string beside(const std::string& spec, const std::string& path) {
  return (std::filesystem::path(spec).parent_path() / path).lexically_normal().string();
}

Result<void> read_path(const YamlNode& map, const std::string& key, const std::string& spec, std::string& path) {
  TANDEM_ASSIGN(const YamlNode node, map.at(key));
  TANDEM_ASSIGN(const std::string text, node.text());
  path = beside(spec, text);
  return {};
}

/// An integer of at least `least`, where the key is given.
Result<void> read_count(const YamlNode& map, const std::string& key, int64_t least, int64_t& value) {
  if (!map.has(key)) return {};
  TANDEM_ASSIGN(const YamlNode node, map.at(key));
  TANDEM_ASSIGN(value, node.integer());
  if (value >= least) return {};
  return Diagnostic{node.where(), fmt::format("{} {} is less than {}", key, value, least), {}, ""};
}

Result<void> read_number(const YamlNode& map, const std::string& key, double least, double most, double& value) {
  if (!map.has(key)) return {};
  TANDEM_ASSIGN(const YamlNode node, map.at(key));
  TANDEM_ASSIGN(value, node.number());
  if (value >= least && value <= most) return {};
  return Diagnostic{node.where(), fmt::format("{} {:g} is not from {:g} to {:g}", key, value, least, most), {}, ""};
}

/// A bound of the budget: a number, or `default` for the base's.
Result<void> read_bound(const YamlNode& map, const std::string& key, int64_t of_base, int64_t& bound) {
  bound = of_base;
  if (!map.has(key)) return {};
  TANDEM_ASSIGN(const YamlNode node, map.at(key));
  TANDEM_ASSIGN(const std::string text, node.text());
  if (text == "default") return {};
  TANDEM_ASSIGN(bound, node.integer(true));
  if (bound >= of_base) return {};
  return Diagnostic{node.where(),
                    fmt::format("the base needs {} {}, more than the budget of {}", of_base, key, bound),
                    {},
                    "raise the budget or name a smaller base"};
}

/// Bounds on what an FPGA has: those of a device, and single ones, which hold instead of the device's.
Result<void> read_area(const YamlNode& budget, const isa::HwConfig& base, HardwareLimits& limits) {
  const std::vector<std::string> figures = {"lut", "ff", "bram36", "dsp"};
  if (budget.has("device")) {
    TANDEM_ASSIGN(const YamlNode node, budget.at("device"));
    TANDEM_ASSIGN(const std::string name, node.text());
    Result<synth::Device> device = synth::load_device(name);
    if (!device.ok()) {
      Diagnostic error = device.error();
      error.where = node.where();
      return error;
    }
    for (const synth::Use& use : synth::uses({}, *device)) limits.area[use.resource] = use.available;
  }
  for (const std::string& figure : figures) {
    TANDEM_TRY(read_number(budget, figure, 0, 1e9, limits.area[figure]));
    if (!budget.has("device") && !budget.has(figure)) limits.area.erase(figure);
  }
  if (limits.area.empty()) return {};
  TANDEM_ASSIGN(synth::AreaModel model, synth::AreaModel::load());
  limits.area_model = std::make_shared<const synth::AreaModel>(std::move(model));
  const std::string over = over_area(base, limits);
  if (over.empty()) return {};
  return Diagnostic{budget.where(), "the base needs " + over, {}, "raise the budget or name a smaller base"};
}

Result<std::vector<Knob>> read_knobs(const YamlNode& map) {
  TANDEM_TRY(map.only_keys(isa::parameter_names()));
  std::vector<Knob> knobs;
  for (const auto& [name, node] : map.entries()) {
    Knob knob{name, {}};
    for (const YamlNode& item : node.items()) {
      TANDEM_ASSIGN(const int64_t value, item.integer(true));
      // Alone on the default design, so that only the value's own rule can break.
      const auto broken = isa::check(isa::with_parameter({}, name, value), item.where());
      if (!broken.empty()) return broken.front();
      knob.choices.push_back(value);
    }
    if (knob.choices.empty()) {
      return Diagnostic{node.where(), fmt::format("'{}' needs a list of values", name), {}, "for example [8, 16]"};
    }
    knobs.push_back(std::move(knob));
  }
  return knobs;
}

Result<HardwareSpace> read_hardware(const YamlNode& root, const std::string& path) {
  TANDEM_ASSIGN(const YamlNode node, root.at("hardware"));
  TANDEM_TRY(node.only_keys({"base", "knobs", "chained"}));
  isa::HwConfig base;
  if (node.has("base")) {
    std::string file;
    TANDEM_TRY(read_path(node, "base", path, file));
    TANDEM_ASSIGN(base, isa::load_hw(file));
  }
  TANDEM_ASSIGN(const YamlNode knob_map, node.at("knobs"));
  TANDEM_ASSIGN(std::vector<Knob> knobs, read_knobs(knob_map));
  HardwareLimits limits{size_of(base)};
  if (node.has("chained")) {
    TANDEM_ASSIGN(const YamlNode chained, node.at("chained"));
    TANDEM_ASSIGN(limits.chained, chained.boolean());
  }
  if (root.has("budget")) {
    TANDEM_ASSIGN(const YamlNode budget, root.at("budget"));
    TANDEM_TRY(budget.only_keys({"macs", "buffer_bits", "device", "lut", "ff", "bram36", "dsp"}));
    const Size of_base = limits.budget;
    TANDEM_TRY(read_bound(budget, "macs", of_base.macs, limits.budget.macs));
    TANDEM_TRY(read_bound(budget, "buffer_bits", of_base.buffer_bits, limits.budget.buffer_bits));
    TANDEM_TRY(read_area(budget, base, limits));
  }
  HardwareSpace space(base, std::move(knobs), std::move(limits));
  if (!space.feasible().empty()) return space;
  return Diagnostic{knob_map.where(),
                    fmt::format("none of the {} accelerators is legal and within the budget; the first: {}",
                                space.count(), space.infeasible(space.at(0))),
                    {},
                    "add smaller values or raise the budget"};
}

Result<void> read_search(const YamlNode& root, ExploreSpec& spec) {
  ExploreOptions& options = spec.options;
  if (!root.has("search")) return {};
  TANDEM_ASSIGN(const YamlNode node, root.at("search"));
  TANDEM_TRY(node.only_keys(
      {"sampler", "seed", "trials", "batch", "accelerators", "new_per_round", "rivals", "random_share", "measure_on"}));
  if (node.has("sampler")) {
    TANDEM_ASSIGN(const YamlNode sampler, node.at("sampler"));
    TANDEM_ASSIGN(const std::string word, sampler.text());
    if (word != "annealing" && word != "random") {
      return unknown_name(sampler.where(), "sampler", word, {"annealing", "random"});
    }
    options.sampler = word == "random" ? SamplerKind::kRandom : SamplerKind::kAnnealing;
  }
  if (node.has("measure_on")) {
    TANDEM_ASSIGN(const YamlNode simulator, node.at("measure_on"));
    TANDEM_ASSIGN(spec.measure_on, simulator.text());
    if (std::find(measurable().begin(), measurable().end(), spec.measure_on) == measurable().end())
      return unknown_name(simulator.where(), "simulator", spec.measure_on, measurable());
  }
  int64_t seed = static_cast<int64_t>(options.seed);
  TANDEM_TRY(read_count(node, "seed", 0, seed));
  options.seed = static_cast<uint64_t>(seed);
  TANDEM_TRY(read_count(node, "trials", 1, options.trials));
  TANDEM_TRY(read_count(node, "batch", 1, options.batch));
  TANDEM_TRY(read_count(node, "accelerators", 1, options.accelerators));
  TANDEM_TRY(read_count(node, "new_per_round", 1, options.new_per_round));
  TANDEM_TRY(read_count(node, "rivals", 1, options.rivals));
  return read_number(node, "random_share", 0, 1, options.random_share);
}

Result<void> read_limits(const YamlNode& root, ExploreSpec& spec) {
  if (!root.has("limits")) return {};
  TANDEM_ASSIGN(const YamlNode node, root.at("limits"));
  TANDEM_TRY(node.only_keys({"cycles", "measure_seconds", "build_seconds"}));
  auto cycles = static_cast<int64_t>(spec.options.cycle_limit);
  TANDEM_TRY(read_count(node, "cycles", 1, cycles));
  spec.options.cycle_limit = static_cast<uint64_t>(cycles);
  TANDEM_TRY(read_number(node, "measure_seconds", 0.1, 86400, spec.measure_seconds));
  return read_number(node, "build_seconds", 1, 86400, spec.build_seconds);
}

}  // namespace

const std::vector<std::string>& measurable() {
  static const std::vector<std::string> kMeasurable = {"rtl", "timing"};
  return kMeasurable;
}

Result<ExploreSpec> parse_spec(const std::string& text, const std::string& path) {
  TANDEM_ASSIGN(const YamlNode root, YamlNode::parse(text, path));
  TANDEM_TRY(root.only_keys(
      {"name", "model", "input", "expected", "samples", "platform", "hardware", "budget", "search", "limits"}));
  TANDEM_ASSIGN(HardwareSpace hardware, read_hardware(root, path));
  ExploreSpec spec{std::filesystem::path(path).stem().string(), text, "", "", "", std::move(hardware), {}};
  if (root.has("name")) {
    TANDEM_ASSIGN(const YamlNode name, root.at("name"));
    TANDEM_ASSIGN(spec.name, name.text());
  }
  TANDEM_TRY(read_path(root, "model", path, spec.model));
  TANDEM_TRY(read_path(root, "input", path, spec.input));
  if (root.has("expected")) TANDEM_TRY(read_path(root, "expected", path, spec.expected));
  TANDEM_TRY(read_count(root, "samples", 1, spec.options.samples));
  if (root.has("platform")) {
    std::string file;
    TANDEM_TRY(read_path(root, "platform", path, file));
    TANDEM_ASSIGN(spec.options.platform, sim::load_platform(file));
  }
  TANDEM_TRY(read_search(root, spec));
  TANDEM_TRY(read_limits(root, spec));
  return spec;
}

Result<ExploreSpec> load_spec(const std::string& path) {
  TANDEM_ASSIGN(const std::string text, read_text_file(path));
  return parse_spec(text, path);
}

}  // namespace tandem::tuner
