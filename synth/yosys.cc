#include "synth/yosys.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "support/environment.h"
#include "support/file.h"
#include "support/hash.h"
#include "support/process.h"

namespace tandem::synth {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

// The module whose only instance is what is synthesised: parameters of a deferred top can be set no other way.
constexpr char kWrapper[] = "synth_top";

// `synth_xilinx` from its second step on; the first would read all of the vendor's cells, most of a small module's
// time.
std::string map_to_xc7(const std::string& split_registers) {
  const std::string synth = "synth_xilinx -family xc7 -noiopad -noclkbuf -run ";
  return "read_verilog -lib -specify +/xilinx/cells_sim.v\n" + synth + "prepare:map_dsp\ntechmap -map " +
         split_registers + "\nwreduce\nopt_clean\n" + synth + "map_dsp:check\nopt_merge\nopt_clean\n";
}
constexpr char kMapToGates[] =
    "synth -run coarse:fine\nmemory -nomap\nopt_clean\nopt -fast -full\ntechmap\nopt -fast\nabc -fast -g gates\n"
    "opt -fast\n";

std::string script_of(Flow flow) {
  return flow == Flow::kXc7 ? map_to_xc7(checkout_path("synth/split_registers.v")) : kMapToGates;
}

/// "stream_fifo" of "$paramod$9d76...\stream_fifo" and of "$paramod\stream_fifo\Width=...".
std::string base_name(const std::string& module) {
  const std::string simple = "$paramod\\";
  if (module.compare(0, simple.size(), simple) == 0) {
    return module.substr(simple.size(), module.find('\\', simple.size()) - simple.size());
  }
  return module.substr(module.rfind('\\') + 1);
}

/// A pattern for Yosys's selections that matches the name and needs no escapes.
std::string pattern(std::string module) {
  std::replace(module.begin(), module.end(), '\\', '?');
  return module;
}

std::vector<std::string> verilog_sources() {
  std::vector<std::string> sources;
  for (const auto& entry : fs::directory_iterator(checkout_path("hw"))) {
    if (entry.path().extension() == ".sv") sources.push_back(entry.path());
  }
  std::sort(sources.begin(), sources.end());
  return sources;
}

std::string plain(const std::string& name) { return name.front() == '\\' ? name.substr(1) : name; }

/// "16", or bits as in "32'00...010000".
int64_t value_of(const std::string& text) {
  const size_t quote = text.find('\'');
  if (quote == std::string::npos) return std::stoll(text);
  return static_cast<int32_t>(std::stoull(text.substr(quote + 1), nullptr, 2));
}

/// The files that a source includes, as it names them.
std::vector<std::string> includes_of(const std::string& text) {
  std::vector<std::string> files;
  const std::string directive = "`include \"";
  for (size_t at = 0; (at = text.find(directive, at)) != std::string::npos;) {
    at += directive.size();
    files.push_back(text.substr(at, text.find('"', at) - at));
  }
  return files;
}

/// Reads modules, parameters and instances from Yosys's text form.
std::vector<Element> read_rtlil(const std::string& text, const std::vector<std::string>& unread) {
  std::vector<Element> elements;
  std::istringstream lines(text);
  std::string line, cell;
  while (std::getline(lines, line)) {
    std::istringstream words(line);
    std::string word, name, value;
    words >> word;
    if (line.compare(0, 7, "module ") == 0) {
      words >> name;
      elements.push_back({plain(name), base_name(plain(name)), {}, {}, {}});
    }
    if (elements.empty()) continue;
    Element& element = elements.back();
    if (word == "parameter" && line.compare(0, 4, "    ") != 0) {
      words >> name >> value;
      element.parameters[plain(name)] = value_of(value);
    } else if (word == "cell") {
      words >> name;
      cell = plain(name);
      if (std::find(unread.begin(), unread.end(), cell) != unread.end()) {
        element.unread[cell];
      } else {
        element.children.push_back(cell);
        cell.clear();
      }
    } else if (word == "parameter" && !cell.empty()) {
      words >> name;
      if (name == "signed") words >> name;
      words >> value;
      element.unread[cell][plain(name)] = value_of(value);
    } else if (word == "end") {
      cell.clear();
    }
  }
  return elements;
}

/// Children before parents, from the tops on; only elements count as children.
std::vector<Element> in_order(const std::vector<Element>& all, const std::vector<std::string>& tops) {
  std::map<std::string, const Element*> by_name;
  for (const Element& element : all) by_name[element.name] = &element;
  std::vector<Element> order;
  std::set<std::string> seen;
  const auto visit = [&](const auto& self, const std::string& name) -> void {
    if (!seen.insert(name).second) return;
    Element element = *by_name.at(name);
    std::set<std::string> children;
    for (const std::string& child : element.children) {
      if (by_name.count(child) != 0) children.insert(child);
    }
    element.children.assign(children.begin(), children.end());
    for (const std::string& child : element.children) self(self, child);
    order.push_back(std::move(element));
  };
  for (const std::string& top : tops) visit(visit, top);
  return order;
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

Result<Yosys> Yosys::find() {
  if (find_program("yosys").empty()) {
    return Diagnostic{{},
                      "'yosys' is not installed; without it nothing can be synthesised",
                      {},
                      "./tandem doctor names what is missing and how to install it"};
  }
  Yosys yosys;
  TANDEM_ASSIGN(const ProcessResult version, run_process({"yosys", "-V"}));
  yosys.version_ = version.output.substr(0, version.output.find(" ("));
  yosys.sources_ = verilog_sources();
  for (const std::string& path : yosys.sources_) {
    TANDEM_ASSIGN(const std::string text, read_text_file(path));
    uint64_t key = hash64(text);
    for (const std::string& file : includes_of(text)) {
      const std::string own = checkout_path("hw/" + file);
      const std::string included = fs::exists(own) ? own : fmt::format("{}/{}", TANDEM_GENERATED_ISA, file);
      TANDEM_ASSIGN(const std::string content, read_text_file(included));
      key = hash64(content, key);
    }
    yosys.source_keys_[fs::path(path).stem()] = key;
  }
  return yosys;
}

uint64_t Yosys::sources_key() const {
  uint64_t key = 0;
  for (const auto& [file, source] : source_keys_) key = hash64(file + hex(source), key);
  return key;
}

uint64_t Yosys::flow_key(Flow flow) const {
  if (flow == Flow::kGates) return hash64(version_ + kMapToGates);
  uint64_t key = hash64(version_ + map_to_xc7(""));
  for (const char* file : {"synth/netlist.cc", "synth/xc7_cells.cc", "synth/split_registers.v"}) {
    key = hash64(read_text_file(checkout_path(file)).value(), key);
  }
  return key;
}

Result<void> Yosys::run(const std::string& path, const std::string& script) const {
  TANDEM_TRY(write_file(path, script));
  TANDEM_ASSIGN(const ProcessResult result, run_process({"yosys", "-q", path}));
  if (result.exit_code == 0) return {};
  // Beside the scratch directory, which goes.
  const std::string log = fs::path(path).parent_path().string() + ".log";
  TANDEM_TRY(write_file(log, script + result.output + result.errors));
  const std::string& text = result.errors;
  const size_t error = std::min(text.find("ERROR"), text.size());
  return Diagnostic{
      {log},
      fmt::format("Yosys failed: {}", error == text.size() ? fmt::format("exit {}", result.exit_code)
                                                           : text.substr(error, text.find('\n', error) - error)),
      {},
      "the log has the script and its whole output"};
}

Result<Elaborated> Yosys::elaborate(const std::vector<Instance>& instances, const std::vector<std::string>& unread,
                                    const std::string& path) const {
  std::string wrapper = fmt::format("module {};\n", kWrapper);
  int number = 0;
  for (const auto& [module, parameters] : instances) {
    std::string list;
    for (const auto& [name, value] : parameters)
      list += fmt::format("{}.{}({})", list.empty() ? "" : ", ", name, value);
    wrapper += fmt::format("  {} #({}) u_{} ();\n", module, list, number++);
  }
  TANDEM_TRY(write_file(path + ".sv", wrapper + "endmodule\n"));
  std::string boxes, sources;
  for (const std::string& source : sources_) {
    const bool box = std::find(unread.begin(), unread.end(), fs::path(source).stem().string()) != unread.end();
    (box ? boxes : sources) += " " + source;
  }
  const std::string include = fmt::format("-sv -I{} -I{}", TANDEM_GENERATED_ISA, checkout_path("hw"));
  Elaborated design{path + ".il", {}, {}};
  std::string script;
  if (!boxes.empty()) script += fmt::format("read_verilog -lib {}{}\n", include, boxes);
  script += fmt::format("read_verilog -defer {}{} {}.sv\nhierarchy -check -top {}\nwrite_rtlil {}\n", include, sources,
                        path, kWrapper, design.rtlil);
  TANDEM_TRY(run(path + ".ys", script));
  TANDEM_ASSIGN(const std::string text, read_text_file(design.rtlil));
  const std::vector<Element> all = read_rtlil(text, unread);
  for (const Element& element : all) {
    if (element.base == kWrapper) design.tops = element.children;
  }
  design.elements = in_order(all, design.tops);
  return design;
}

Result<void> Yosys::map(Flow flow, const Elaborated& design, const std::vector<std::string>& names,
                        const std::string& output) const {
  std::string boxes;
  for (const Element& element : design.elements) {
    if (std::find(names.begin(), names.end(), element.name) == names.end()) boxes += " " + pattern(element.name);
  }
  std::string script = fmt::format("read_rtlil {}\ndelete {}\n", design.rtlil, kWrapper);
  if (!boxes.empty()) script += "blackbox" + boxes + "\n";
  script += script_of(flow);
  script += flow == Flow::kXc7 ? "json -o " + output + "\n" : "tee -q -o " + output + " stat -json\n";
  return run(output + ".ys", script);
}

Result<void> Yosys::map_flat(Flow flow, const Elaborated& design, const std::string& output) const {
  std::string script = fmt::format("read_rtlil {}\ndelete {}\nhierarchy -top {}\n{}flatten\n", design.rtlil, kWrapper,
                                   design.tops.front(), script_of(flow));
  if (flow == Flow::kGates) {
    script += "tee -q -o " + output + " stat -json\n";
  } else if (fs::path(output).extension() == ".v") {
    script +=
        fmt::format("opt_clean\nrename -top {}\nwrite_verilog -noattr {}\n", base_name(design.tops.front()), output);
  } else {
    script += "json -o " + output + "\n";
  }
  return run(fmt::format("{}.flat.ys", design.rtlil), script);
}

Result<std::map<std::string, int64_t>> Yosys::read_gates(const std::string& path) {
  // (the document as a whole is no JSON in Yosys 0.23)
  TANDEM_ASSIGN(const std::string text, read_text_file(path));
  const size_t begin = text.find('{', text.find("\"modules\""));
  size_t end = begin;
  for (int depth = 0; end < text.size(); ++end) {
    if (text[end] == '{') ++depth;
    if (text[end] == '}' && --depth == 0) break;
  }
  const Json json = Json::parse(text.substr(begin, end - begin + 1), nullptr, false);
  if (json.is_discarded()) {
    return Diagnostic{{path}, "cannot read Yosys's statistics", {}, "Yosys 0.23 is known to work"};
  }
  std::map<std::string, int64_t> gates;
  for (const auto& [module, statistics] : json.items()) {
    int64_t& sum = gates[plain(module)];
    for (const auto& [type, count] : statistics.at("num_cells_by_type").items()) {
      // "$_AND_", but neither "$_DFF_P_" nor what is no gate.
      if (type.compare(0, 2, "$_") == 0 && type.find("DFF") == std::string::npos) sum += count.get<int64_t>();
    }
  }
  return gates;
}

}  // namespace tandem::synth
