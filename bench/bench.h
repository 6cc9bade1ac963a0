// The benches behind `tandem bench`: every figure that the project claims, what it must be, and where it came from.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "support/result.h"

namespace tandem::bench {

struct Request {
  bool quick = false;  // fewer and shorter measurements; figures of time are rougher
  uint64_t seed = 1;
};

/// A measured value. Names are stable: configs/bench/musts.yaml refers to them.
struct Figure {
  std::string name;
  double value = 0;
  std::string unit;
  std::string skipped = {};  // why it could not be measured here; empty where it was
};

/// Why figures that need this part of the shared data are skipped, or "" where it is there.
std::string without_shared_data(const std::string& relative);

/// What was measured, on what.
struct Measurement {
  std::vector<Figure> figures;
  std::string hardware;                 // name and hash of the configuration
  std::string platform;                 // name of the memory's file
  std::vector<std::string> notes = {};  // lines that belong to the figures, such as what they count
};

struct Bench {
  std::string name;
  std::string what;  // a sentence for `tandem bench --help` and docs/results.md
  Result<Measurement> (*measure)(const Request& request);
};

/// All benches, in the order of docs/results.md. To add one, write its measure function in a file of its own and list
/// it here.
const std::vector<Bench>& benches();

/// "at most" or "at least" a value.
struct Must {
  bool at_most = true;
  double value = 0;
  std::string source;  // where the bound comes from
};

struct Row {
  Figure figure;
  std::optional<Must> must;
  bool ok() const;  // the figure keeps its must; one that was skipped misses none
};

struct Report {
  std::string bench;
  std::vector<Row> rows;
  std::string revision, hardware, platform, machine;
  std::vector<std::string> notes;
  Request request;
  bool ok() const;
};

/// Runs a bench and holds its figures against the musts in `musts_path` (configs/bench/musts.yaml). A must without a
/// figure of that name is an error of that file; a quick run may leave figures out.
Result<Report> run(const Bench& bench, const Request& request, const std::string& musts_path);

/// {"bench", "rows": [{"name", "value", "unit", "must", "ok"}], "provenance": {...}}; "must" is "<= 98053", or null. A
/// row that was skipped has null as value and ok, and the reason as "skipped".
nlohmann::ordered_json to_json(const Report& report);

/// Aligned columns for a terminal.
std::string to_text(const Report& report);

/// docs/results.md: one section a bench, with the command that gives it. Benches that were not run keep the section
/// that they have in `page`.
std::string to_markdown(const std::vector<Report>& reports, const std::string& page = "");

}  // namespace tandem::bench
