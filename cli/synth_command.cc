// `tandem synth`: what a hardware configuration costs on an FPGA and in gates, how fast its clock may be, whether it
// fits a device.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/cli.h"
#include "cli/commands.h"
#include "support/environment.h"
#include "support/file.h"
#include "synth/area_model.h"
#include "synth/device.h"
#include "synth/synthesis.h"

namespace tandem::cli {
namespace {

struct SynthOptions {
  std::string hardware;
  std::string device;
  std::string netlist;
  int fit = 0;  // samples; 0: none
  uint64_t seed = 1;
  int64_t most_macs = 256;
};

std::string to_text(const std::vector<synth::Use>& uses, const synth::Device& device, bool fits) {
  std::string text = fmt::format("on {}: {}", device.name, fits ? "fits" : "DOES NOT FIT");
  for (const synth::Use& use : uses) {
    text += fmt::format("\n  {:<8} {:>9} of {:>7} {:>6.1f} %{}", use.resource, use.used, use.available,
                        100 * use.used / use.available, use.fits() ? "" : "  TOO MANY");
  }
  return text;
}

nlohmann::ordered_json to_json(const std::vector<synth::Use>& uses, const synth::Device& device, bool fits) {
  nlohmann::ordered_json json{{"name", device.name}, {"fits", fits}};
  for (const synth::Use& use : uses) json[use.resource] = {{"used", use.used}, {"available", use.available}};
  return json;
}

/// Synthesises samples, after those that the checkout has of this RTL, and fits the closed-form model to two thirds.
Result<int> fit_model(const SynthOptions& options) {
  constexpr int kFewest = 12;
  if (!options.hardware.empty()) {
    return Diagnostic{{}, "--fit draws its own configurations and takes none", {}, "leave out " + options.hardware};
  }
  if (options.fit < kFewest) {
    return Diagnostic{{}, fmt::format("--fit {}: a fit needs at least {} samples", options.fit, kFewest), {}, ""};
  }
  TANDEM_ASSIGN(const std::string rtl, synth::sources_id());
  const std::string source =
      fmt::format("random configurations, seed {}, at most {} MACs, RTL {}", options.seed, options.most_macs, rtl);
  TANDEM_ASSIGN(synth::SampleSet set, synth::load_samples());
  if (set.source != source) set = {source, {}};
  if (!set.samples.empty()) note(fmt::format("{} has {} samples", synth::kSamplesPath, set.samples.size()));
  const auto done = [&](const synth::SampleSet& now) -> Result<void> {
    note(fmt::format("{:>3} of {}: {} LUTs", now.samples.size(), options.fit, now.samples.back().figures.at("lut")));
    return write_file(checkout_path(synth::kSamplesPath), synth::to_yaml(now));
  };
  TANDEM_TRY(synth::synthesise_samples(set, options.seed, options.fit, options.most_macs, done));
  const std::vector<synth::Sample> fitted = set.fitted(), held_out = set.held_out();
  const auto model = synth::AreaModel::fit(fitted, fmt::format("{} of {}", fitted.size(), source));
  TANDEM_TRY(write_file(checkout_path(synth::kAreaModelPath), model.to_yaml()));
  const synth::Figures errors = synth::median_errors(model, fitted);
  const synth::Figures others = synth::median_errors(model, held_out);
  for (const std::string& figure : synth::modelled()) {
    print(fmt::format("{:<10} median error {:>5.1f} % on {} samples, {:>5.1f} % on {} others", figure,
                      100 * errors.at(figure), fitted.size(), 100 * others.at(figure), held_out.size()));
  }
  note(fmt::format("wrote {} and {}", synth::kAreaModelPath, synth::kSamplesPath));
  return kExitOk;
}

Result<int> synth_hardware(const SynthOptions& options, Format format) {
  if (options.fit != 0) return fit_model(options);
  if (options.hardware.empty()) {
    return Diagnostic{{}, "hardware is required", {}, "'tandem synth --help' shows the usage"};
  }
  TANDEM_ASSIGN(const isa::HwConfig hardware, isa::load_hw(options.hardware));
  std::optional<synth::Device> device;
  if (!options.device.empty()) {
    TANDEM_ASSIGN(device, synth::load_device(options.device));
  }
  if (is_terminal()) note("synthesising what is not cached: minutes for a new configuration");
  TANDEM_ASSIGN(const synth::Report report, synth::synthesise(hardware));
  if (!options.netlist.empty()) TANDEM_TRY(synth::write_netlist(hardware, options.netlist));
  const bool fits = !device || synth::fits(report.total, *device);
  if (format == Format::kJson) {
    nlohmann::ordered_json json{{"hardware", hardware.name}};
    json.update(synth::to_json(report));
    if (device) json["device"] = to_json(synth::uses(report.total, *device), *device, fits);
    print_json(json);
  } else {
    print(synth::to_text(report));
    if (device) print(to_text(synth::uses(report.total, *device), *device, fits));
  }
  return fits ? kExitOk : kExitWrong;
}

}  // namespace

void add_synth(Cli& cli) {
  auto options = std::make_shared<SynthOptions>();
  CLI::App& command = cli.command("synth", "Area, logic depth and clock of a hardware configuration, through Yosys",
                                  [options](Format format) { return synth_hardware(*options, format); });
  command.add_option("hardware", options->hardware, "The configuration's YAML")->type_name("HW.yaml");
  command.add_option("--device", options->device, "Check that it fits this device (configs/device); exit 1 if not")
      ->type_name("NAME");
  command.add_option("--netlist", options->netlist, "Also write the mapped netlist as Verilog")->type_name("FILE.v");
  command
      .add_option("--fit", options->fit,
                  "Instead: synthesise random configurations up to so many, and fit the area model")
      ->type_name("SAMPLES");
  command.add_option("--seed", options->seed, "Seed of the configurations of --fit")
      ->type_name("N")
      ->capture_default_str();
  command.add_option("--max-macs", options->most_macs, "Largest multiplier array of --fit")->capture_default_str();
}

}  // namespace tandem::cli
