#include "report/exploration_report.h"

#include <nlohmann/json.hpp>

#include "report/exploration_page.h"  // generated from exploration_page.html
#include "support/file.h"

namespace tandem::report {
namespace {

using Json = nlohmann::ordered_json;

Json to_json(const DesignPoint& point) {
  Json layers = Json::array();
  for (const LayerCycles& layer : point.layers) {
    layers.push_back({{"name", layer.name},
                      {"cycles", layer.cycles},
                      {"roofline", layer.roofline_cycles},
                      {"macs", layer.macs},
                      {"schedule", layer.schedule}});
  }
  return {{"label", point.label},         {"yaml", point.hardware_yaml}, {"cycles", point.cycles},
          {"macs", point.macs_per_cycle}, {"bits", point.buffer_bits},   {"within", point.within_area},
          {"front", point.on_front},      {"default", point.is_default}, {"winner", point.is_winner},
          {"layers", std::move(layers)}};
}

Json to_json(const ExplorationReport& report) {
  Json points = Json::array();
  for (const DesignPoint& point : report.points) points.push_back(to_json(point));
  Json provenance = Json::array();
  for (const auto& [key, value] : report.provenance) provenance.push_back({key, value});
  return {{"title", report.title},
          {"measured_on", report.measured_on},
          {"max_macs", report.max_macs_per_cycle},
          {"max_bits", report.max_buffer_bits},
          {"trials", report.trials},
          {"failed", report.failed_trials},
          {"gains",
           {{"untuned", report.gains.untuned},
            {"schedules_only", report.gains.schedules_only},
            {"hardware_only", report.gains.hardware_only},
            {"both", report.gains.both}}},
          {"points", std::move(points)},
          {"provenance", std::move(provenance)}};
}

/// JSON that may stand inside <script>: no "</script>" and no "<!--" can appear in it.
std::string for_script(const Json& json) {
  std::string text;
  for (const char c : json.dump(-1, ' ', true, Json::error_handler_t::replace)) {
    if (c == '<') {
      text += "\\u003c";
    } else {
      text += c;
    }
  }
  return text;
}

}  // namespace

Result<void> write_exploration(const std::string& path, const ExplorationReport& report) {
  const std::string marker = "\"DATA\"";
  std::string page = kExplorationPage;
  const size_t at = page.find(marker);
  TANDEM_CHECK(at != std::string::npos, "exploration_page.html has lost its \"DATA\"");
  page.replace(at, marker.size(), for_script(to_json(report)));
  return write_file(path, page);
}

}  // namespace tandem::report
