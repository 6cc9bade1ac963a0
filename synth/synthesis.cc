#include "synth/synthesis.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "support/environment.h"
#include "support/file.h"
#include "support/hash.h"
#include "support/process.h"
#include "synth/xc7_cells.h"

namespace tandem::synth {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

// The two flows, from elaborated modules on. Borders of modules stay, so that each can be synthesised alone.
std::string map_to_xc7() {
  const std::string synth = "synth_xilinx -family xc7 -noiopad -noclkbuf -run ";
  return synth + "begin:map_dsp\ntechmap -map " + checkout_path("synth/split_registers.v") + "\nwreduce\nopt_clean\n" +
         synth + "map_dsp:check\nopt_merge\nopt_clean\n";
}
constexpr char kMapToGates[] =
    "synth -run begin:fine\nmemory -nomap\nopt_clean\nopt -fast -full\ntechmap\nopt -fast\nabc -fast -g gates\n"
    "opt -fast\n";

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

/// "stream_fifo" of "$paramod$9d76...\stream_fifo" and of "$paramod\stream_fifo\Width=...".
std::string base_name(const std::string& module) {
  const std::string simple = "$paramod\\";
  if (module.compare(0, simple.size(), simple) == 0) {
    return module.substr(simple.size(), module.find('\\', simple.size()) - simple.size());
  }
  return module.substr(module.rfind('\\') + 1);
}

/// A pattern for Yosys's `select` that matches the name and needs no escapes.
std::string pattern(std::string module) {
  std::replace(module.begin(), module.end(), '\\', '?');
  return module;
}

/// The modules of a `stat -json` (whose document as a whole is no JSON in Yosys 0.23).
Result<Json> modules_of_stat(const std::string& path) {
  TANDEM_ASSIGN(const std::string text, read_text_file(path));
  const size_t begin = text.find('{', text.find("\"modules\""));
  size_t end = begin;
  for (int depth = 0; end < text.size(); ++end) {
    if (text[end] == '{') ++depth;
    if (text[end] == '}' && --depth == 0) break;
  }
  Json json = Json::parse(text.substr(begin, end - begin + 1), nullptr, false);
  if (json.is_discarded())
    return Diagnostic{{path}, "cannot read Yosys's statistics", {}, "Yosys 0.23 is known to work"};
  return json;
}

std::vector<std::string> verilog_sources() {
  std::vector<std::string> sources;
  for (const auto& entry : fs::directory_iterator(checkout_path("hw"))) {
    if (entry.path().extension() == ".sv") sources.push_back(entry.path());
  }
  std::sort(sources.begin(), sources.end());
  return sources;
}

/// A module that is synthesised with few lanes and counted `copies` times.
struct Narrowed {
  Parameters parameters;
  int64_t copies = 1;
};

class Run {
 public:
  Run(std::string module, Parameters parameters, const SynthesisOptions& options,
      std::map<std::string, Narrowed> narrowed = {})
      : module_(std::move(module)),
        parameters_(std::move(parameters)),
        options_(options),
        narrowed_(std::move(narrowed)),
        gates_(options.gates),
        cache_(options.cache_directory.empty() ? default_synthesis_cache() : options.cache_directory) {}

  Result<Report> hierarchical() {
    TANDEM_TRY(prepare());
    const std::string cached = fmt::format("{}/report-{}.json", cache_, hex(design_key()));
    if (fs::exists(cached)) {
      TANDEM_ASSIGN(const std::string text, read_text_file(cached));
      return report_from_json(Json::parse(text));
    }
    const ScratchDirectory scratch(fmt::format("{}/run-{}.{}", cache_, hex(design_key()), ::getpid()));
    TANDEM_TRY(elaborate(scratch.path()));
    TANDEM_TRY(map_missing(scratch.path()));
    Report report = sum();
    TANDEM_TRY(write_file(cached, to_json(report).dump(1)));
    return report;
  }

  Result<Report> flattened() {
    TANDEM_TRY(prepare());
    const ScratchDirectory scratch(fmt::format("{}/flat-{}.{}", cache_, hex(design_key()), ::getpid()));
    TANDEM_TRY(elaborate(scratch.path()));
    const std::string json = scratch.path() + "/flat.json";
    TANDEM_TRY(yosys(scratch.path(), "flat", read_script() + map_to_xc7() + "flatten\njson -o " + json + "\n"));
    TANDEM_ASSIGN(const std::string text, read_text_file(json));
    TANDEM_ASSIGN(Abstract abstract, read_module(Json::parse(text), top_, {}));
    if (gates_) {
      const std::string stat = scratch.path() + "/gates.json";
      TANDEM_TRY(
          yosys(scratch.path(), "gates", read_script() + kMapToGates + "flatten\ntee -q -o " + stat + " stat -json\n"));
      TANDEM_ASSIGN(const Json modules, modules_of_stat(stat));
      abstract.own.gates = gates_of(modules.at(top_.front() == '$' ? top_ : "\\" + top_));
    }
    abstracts_ = {{top_, std::move(abstract)}};
    return sum();
  }

  Result<void> netlist(const std::string& path) {
    TANDEM_TRY(prepare());
    const ScratchDirectory scratch(fmt::format("{}/netlist-{}.{}", cache_, hex(design_key()), ::getpid()));
    return yosys(scratch.path(), "netlist",
                 read_script() + map_to_xc7() +
                     fmt::format("flatten\nopt_clean\nrename -top {}\nwrite_verilog -noattr {}\n", module_, path));
  }

 private:
  Result<void> prepare() {
    if (find_program("yosys").empty()) {
      return Diagnostic{{},
                        "'yosys' is not installed; without it nothing can be synthesised",
                        {},
                        "./tandem doctor names what is missing and how to install it"};
    }
    TANDEM_ASSIGN(const ProcessResult version, run_process({"yosys", "-V"}));
    tool_ = version.output.substr(0, version.output.find(" ("));
    std::error_code error;
    fs::create_directories(cache_, error);
    if (error) {
      return Diagnostic{{cache_},
                        fmt::format("cannot create the synthesis cache: {}", error.message()),
                        {},
                        "set TANDEM_CACHE to a directory that can be written"};
    }
    // Whatever turns Verilog into figures, and what every module includes.
    common_key_ = hash64(tool_ + (gates_ ? kMapToGates : ""));
    std::vector<std::string> common = {checkout_path("synth/netlist.cc"), checkout_path("synth/xc7_cells.cc"),
                                       checkout_path("synth/synthesis.cc"), checkout_path("synth/split_registers.v")};
    for (const char* file : {"isa.svh", "alu_lane.svh"})
      common.push_back(fmt::format("{}/{}", TANDEM_GENERATED_ISA, file));
    for (const auto& entry : fs::directory_iterator(checkout_path("hw"))) {
      if (entry.path().extension() == ".svh") common.push_back(entry.path());
    }
    std::sort(common.begin(), common.end());
    for (const std::string& path : common) {
      TANDEM_ASSIGN(const std::string text, read_text_file(path));
      common_key_ = hash64(text, common_key_);
    }
    for (const std::string& path : verilog_sources()) {
      TANDEM_ASSIGN(const std::string text, read_text_file(path));
      source_keys_[fs::path(path).stem()] = hash64(text);
    }
    return {};
  }

  uint64_t design_key() const {
    uint64_t key = hash64(module_, common_key_);
    for (const auto& [file, source] : source_keys_) key = hash64(file + hex(source), key);
    for (const auto& [name, value] : parameters_) key = hash64(fmt::format("{}={}", name, value), key);
    return key;
  }

  std::string read_script() const { return tandem::synth::read_script(module_, parameters_); }

  Result<void> yosys(const std::string& directory, const std::string& step, const std::string& script) const {
    const std::string path = fmt::format("{}/{}.ys", directory, step);
    TANDEM_TRY(write_file(path, script));
    TANDEM_ASSIGN(const ProcessResult result, run_process({"yosys", "-q", path}));
    if (result.exit_code == 0) return {};
    const std::string log = fmt::format("{}/{}.log", cache_, hex(design_key()));
    TANDEM_TRY(write_file(log, script + result.output + result.errors));
    const std::string& text = result.errors;
    const size_t error = std::min(text.find("ERROR"), text.size());
    return Diagnostic{{log},
                      fmt::format("Yosys failed on '{}': {}", module_,
                                  error == text.size() ? fmt::format("exit {}", result.exit_code)
                                                       : text.substr(error, text.find('\n', error) - error)),
                      {},
                      "the log has the script and its whole output"};
  }

  /// Finds the modules that the design consists of, and the key of each.
  Result<void> elaborate(const std::string& directory) {
    const std::string path = directory + "/modules.json";
    TANDEM_TRY(yosys(directory, "elaborate", read_script() + "tee -q -o " + path + " stat -json\n"));
    TANDEM_ASSIGN(const Json modules, modules_of_stat(path));
    const auto plain = [](const std::string& name) { return name.front() == '\\' ? name.substr(1) : name; };
    for (const auto& [name, statistics] : modules.items()) children_[plain(name)];
    for (const auto& [name, statistics] : modules.items()) {
      for (const auto& [type, count] : statistics.at("num_cells_by_type").items()) {
        if (children_.count(plain(type)) != 0) children_[plain(name)].push_back(plain(type));
      }
    }
    std::set<std::string> below;
    for (const auto& [name, children] : children_) below.insert(children.begin(), children.end());
    for (const auto& [name, children] : children_) {
      if (below.count(name) == 0) top_ = name;
    }
    visit(top_);
    return {};
  }

  /// Children first: gives each module its key and its place in `order_`.
  uint64_t visit(const std::string& module) {
    if (const auto known = keys_.find(module); known != keys_.end()) return known->second;
    const std::string base = base_name(module);
    uint64_t key = hash64(module + hex(source_keys_.at(base)), common_key_);
    if (module == top_) {  // whose name need not tell its parameters
      for (const auto& [name, value] : parameters_) key = hash64(fmt::format("{}={}", name, value), key);
    }
    for (const std::string& child : children_.at(module)) key = hash64(hex(visit(child)), key);
    order_.push_back(module);
    return keys_[module] = key;
  }

  std::string cache_file(const std::string& module) const {
    return fmt::format("{}/module-{}.json", cache_, hex(keys_.at(module)));
  }

  /// Where `module` is one of the narrowed, finds its abstract by synthesis of the narrow one.
  Result<void> widen(const std::string& module) {
    const auto found = narrowed_.find(base_name(module));
    if (found == narrowed_.end()) return {};
    Run narrow(found->first, found->second.parameters, options_);
    TANDEM_TRY(narrow.hierarchical());
    if (narrow.abstracts_.empty()) {  // the report was cached
      const ScratchDirectory scratch(fmt::format("{}/run-{}.{}", cache_, hex(narrow.design_key()), ::getpid()));
      TANDEM_TRY(narrow.elaborate(scratch.path()));
      TANDEM_TRY(narrow.map_missing(scratch.path()));
    }
    abstracts_[module] = widened(narrow.abstracts_.at(narrow.top_), found->second.copies);
    return {};
  }

  Result<void> map_missing(const std::string& directory) {
    std::string others;
    bool missing = false;
    for (const std::string& module : order_) {
      TANDEM_TRY(widen(module));
      if (fs::exists(cache_file(module)) || abstracts_.count(module) != 0) {
        others += " " + pattern(module);
      } else {
        missing = true;
      }
    }
    Json netlist, statistics;
    if (missing) {
      const std::string begin = read_script() + (others.empty() ? "" : "blackbox" + others + "\n");
      const std::string json = directory + "/xc7.json";
      const std::string stat = directory + "/gates.json";
      Result<void> gates;
      std::thread beside([&] {
        if (gates_) gates = yosys(directory, "gates", begin + kMapToGates + "tee -q -o " + stat + " stat -json\n");
      });
      const Result<void> xc7 = yosys(directory, "xc7", begin + map_to_xc7() + "json -o " + json + "\n");
      beside.join();
      TANDEM_TRY(xc7);
      TANDEM_TRY(gates);
      TANDEM_ASSIGN(const std::string text, read_text_file(json));
      netlist = Json::parse(text);
      if (gates_) {
        TANDEM_ASSIGN(statistics, modules_of_stat(stat));
      }
    }
    for (const std::string& module : order_) {
      if (abstracts_.count(module) != 0) continue;
      if (fs::exists(cache_file(module))) {
        TANDEM_ASSIGN(const std::string text, read_text_file(cache_file(module)));
        abstracts_[module] = abstract_from_json(Json::parse(text));
        continue;
      }
      TANDEM_ASSIGN(Abstract abstract, read_module(netlist, module, abstracts_));
      if (gates_) abstract.own.gates = gates_of(statistics.at(module.front() == '$' ? module : "\\" + module));
      TANDEM_TRY(write_file(cache_file(module), tandem::synth::to_json(abstract).dump()));
      abstracts_[module] = std::move(abstract);
    }
    return {};
  }

  /// Cells of a `stat -json` that are gates: "$_AND_", but neither "$_DFF_P_" nor what is no gate.
  static int64_t gates_of(const Json& statistics) {
    int64_t gates = 0;
    for (const auto& [type, count] : statistics.at("num_cells_by_type").items()) {
      if (type.compare(0, 2, "$_") == 0 && type.find("DFF") == std::string::npos) gates += count.get<int64_t>();
    }
    return gates;
  }

  Report sum() const {
    Report report;
    report.top = module_;
    report.tool = tool_;
    report.critical = abstracts_.at(top_).inside;
    std::map<std::string, int64_t> instances{{top_, 1}};
    std::map<std::string, ModuleReport> rows;
    // Parents come before children in the reverse of `order_`; a flattened design has only its top.
    std::vector<std::string> order(order_.rbegin(), order_.rend());
    for (const std::string& module : order) {
      const auto found = abstracts_.find(module);
      if (found == abstracts_.end()) continue;
      const int64_t count = instances[module];
      for (const auto& [child, times] : found->second.children) instances[child] += count * times;
      ModuleReport& row = rows[base_name(module)];
      row.name = base_name(module);
      row.instances += count;
      row.resources += count * found->second.own;
      row.longest.raise(found->second.inside.length);
      report.total += count * found->second.own;
    }
    for (auto& [name, row] : rows) report.modules.push_back(std::move(row));
    return report;
  }

  const std::string module_;
  const Parameters parameters_;
  const SynthesisOptions options_;
  const std::map<std::string, Narrowed> narrowed_;
  const bool gates_;
  const std::string cache_;
  std::string tool_;
  uint64_t common_key_ = 0;
  std::map<std::string, uint64_t> source_keys_;               // "stream_fifo" -> its file's hash
  std::map<std::string, std::vector<std::string>> children_;  // each once
  std::map<std::string, uint64_t> keys_;
  std::vector<std::string> order_;  // children before parents
  std::string top_;                 // as Yosys names it
  std::map<std::string, Abstract> abstracts_;
};

Parameters parameters_of(const isa::HwConfig& hardware) {
  Parameters parameters;
  for (const isa::RtlParameter& parameter : isa::rtl_parameters(hardware))
    parameters.emplace_back(parameter.name, parameter.value);
  return parameters;
}

// The multiplier array is most of a large design, and its columns are alike.
constexpr int64_t kNarrowColumns = 4;

/// The accelerator's multiplier array with as few lanes as it can have, of those `parameters` that it knows.
Result<std::map<std::string, Narrowed>> narrowed(const isa::HwConfig& hardware, const Parameters& parameters) {
  Narrowed array{{}, hardware.batch * hardware.block_out / kNarrowColumns};
  TANDEM_ASSIGN(const std::string source, read_text_file(checkout_path("hw/gemm_core.sv")));
  for (const auto& [name, value] : parameters) {
    if (source.find("parameter int " + name + " ") == std::string::npos) continue;
    array.parameters.emplace_back(name, name == "Batch" ? 1 : name == "BlockOut" ? kNarrowColumns : value);
  }
  return std::map<std::string, Narrowed>{{"gemm_core", std::move(array)}};
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

std::string read_script(const std::string& module, const Parameters& parameters) {
  std::string script = fmt::format("read_verilog -sv -I{} -I{}", TANDEM_GENERATED_ISA, checkout_path("hw"));
  for (const std::string& source : verilog_sources()) script += " " + source;
  script += "\n";
  if (!parameters.empty()) {
    script += "chparam";
    for (const auto& [name, value] : parameters) script += fmt::format(" -set {} {}", name, value);
    script += " " + module + "\n";
  }
  return script + "hierarchy -check -top " + module + "\n";
}

std::string default_synthesis_cache() {
  if (const char* cache = std::getenv("TANDEM_CACHE"); cache != nullptr && *cache != '\0') return cache;
  if (::access(checkout_path("").c_str(), W_OK) == 0) return checkout_path(".cache/synthesis");
  const char* home = std::getenv("HOME");
  return std::string(home != nullptr ? home : "/tmp") + "/.cache/tandem";
}

Result<Report> synthesise(const isa::HwConfig& hardware, const SynthesisOptions& options) {
  const std::vector<Diagnostic> broken = isa::check(hardware);
  if (!broken.empty()) return broken.front();
  const Parameters parameters = parameters_of(hardware);
  TANDEM_ASSIGN(auto narrow, narrowed(hardware, parameters));
  return Run("tandem_accel", parameters, options, std::move(narrow)).hierarchical();
}

Result<Report> synthesise_module(const std::string& module, const Parameters& parameters,
                                 const SynthesisOptions& options) {
  return Run(module, parameters, options).hierarchical();
}

Result<Report> synthesise_flattened(const std::string& module, const Parameters& parameters,
                                    const SynthesisOptions& options) {
  return Run(module, parameters, options).flattened();
}

Result<void> write_netlist(const isa::HwConfig& hardware, const std::string& path) {
  const std::vector<Diagnostic> broken = isa::check(hardware);
  if (!broken.empty()) return broken.front();
  return Run("tandem_accel", parameters_of(hardware), {}).netlist(path);
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
