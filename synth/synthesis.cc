#include "synth/synthesis.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>

#include "support/check.h"
#include "support/environment.h"
#include "support/file.h"
#include "support/hash.h"
#include "synth/repeated.h"
#include "synth/xc7_cells.h"
#include "synth/yosys.h"

namespace tandem::synth {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

class ScratchDirectory {
 public:
  explicit ScratchDirectory(std::string path) : path_(std::move(path)) { fs::create_directories(path_); }
  ~ScratchDirectory() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

class Run {
 public:
  Run(Instance top, const SynthesisOptions& options, Yosys yosys)
      : top_(std::move(top)),
        options_(options),
        cache_(options.cache_directory.empty() ? default_synthesis_cache() : options.cache_directory),
        yosys_(std::move(yosys)) {
    flows_ = {Flow::kXc7};
    if (options.gates) flows_.push_back(Flow::kGates);
  }

  Result<Report> hierarchical() {
    TANDEM_TRY(make_cache());
    TANDEM_ASSIGN(const std::optional<Report> known, cached());
    if (known) return *known;
    TANDEM_ASSIGN(const uint64_t key, design_key());
    const ScratchDirectory scratch(fmt::format("{}/run-{}.{}", cache_, hex(key), ::getpid()));
    TANDEM_TRY(elaborate(scratch.path()));
    TANDEM_TRY(map_missing(scratch.path()));
    TANDEM_TRY(read_abstracts());
    Report report = sum(design_.tops.front());
    TANDEM_TRY(write_file(report_file(key), to_json(report).dump(1)));
    return report;
  }

  Result<std::optional<Report>> cached() const {
    TANDEM_ASSIGN(const uint64_t key, design_key());
    if (!fs::exists(report_file(key))) return std::optional<Report>();
    TANDEM_ASSIGN(const std::string text, read_text_file(report_file(key)));
    return std::optional<Report>(report_from_json(Json::parse(text)));
  }

  Result<Report> flattened() {
    TANDEM_TRY(make_cache());
    const ScratchDirectory scratch(fmt::format("{}/flat-{}.{}", cache_, top_.module, ::getpid()));
    TANDEM_ASSIGN(design_, yosys_.elaborate({top_}, {}, scratch.path() + "/design"));
    const std::string& top = design_.tops.front();
    const std::string json = scratch.path() + "/flat.json";
    TANDEM_TRY(yosys_.map_flat(Flow::kXc7, design_, json));
    TANDEM_ASSIGN(const std::string text, read_text_file(json));
    TANDEM_ASSIGN(abstracts_[top], read_module(Json::parse(text), top, {}));
    if (options_.gates) {
      TANDEM_TRY(yosys_.map_flat(Flow::kGates, design_, json));
      TANDEM_ASSIGN(const auto gates, Yosys::read_gates(json));
      abstracts_[top].own.gates = gates.at(top);
    }
    order_ = {{top, top_.module}};
    return sum(top);
  }

  Result<void> netlist(const std::string& path) {
    TANDEM_TRY(make_cache());
    const ScratchDirectory scratch(fmt::format("{}/netlist-{}.{}", cache_, top_.module, ::getpid()));
    TANDEM_ASSIGN(design_, yosys_.elaborate({top_}, {}, scratch.path() + "/design"));
    return yosys_.map_flat(Flow::kXc7, design_, path);
  }

 private:
  /// A module that was not read with the design, and the parts that say what it costs.
  struct Box {
    std::string base;
    int64_t copies = 1;
    std::vector<std::string> parts;  // elements of parts_
  };

  Result<void> make_cache() const {
    std::error_code error;
    fs::create_directories(cache_, error);
    if (!error) return {};
    return Diagnostic{{cache_},
                      fmt::format("cannot create the synthesis cache: {}", error.message()),
                      {},
                      "set TANDEM_CACHE to a directory that can be written"};
  }

  std::string report_file(uint64_t key) const { return fmt::format("{}/report-{}.json", cache_, hex(key)); }

  Result<uint64_t> design_key() const {
    uint64_t key = hash64(top_.module, yosys_.sources_key());
    for (const auto& [name, value] : top_.parameters) key = hash64(fmt::format("{}={}", name, value), key);
    for (const Flow flow : flows_) key = hash64(hex(yosys_.flow_key(flow)), key);
    for (const char* file : {"synth/synthesis.cc", "synth/repeated.cc"}) {
      TANDEM_ASSIGN(const std::string text, read_text_file(checkout_path(file)));
      key = hash64(text, key);
    }
    return key;
  }

  /// Finds the modules that the design consists of, those that stand for repeated ones, and the key of each.
  Result<void> elaborate(const std::string& directory) {
    std::vector<std::string> unread;
    for (const std::string& module : repeated_modules()) {
      if (module != top_.module) unread.push_back(module);
    }
    TANDEM_ASSIGN(design_, yosys_.elaborate({top_}, unread, directory + "/design"));
    std::map<std::string, std::map<std::string, int64_t>> boxes;
    for (const Element& element : design_.elements) {
      for (const auto& [base, parameters] : element.unread) {
        const auto [known, is_new] = boxes.emplace(base, parameters);
        TANDEM_CHECK(is_new || known->second == parameters, "two kinds of " + base);
      }
    }
    std::vector<Instance> instances;
    for (const auto& [base, parameters] : boxes) {
      const std::optional<Repeated> parts = repeated(base, parameters);
      boxes_.push_back({base, parts ? parts->copies : 1, {}});
      instances.push_back({base, parts ? parts->one : Parameters(parameters.begin(), parameters.end())});
      if (parts && parts->two) instances.push_back({base, *parts->two});
    }
    if (!instances.empty()) {
      TANDEM_ASSIGN(parts_, yosys_.elaborate(instances, {}, directory + "/parts"));
    }
    for (size_t i = 0, box = 0; i < instances.size(); ++i) {
      while (boxes_[box].base != instances[i].module) ++box;
      boxes_[box].parts.push_back(parts_.tops[i]);
    }
    for (const Element& element : parts_.elements) add_key(element);
    for (const Box& box : boxes_) {
      uint64_t key = hash64(std::to_string(box.copies));
      for (const std::string& part : box.parts) key = hash64(hex(keys_.at(part)), key);
      keys_[box.base] = key;
      order_.emplace_back(box.base, box.base);
    }
    for (const Element& element : design_.elements) {
      add_key(element);
      order_.emplace_back(element.name, element.base);
    }
    return {};
  }

  void add_key(const Element& element) {
    uint64_t key = hash64(element.base, yosys_.source_key(element.base));
    for (const auto& [name, value] : element.parameters) key = hash64(fmt::format("{}={}", name, value), key);
    for (const std::string& child : element.children) key = hash64(hex(keys_.at(child)), key);
    for (const auto& [box, parameters] : element.unread) key = hash64(hex(keys_.at(box)), key);
    keys_[element.name] = key;
  }

  std::string cache_file(Flow flow, const std::string& module) const {
    const uint64_t key = hash64(hex(keys_.at(module)), yosys_.flow_key(flow));
    return fmt::format("{}/{}-{}.json", cache_, flow == Flow::kXc7 ? "module" : "gates", hex(key));
  }

  /// Maps what no cache has: a process for each flow of the design and of the parts, as many at a time as there are
  /// cores.
  Result<void> map_missing(const std::string& directory) {
    struct Task {
      const Elaborated* design;
      Flow flow;
      std::vector<std::string> missing;
      std::string output;
      Result<void> result;
    };
    std::vector<Task> tasks;
    for (const auto& [name, design] : {std::pair{"design", &design_}, std::pair{"parts", &parts_}}) {
      for (const Flow flow : flows_) {
        Task task{
            design, flow, {}, fmt::format("{}/{}-{}.json", directory, name, flow == Flow::kXc7 ? "xc7" : "gates"), {}};
        for (const Element& element : design->elements) {
          if (!fs::exists(cache_file(flow, element.name))) task.missing.push_back(element.name);
        }
        if (!task.missing.empty()) tasks.push_back(std::move(task));
      }
    }
    std::atomic<size_t> next{0};
    const auto work = [&] {
      for (size_t i = next++; i < tasks.size(); i = next++) {
        Task& task = tasks[i];
        task.result = yosys_.map(task.flow, *task.design, task.missing, task.output);
      }
    };
    const unsigned jobs =
        options_.jobs > 0 ? static_cast<unsigned>(options_.jobs) : std::max(1u, std::thread::hardware_concurrency());
    std::vector<std::thread> workers;
    for (unsigned i = 1; i < std::min<size_t>(jobs, tasks.size()); ++i) workers.emplace_back(work);
    work();
    for (std::thread& worker : workers) worker.join();
    for (const Task& task : tasks) {
      TANDEM_TRY(task.result);
      if (task.flow == Flow::kXc7) {
        TANDEM_ASSIGN(const std::string text, read_text_file(task.output));
        netlists_[task.design] = Json::parse(text);
      } else {
        TANDEM_ASSIGN(const auto gates, Yosys::read_gates(task.output));
        for (const std::string& module : task.missing) {
          TANDEM_TRY(write_file(cache_file(Flow::kGates, module), Json(gates.at(module)).dump()));
        }
      }
    }
    return {};
  }

  /// The abstracts of all modules, children first, from the cache or from what was mapped.
  Result<void> read_abstracts() {
    for (const Element& element : parts_.elements) TANDEM_TRY(read_abstract(parts_, element.name));
    for (const Box& box : boxes_) {
      const Abstract& one = abstracts_.at(box.parts.front());
      if (box.parts.size() == 2) {
        abstracts_[box.base] = extrapolated(one, abstracts_.at(box.parts.back()), box.copies);
      } else {
        abstracts_[box.base] = box.copies == 1 ? one : widened(one, box.copies);
      }
    }
    for (const Element& element : design_.elements) TANDEM_TRY(read_abstract(design_, element.name));
    return {};
  }

  Result<void> read_abstract(const Elaborated& design, const std::string& module) {
    const std::string cached = cache_file(Flow::kXc7, module);
    if (fs::exists(cached)) {
      TANDEM_ASSIGN(const std::string text, read_text_file(cached));
      abstracts_[module] = abstract_from_json(Json::parse(text));
    } else {
      TANDEM_ASSIGN(abstracts_[module], read_module(netlists_.at(&design), module, abstracts_));
      TANDEM_TRY(write_file(cached, tandem::synth::to_json(abstracts_[module]).dump()));
    }
    if (options_.gates) {
      TANDEM_ASSIGN(const std::string text, read_text_file(cache_file(Flow::kGates, module)));
      abstracts_[module].own.gates = Json::parse(text).get<int64_t>();
    }
    return {};
  }

  Report sum(const std::string& top) const {
    Report report;
    report.top = top_.module;
    report.tool = yosys_.version();
    report.critical = abstracts_.at(top).inside;
    std::map<std::string, int64_t> instances{{top, 1}};
    std::map<std::string, ModuleReport> rows;
    // Parents come before children in the reverse of `order_`.
    for (auto module = order_.rbegin(); module != order_.rend(); ++module) {
      const auto& [name, base] = *module;
      const Abstract& abstract = abstracts_.at(name);
      const int64_t count = instances[name];
      for (const auto& [child, times] : abstract.children) instances[child] += count * times;
      ModuleReport& row = rows[base];
      row.name = base;
      row.instances += count;
      row.resources += count * abstract.own;
      row.longest.raise(abstract.inside.length);
      report.total += count * abstract.own;
    }
    for (auto& [name, row] : rows) report.modules.push_back(std::move(row));
    return report;
  }

  const Instance top_;
  const SynthesisOptions options_;
  const std::string cache_;
  const Yosys yosys_;
  std::vector<Flow> flows_;
  Elaborated design_, parts_;
  std::vector<Box> boxes_;
  std::map<std::string, uint64_t> keys_;                    // of elements and boxes
  std::vector<std::pair<std::string, std::string>> order_;  // of elements and boxes, children first: name, base
  std::map<const Elaborated*, Json> netlists_;
  std::map<std::string, Abstract> abstracts_;
};

Result<Run> run_of(const std::string& module, Parameters parameters, const SynthesisOptions& options) {
  TANDEM_ASSIGN(Yosys yosys, Yosys::find());
  return Run({module, std::move(parameters)}, options, std::move(yosys));
}

Parameters parameters_of(const isa::HwConfig& hardware) {
  Parameters parameters;
  for (const isa::RtlParameter& parameter : isa::rtl_parameters(hardware))
    parameters.emplace_back(parameter.name, parameter.value);
  return parameters;
}

Json to_json(const Resources& resources) {
  return {{"lut", resources.lut},
          {"ff", resources.ff},
          {"bram36", resources.bram36()},
          {"dsp", resources.dsp},
          {"gates", resources.gates}};
}

Resources resources_from(const Json& json) {
  return {json.at("lut"), json.at("ff"), static_cast<int64_t>(2 * json.at("bram36").get<double>()), json.at("dsp"),
          json.at("gates")};
}

}  // namespace

std::string default_synthesis_cache() {
  if (const char* cache = std::getenv("TANDEM_CACHE"); cache != nullptr && *cache != '\0') return cache;
  if (::access(checkout_path("").c_str(), W_OK) == 0) return checkout_path(".cache/synthesis");
  const char* home = std::getenv("HOME");
  return std::string(home != nullptr ? home : "/tmp") + "/.cache/tandem";
}

Result<std::string> sources_id() {
  TANDEM_ASSIGN(const Yosys yosys, Yosys::find());
  return hex(yosys.sources_key());
}

Result<Report> synthesise(const isa::HwConfig& hardware, const SynthesisOptions& options) {
  const std::vector<Diagnostic> broken = isa::check(hardware);
  if (!broken.empty()) return broken.front();
  return synthesise_module("tandem_accel", parameters_of(hardware), options);
}

Result<std::optional<Report>> cached_report(const isa::HwConfig& hardware, const SynthesisOptions& options) {
  TANDEM_ASSIGN(const Run run, run_of("tandem_accel", parameters_of(hardware), options));
  return run.cached();
}

Result<Report> synthesise_module(const std::string& module, const Parameters& parameters,
                                 const SynthesisOptions& options) {
  TANDEM_ASSIGN(Run run, run_of(module, parameters, options));
  return run.hierarchical();
}

Result<Report> synthesise_flattened(const std::string& module, const Parameters& parameters,
                                    const SynthesisOptions& options) {
  TANDEM_ASSIGN(Run run, run_of(module, parameters, options));
  return run.flattened();
}

Result<void> write_netlist(const isa::HwConfig& hardware, const std::string& path) {
  const std::vector<Diagnostic> broken = isa::check(hardware);
  if (!broken.empty()) return broken.front();
  TANDEM_ASSIGN(Run run, run_of("tandem_accel", parameters_of(hardware), {}));
  return run.netlist(path);
}

nlohmann::ordered_json to_json(const Report& report) {
  nlohmann::ordered_json json;
  json["top"] = report.top;
  json["tool"] = report.tool;
  json["method"] = timing_method();
  json["total"] = to_json(report.total);
  json["logic_depth"] = report.critical.length.levels;
  json["period_ns"] = report.critical.length.ns;
  json["clock_mhz"] = report.clock_mhz();
  json["critical"] = {{"from", report.critical.from}, {"to", report.critical.to}};
  json["modules"] = nlohmann::ordered_json::array();
  for (const ModuleReport& row : report.modules) {
    nlohmann::ordered_json module;
    module["name"] = row.name;
    module["instances"] = row.instances;
    module["resources"] = to_json(row.resources);
    module["logic_depth"] = row.longest.levels;
    module["period_ns"] = row.longest.ns;
    json["modules"].push_back(std::move(module));
  }
  return json;
}

Report report_from_json(const Json& json) {
  Report report;
  report.top = json.at("top");
  report.tool = json.at("tool");
  report.total = resources_from(json.at("total"));
  report.critical = {
      {json.at("logic_depth"), json.at("period_ns")}, json.at("critical").at("from"), json.at("critical").at("to")};
  for (const Json& module : json.at("modules")) {
    report.modules.push_back({module.at("name"),
                              module.at("instances"),
                              resources_from(module.at("resources")),
                              {module.at("logic_depth"), module.at("period_ns")}});
  }
  return report;
}

std::string to_text(const Report& report) {
  const auto line = [](const std::string& name, const std::string& instances, const Resources& r,
                       const Length& longest) {
    const std::string depth = longest.exists() ? fmt::format("{:.0f}", longest.levels) : "-";
    const std::string period = longest.exists() ? fmt::format("{:.2f}", longest.ns) : "-";
    return fmt::format("{:<20} {:>9} {:>8} {:>8} {:>8.1f} {:>6} {:>9} {:>6} {:>7}\n", name, instances, r.lut, r.ff,
                       r.bram36(), r.dsp, r.gates, depth, period);
  };
  std::string text = fmt::format("{:<20} {:>9} {:>8} {:>8} {:>8} {:>6} {:>9} {:>6} {:>7}\n", "module", "instances",
                                 "LUT", "FF", "BRAM36", "DSP", "gates", "depth", "ns");
  for (const ModuleReport& row : report.modules)
    text += line(row.name, std::to_string(row.instances), row.resources, row.longest);
  text += line("total", "", report.total, report.critical.length);
  text += fmt::format("logic depth {:.0f}, estimated clock {:.1f} MHz: from {} to {}\n", report.critical.length.levels,
                      report.clock_mhz(), report.critical.from, report.critical.to);
  text += fmt::format("by {}; clock: {}", report.tool, timing_method());
  return text;
}

}  // namespace tandem::synth
