#include "cli/exploration_summary.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/cli.h"
#include "report/exploration_report.h"
#include "support/environment.h"
#include "support/hash.h"
#include "support/text.h"

namespace tandem::cli {
namespace {

using Json = nlohmann::ordered_json;

/// Cycles of the network, summed over its layers as they were measured.
struct Totals {
  uint64_t untuned, schedules_only, hardware_only, both;
};

Totals totals(const tuner::Exploration& found) {
  return {*found.designs[0].untuned_cycles, *found.designs[0].cycles, *found.designs[found.best_untuned].untuned_cycles,
          *found.designs[found.best].cycles};
}

double ratio(uint64_t before, uint64_t after) { return static_cast<double>(before) / static_cast<double>(after); }

std::string front_row(const tuner::Exploration& found, size_t index) {
  const tuner::Design& design = found.designs[index];
  const tuner::Size size = tuner::size_of(design.hardware);
  return fmt::format("  {:<22} {:>12} {:>14} {:>7} {:>12}{}{}", design.hardware.name, grouped(*design.cycles),
                     design.untuned_cycles ? grouped(*design.untuned_cycles) : "-", size.macs,
                     grouped(static_cast<uint64_t>(size.buffer_bits)), index == 0 ? "  default" : "",
                     index == found.best ? "  winner" : "");
}

}  // namespace

void print_text(const ExplorationSummary& summary) {
  const tuner::Exploration& found = summary.found;
  const tuner::Design& best = found.designs[found.best];
  const Totals t = totals(found);
  const int64_t samples = summary.spec.options.samples;
  print(fmt::format(
      "Pareto front: cycles for {} samples (tuned, default schedules) against MACs per cycle and buffer bits",
      samples));
  print(fmt::format("  {:<22} {:>12} {:>14} {:>7} {:>12}", "accelerator", "cycles", "untuned", "MACs", "buffer bits"));
  std::vector<size_t> front;
  for (size_t i = 0; i < found.designs.size(); ++i) {
    if (found.designs[i].on_front || (i == 0 && found.designs[i].cycles)) front.push_back(i);
  }
  std::sort(front.begin(), front.end(),
            [&](size_t a, size_t b) { return *found.designs[a].cycles < *found.designs[b].cycles; });
  for (size_t i : front) print(front_row(found, i));
  for (const tuner::Design& design : found.designs) {
    if (!design.failure.empty()) print(fmt::format("  {} failed: {}", design.hardware.name, design.failure));
  }
  print("");
  print(fmt::format("{:<40} sum of layers, {:<7} end to end, rtl", fmt::format("Cycles for {} samples", samples),
                    summary.spec.measure_on));
  const std::pair<const char*, uint64_t> rows[] = {{"default hardware, default schedules", t.untuned},
                                                   {"schedules alone", t.schedules_only},
                                                   {"hardware alone", t.hardware_only},
                                                   {"both", t.both}};
  for (size_t i = 0; i < 4; ++i) {
    const EndToEnd& run = summary.proof[i];
    print(fmt::format("  {:<38} {:>9} {:>5.2f}x {:>9} {:>5.2f}x  {}", rows[i].first, grouped(rows[i].second),
                      ratio(t.untuned, rows[i].second), grouped(run.cycles), ratio(summary.proof[0].cycles, run.cycles),
                      run.exact ? "bit-exact" : "WRONG OUTPUTS"));
  }
  const tuner::Size size = tuner::size_of(best.hardware), budget = summary.spec.hardware.limits().budget;
  print(fmt::format(
      "  against the default's tuned schedules, both gain {:.2f}x ({:.2f}x end to end) with {} of {} MACs and {} "
      "of {} buffer bits",
      ratio(t.schedules_only, t.both), ratio(summary.proof[1].cycles, summary.proof[3].cycles), size.macs, budget.macs,
      grouped(static_cast<uint64_t>(size.buffer_bits)), grouped(static_cast<uint64_t>(budget.buffer_bits))));
  const EndToEnd& more = summary.proof.back();
  print(fmt::format("  the winner on {} samples end to end: {} cycles, {}; the host packs and unpacks {} bytes",
                    more.samples, grouped(more.cycles), more.exact ? "every output bit right" : "WRONG OUTPUTS",
                    grouped(static_cast<uint64_t>(more.host_bytes))));
  print("");
  const std::string resumed =
      summary.resumed_trials > 0 ? fmt::format(", {} of them of the run that was resumed", summary.resumed_trials) : "";
  print(fmt::format("{} trials{}, {} failed{}", found.trials, resumed, found.failed_trials,
                    found.first_failure.empty() ? "" : "; the first: " + found.first_failure));
  std::string times;
  for (const auto& [name, seconds] : summary.times) {
    times += fmt::format("{}{} {:.1f} s", times.empty() ? "" : ", ", name, seconds);
  }
  print("times: " + times);
  print(
      fmt::format("{0}/winner.yaml, {0}/schedules.json   the hardware and its schedules: tandem run {1} --hw "
                  "{0}/winner.yaml --knobs "
                  "{0}/schedules.json --on rtl --input {2}",
                  summary.folder, summary.spec.model, summary.spec.input));
  print(fmt::format("{0}/winner        both, compiled: tandem run {0}/winner --on rtl --input {1}", summary.folder,
                    summary.spec.input));
  print(fmt::format("{}/report.html   the report", summary.folder));
}

Json to_json(const ExplorationSummary& summary) {
  const tuner::Exploration& found = summary.found;
  const Totals t = totals(found);
  Json json = {{"name", summary.spec.name},
               {"folder", summary.folder},
               {"seed", summary.spec.options.seed},
               {"samples", summary.spec.options.samples},
               {"measured_on", summary.spec.measure_on},
               {"platform", summary.spec.options.platform.name},
               {"revision", revision()},
               {"trials", found.trials},
               {"failed_trials", found.failed_trials},
               {"resumed_trials", summary.resumed_trials},
               {"budget",
                {{"macs", summary.spec.hardware.limits().budget.macs},
                 {"buffer_bits", summary.spec.hardware.limits().budget.buffer_bits}}},
               {"gains",
                {{"untuned_cycles", t.untuned},
                 {"schedules_only_cycles", t.schedules_only},
                 {"hardware_only_cycles", t.hardware_only},
                 {"both_cycles", t.both},
                 {"both_over_schedules_only", ratio(t.schedules_only, t.both)}}},
               {"winner", found.designs[found.best].hardware.name},
               {"designs", Json::array()},
               {"end_to_end", Json::array()},
               {"seconds", Json::object()}};
  for (const tuner::Design& design : found.designs) {
    const tuner::Size size = tuner::size_of(design.hardware);
    Json entry = {{"name", design.hardware.name},
                  {"hardware", isa::to_yaml(design.hardware)},
                  {"hash", hex(isa::hash(design.hardware))},
                  {"macs", size.macs},
                  {"buffer_bits", size.buffer_bits},
                  {"cycles", design.cycles ? Json(*design.cycles) : Json()},
                  {"untuned_cycles", design.untuned_cycles ? Json(*design.untuned_cycles) : Json()},
                  {"on_front", design.on_front},
                  {"trials", design.trials},
                  {"failure", design.failure},
                  {"layers", Json::array()}};
    for (size_t i = 0; i < summary.layers.size(); ++i) {
      const tuner::LayerOutcome& outcome = design.best[i];
      entry["layers"].push_back(
          {{"name", summary.layers[i].name},
           {"count", summary.layers[i].count},
           {"cycles", outcome.cycles ? Json(*outcome.cycles) : Json()},
           {"roofline_cycles", summary.templates.roofline_cycles(summary.layers[i], design.hardware)},
           {"knobs", outcome.knobs}});
    }
    json["designs"].push_back(std::move(entry));
  }
  for (const EndToEnd& run : summary.proof) {
    json["end_to_end"].push_back({{"what", run.what},
                                  {"hardware", run.hardware},
                                  {"samples", run.samples},
                                  {"cycles", run.cycles},
                                  {"host_bytes", run.host_bytes},
                                  {"exact", run.exact}});
  }
  for (auto [name, seconds] : summary.times) {
    std::replace(name.begin(), name.end(), ' ', '_');
    json["seconds"][name] = seconds;
  }
  return json;
}

Result<void> write_report(const ExplorationSummary& summary) {
  const tuner::Exploration& found = summary.found;
  const tuner::Size budget = summary.spec.hardware.limits().budget;
  report::ExplorationReport page;
  page.title =
      fmt::format("{}: {} samples on up to {} MACs", summary.spec.name, summary.spec.options.samples, budget.macs);
  page.measured_on = summary.spec.measure_on;
  page.max_macs_per_cycle = budget.macs;
  page.max_buffer_bits = budget.buffer_bits;
  page.trials = found.trials;
  page.failed_trials = found.failed_trials;
  const auto end_to_end = [&](size_t i) { return static_cast<int64_t>(summary.proof[i].cycles); };
  page.gains = {end_to_end(0), end_to_end(1), end_to_end(2), end_to_end(3)};
  for (size_t i = 0; i < found.designs.size(); ++i) {
    const tuner::Design& design = found.designs[i];
    if (!design.cycles) continue;
    const tuner::Size size = tuner::size_of(design.hardware);
    report::DesignPoint point;
    point.label = design.hardware.name;
    point.hardware_yaml = isa::to_yaml(design.hardware);
    point.cycles = static_cast<int64_t>(*design.cycles);
    point.macs_per_cycle = size.macs;
    point.buffer_bits = size.buffer_bits;
    point.within_area = tuner::within(size, budget);
    point.on_front = design.on_front;
    point.is_default = i == 0;
    point.is_winner = i == found.best;
    for (size_t l = 0; l < summary.layers.size(); ++l) {
      const tuner::Layer& layer = summary.layers[l];
      // Per run of the network: each occurrence, as many samples as the accelerator has batch rows.
      point.layers.push_back({layer.name, layer.count * static_cast<int64_t>(*design.best[l].cycles),
                              layer.count * summary.templates.roofline_cycles(layer, design.hardware),
                              layer.count * ops::macs(summary.templates.operator_on(layer, design.hardware)),
                              tuner::to_string(design.best[l].knobs)});
    }
    page.points.push_back(std::move(point));
  }
  page.provenance = {{"revision", revision()},
                     {"machine", machine()},
                     {"seed", std::to_string(summary.spec.options.seed)},
                     {"platform", summary.spec.options.platform.name},
                     {"model", summary.spec.model}};
  for (const EndToEnd& run : summary.proof) {
    page.provenance.emplace_back("end to end, " + run.what,
                                 fmt::format("{} cycles for {} samples on '{}', {}", grouped(run.cycles), run.samples,
                                             run.hardware, run.exact ? "bit-exact" : "WRONG OUTPUTS"));
  }
  return report::write_exploration(summary.folder + "/report.html", page);
}

}  // namespace tandem::cli
