#include "bench/bench.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "support/environment.h"
#include "support/text.h"
#include "support/yaml.h"

namespace tandem::bench {
namespace {

/// Whole numbers as they are, others with four digits.
std::string format_value(double value) {
  return value == std::floor(value) ? fmt::format("{:.0f}", value) : fmt::format("{:.4g}", value);
}

/// "98053" as "98,053"; numbers that are not whole stay as they are.
std::string with_commas(double value) {
  return value >= 0 && value == std::floor(value) ? grouped(static_cast<uint64_t>(value)) : format_value(value);
}

std::string describe(const std::optional<Must>& must) {
  if (!must) return "";
  return fmt::format("{} {}", must->at_most ? "<=" : ">=", with_commas(must->value));
}

Result<Must> parse_must(const YamlNode& node) {
  TANDEM_TRY(node.only_keys({"at_most", "at_least", "source"}));
  if (node.has("at_most") == node.has("at_least")) {
    return Diagnostic{node.where(), "a must has one of 'at_most' and 'at_least'", {}, ""};
  }
  Must must;
  must.at_most = node.has("at_most");
  TANDEM_ASSIGN(const YamlNode bound, node.at(must.at_most ? "at_most" : "at_least"));
  TANDEM_ASSIGN(must.value, bound.number());
  TANDEM_ASSIGN(const YamlNode source, node.at("source"));
  TANDEM_ASSIGN(must.source, source.text());
  return must;
}

/// Gives every row its must.
Result<void> apply_musts(const std::string& path, Report& report) {
  TANDEM_ASSIGN(const YamlNode root, YamlNode::load(path));
  std::vector<std::string> names;
  for (const Bench& bench : benches()) names.push_back(bench.name);
  TANDEM_TRY(root.only_keys(names));
  if (!root.has(report.bench)) return {};
  TANDEM_ASSIGN(const YamlNode section, root.at(report.bench));
  std::vector<std::string> figures;
  for (const Row& row : report.rows) figures.push_back(row.figure.name);
  if (!report.request.quick) TANDEM_TRY(section.only_keys(figures));
  for (Row& row : report.rows) {
    if (!section.has(row.figure.name)) continue;
    TANDEM_ASSIGN(const YamlNode node, section.at(row.figure.name));
    TANDEM_ASSIGN(row.must, parse_must(node));
  }
  return {};
}

std::string shown_value(const Row& row) { return row.figure.skipped.empty() ? with_commas(row.figure.value) : "-"; }

/// What is said of a row that has a must or was skipped.
std::string verdict(const Row& row) {
  if (!row.figure.skipped.empty()) return "skipped: " + row.figure.skipped;
  if (!row.must) return "";
  return row.ok() ? "ok" : "MISSED";
}

}  // namespace

std::string without_shared_data(const std::string& relative) {
  const std::string path = shared_data_path(relative);
  if (std::filesystem::exists(path)) return "";
  return fmt::format("the shared {} are not there (set TANDEM_DATA to the folder that holds them)", relative);
}

bool Row::ok() const {
  if (!must || !figure.skipped.empty()) return true;
  return must->at_most ? figure.value <= must->value : figure.value >= must->value;
}

bool Report::ok() const {
  return std::all_of(rows.begin(), rows.end(), [](const Row& row) { return row.ok(); });
}

Result<Report> run(const Bench& bench, const Request& request, const std::string& musts_path) {
  TANDEM_ASSIGN(Measurement measured, bench.measure(request));
  Report report;
  report.bench = bench.name;
  for (Figure& figure : measured.figures) report.rows.push_back({std::move(figure), std::nullopt});
  report.revision = revision();
  report.hardware = std::move(measured.hardware);
  report.platform = std::move(measured.platform);
  report.notes = std::move(measured.notes);
  report.machine = machine();
  report.request = request;
  TANDEM_TRY(apply_musts(musts_path, report));
  return report;
}

nlohmann::ordered_json to_json(const Report& report) {
  using Json = nlohmann::ordered_json;
  Json rows = Json::array();
  for (const Row& row : report.rows) {
    rows.push_back({{"name", row.figure.name},
                    {"value", row.figure.value},
                    {"unit", row.figure.unit},
                    {"must", nullptr},
                    {"ok", row.ok()}});
    if (!row.figure.skipped.empty()) {
      rows.back()["value"] = rows.back()["ok"] = nullptr;
      rows.back()["skipped"] = row.figure.skipped;
    }
    if (row.must) {
      rows.back()["must"] = fmt::format("{} {}", row.must->at_most ? "<=" : ">=", format_value(row.must->value));
    }
  }
  return {{"bench", report.bench},
          {"rows", std::move(rows)},
          {"provenance",
           {{"revision", report.revision},
            {"hardware", report.hardware},
            {"platform", report.platform},
            {"seed", report.request.seed},
            {"machine", report.machine}}}};
}

std::string to_text(const Report& report) {
  size_t width = 0, unit_width = 0;
  for (const Row& row : report.rows) {
    width = std::max(width, row.figure.name.size());
    unit_width = std::max(unit_width, row.figure.unit.size());
  }
  std::string text = fmt::format("bench {}\n", report.bench);
  for (const Row& row : report.rows) {
    std::string line = fmt::format("  {:<{}}  {:>12} {:<{}} {:<14}  {}", row.figure.name, width, shown_value(row),
                                   row.figure.unit, unit_width, describe(row.must), verdict(row));
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  for (const std::string& note : report.notes) text += "  " + note + "\n";
  return text + fmt::format("revision {}, hardware {}, platform {}, seed {}, {}", report.revision, report.hardware,
                            report.platform, report.request.seed, report.machine);
}

namespace {

/// The section of one bench.
std::string section(const Report& report) {
  const auto bench = std::find_if(benches().begin(), benches().end(),
                                  [&](const Bench& candidate) { return candidate.name == report.bench; });
  std::string text = fmt::format("## {}\n\n{}\n\n    ./tandem bench {} --seed {}{}\n\n", report.bench,
                                 bench == benches().end() ? "" : bench->what, report.bench, report.request.seed,
                                 report.request.quick ? " --quick" : "");
  text += "| figure | value | unit | must | |\n|---|---:|---|---|---|\n";
  for (const Row& row : report.rows) {
    const std::string said = verdict(row);
    text += fmt::format("| {} | {} | {} | {} | {} |\n", row.figure.name, shown_value(row), row.figure.unit,
                        row.must ? describe(row.must) + ": " + row.must->source : "",
                        said == "MISSED" ? "**missed**" : said);
  }
  for (const std::string& note : report.notes) text += (&note == &report.notes.front() ? "\n- " : "- ") + note + "\n";
  return text + fmt::format("\nRevision {}, hardware {}, platform {}, {}.\n", report.revision, report.hardware,
                            report.platform, report.machine);
}

/// A page's sections by their titles.
std::map<std::string, std::string> sections(const std::string& page) {
  std::map<std::string, std::string> found;
  const std::string mark = "\n## ";
  for (size_t begin = page.find(mark); begin != std::string::npos;) {
    const size_t end = page.find(mark, begin + 1);
    const std::string text = page.substr(begin + 1, end == std::string::npos ? end : end - begin - 1);
    found[text.substr(3, text.find('\n') - 3)] = text;
    begin = end;
  }
  return found;
}

}  // namespace

std::string to_markdown(const std::vector<Report>& reports, const std::string& page) {
  std::string text =
      "# Results\n\n"
      "Every figure that the project claims, with the command that gives it. `./tandem bench NAME --write` writes a "
      "section of this\npage, `./tandem bench --all --write` all of them; what a figure must be stands in "
      "`configs/bench/musts.yaml`, with its source.\n";
  std::map<std::string, std::string> parts = sections(page);
  std::vector<std::string> order;
  for (const Bench& bench : benches()) order.push_back(bench.name);
  for (const Report& report : reports) {
    parts[report.bench] = section(report);
    if (std::find(order.begin(), order.end(), report.bench) == order.end()) order.push_back(report.bench);
  }
  for (const std::string& name : order) {
    if (parts.count(name) != 0) text += "\n" + parts.at(name);
  }
  return text;
}

}  // namespace tandem::bench
