#include "synth/netlist.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <unordered_map>

#include "support/check.h"
#include "synth/xc7_cells.h"

namespace tandem::synth {
namespace {

using Json = nlohmann::json;

/// The paths that arrive at a net: from registers, and from the module's inputs.
struct Arrival {
  Path launch;
  std::vector<std::pair<int, Length>> from_inputs;  // by number of the input bit, ascending
};

/// An arc from one net to another. Nets are numbers.
struct Edge {
  int from, to;
  Length length;
};

void merge(std::vector<std::pair<int, Length>>& into, const std::vector<std::pair<int, Length>>& from,
           const Length& more) {
  std::vector<std::pair<int, Length>> merged;
  merged.reserve(into.size() + from.size());
  size_t i = 0;
  for (const auto& [input, length] : from) {
    while (i < into.size() && into[i].first < input) merged.push_back(into[i++]);
    merged.emplace_back(input, length + more);
    if (i < into.size() && into[i].first == input) merged.back().second.raise(into[i++].second);
  }
  merged.insert(merged.end(), into.begin() + static_cast<std::ptrdiff_t>(i), into.end());
  into = std::move(merged);
}

class Reader {
 public:
  Reader(const Json& module, const std::string& name, const std::map<std::string, Abstract>& known)
      : module_(module), name_(name), known_(known) {}

  Result<Abstract> read() {
    number_ports();
    for (const auto& [name, cell] : module_.at("cells").items()) TANDEM_TRY(add_cell(name, cell));
    TANDEM_TRY(propagate());
    collect();
    return std::move(result_);
  }

 private:
  /// The net behind a bit of the JSON, or -1 for a constant.
  int net_of(const Json& bit) {
    if (!bit.is_number_integer()) return -1;
    const auto [entry, is_new] = nets_.emplace(bit.get<int64_t>(), static_cast<int>(nets_.size()));
    if (is_new) arrivals_.emplace_back();
    return entry->second;
  }

  void number_ports() {
    for (const auto& [name, port] : module_.at("ports").items()) {
      const bool is_input = port.at("direction") == "input";
      const Json& bits = port.at("bits");
      for (size_t i = 0; i < bits.size(); ++i) {
        const int net = net_of(bits[i]);
        const std::string bit = fmt::format("{}[{}]", name, i);
        if (net < 0) continue;
        if (is_input) {
          arrivals_[net].from_inputs = {{static_cast<int>(inputs_.size()), Length{0, 0}}};
          inputs_.push_back(bit);
        } else {
          outputs_.emplace_back(bit, net);
        }
      }
    }
  }

  static int64_t parameter(const Json& cell, const std::string& name) {
    const auto found = cell.at("parameters").find(name);
    if (found == cell.at("parameters").end()) return 0;
    if (found->is_number()) return found->get<int64_t>();
    const std::string bits = found->get<std::string>();
    return bits.find('1') != std::string::npos && bits.find_first_not_of("01") == std::string::npos ? 1 : 0;
  }

  static DspRegisters dsp_registers(const Json& cell) {
    const auto is = [&](const char* name, const char* value) {
      const auto text = cell.at("parameters").find(name);
      return text != cell.at("parameters").end() && *text == value;
    };
    const auto has = [&](const char* name) { return parameter(cell, name) != 0; };
    return {has("AREG"),
            has("BREG"),
            has("CREG"),
            has("MREG"),
            has("PREG"),
            !is("USE_MULT", "NONE"),
            is("USE_DPORT", "TRUE"),
            has("DREG"),
            has("ADREG")};
  }

  Result<void> add_cell(const std::string& name, const Json& cell) {
    const std::string type = cell.at("type");
    const Json& connections = cell.at("connections");
    if (const auto child = known_.find(type); child != known_.end()) {
      ++result_.children[type];
      add_instance(name, child->second, connections);
      return {};
    }
    const Cell* primitive = find_cell(type, type == "DSP48E1" ? dsp_registers(cell) : DspRegisters{});
    if (primitive == nullptr) {
      return Diagnostic{{name_},
                        fmt::format("Yosys mapped to a cell '{}' whose size and delay are not known", type),
                        {},
                        "synth/xc7_cells.cc lists the cells"};
    }
    ++result_.cells[type];
    result_.own += primitive->resources;
    const auto bits_of = [&](const std::string& port) -> const Json& {
      static const Json kNone = Json::array();
      const auto found = connections.find(port);
      return found == connections.end() ? kNone : *found;
    };
    for (const Pin& pin : primitive->launches) {
      for (const Json& bit : bits_of(pin.port)) {
        if (const int net = net_of(bit); net >= 0) launches_.push_back({net, {0, pin.setup_ns}});
      }
    }
    for (const Pin& pin : primitive->captures) {
      for (const Json& bit : bits_of(pin.port)) {
        const double wire = pin.routed ? kNetNs : 0;
        if (const int net = net_of(bit); net >= 0) captures_.push_back({net, {0, pin.setup_ns + wire}, ""});
      }
    }
    for (const Arc& arc : primitive->arcs) {
      for (const Json& from : bits_of(arc.from)) {
        const int source = net_of(from);
        if (source < 0) continue;
        for (const Json& to : bits_of(arc.to)) {
          const int sink = net_of(to);
          const double wire = arc.routed ? kNetNs : 0;
          if (sink >= 0) edges_.push_back({source, sink, {static_cast<double>(arc.levels), arc.ns + wire}});
        }
      }
    }
    return {};
  }

  void add_instance(const std::string& name, const Abstract& child, const Json& connections) {
    const auto net = [&](const std::string& bit) {
      const size_t bracket = bit.rfind('[');
      const auto port = connections.find(bit.substr(0, bracket));
      if (port == connections.end()) return -1;
      return net_of(port->at(static_cast<size_t>(std::stoll(bit.substr(bracket + 1)))));
    };
    result_.inside.raise(child.inside, name + ".");
    if (child.uniform) {
      add_uniform_instance(name, child, connections);
      return;
    }
    for (const auto& [bit, path] : child.launch) {
      if (const int to = net(bit); to >= 0) arrivals_[to].launch.raise({path.length, path.from, ""}, name + ".");
    }
    for (const auto& [bit, path] : child.capture) {
      if (const int from = net(bit); from >= 0) captures_.push_back({from, path.length, name + "." + path.to});
    }
    for (const auto& [bit, inputs] : child.through) {
      const int to = net(bit);
      if (to < 0) continue;
      for (const auto& [input, length] : inputs) {
        if (const int from = net(input); from >= 0) edges_.push_back({from, to, length});
      }
    }
  }

  void add_uniform_instance(const std::string& name, const Abstract& child, const Json& connections) {
    for (const auto& [port, bits] : connections.items()) {
      const auto launch = child.launch.find(port + "[0]");
      const auto capture = child.capture.find(port + "[0]");
      for (const Json& bit : bits) {
        const int net = net_of(bit);
        if (net < 0) continue;
        if (launch != child.launch.end()) {
          arrivals_[net].launch.raise({launch->second.length, launch->second.from, ""}, name + ".");
        }
        if (capture != child.capture.end()) {
          captures_.push_back({net, capture->second.length, name + "." + capture->second.to});
        }
      }
    }
  }

  /// The arrivals of all nets, in topological order.
  Result<void> propagate() {
    name_nets();
    for (const auto& [net, length] : launches_) arrivals_[net].launch.raise({length, net_name(net), ""}, "");
    const size_t count = arrivals_.size();
    std::vector<int> waiting(count, 0);
    std::sort(edges_.begin(), edges_.end(), [](const Edge& a, const Edge& b) { return a.from < b.from; });
    std::vector<size_t> first(count + 1, edges_.size());
    for (size_t i = edges_.size(); i-- > 0;) first[edges_[i].from] = i;
    for (size_t net = count; net-- > 0;) first[net] = std::min(first[net], first[net + 1]);
    for (const Edge& edge : edges_) ++waiting[edge.to];
    std::vector<int> ready;
    for (size_t net = 0; net < count; ++net) {
      if (waiting[net] == 0) ready.push_back(static_cast<int>(net));
    }
    size_t done = 0;
    while (!ready.empty()) {
      const int net = ready.back();
      ready.pop_back();
      ++done;
      for (size_t i = first[net]; i < edges_.size() && edges_[i].from == net; ++i) {
        const Edge& edge = edges_[i];
        Arrival& to = arrivals_[edge.to];
        const Arrival& from = arrivals_[net];
        if (from.launch.length.exists()) {
          to.launch.raise({from.launch.length + edge.length, from.launch.from, ""}, "");
        }
        if (!from.from_inputs.empty()) merge(to.from_inputs, from.from_inputs, edge.length);
        if (--waiting[edge.to] == 0) ready.push_back(edge.to);
      }
    }
    if (done == count) return {};
    const auto looped = std::find_if(waiting.begin(), waiting.end(), [](int left) { return left > 0; });
    return Diagnostic{{name_},
                      fmt::format("a combinational loop, or logic behind one, drives '{}'",
                                  net_name(static_cast<int>(looped - waiting.begin()))),
                      {},
                      "cut it with a register"};
  }

  void collect() {
    for (const Capture& capture : captures_) {
      const Arrival& arrival = arrivals_[capture.net];
      const std::string to = capture.to.empty() ? net_name(capture.net) : capture.to;
      if (arrival.launch.length.exists()) {
        result_.inside.raise({arrival.launch.length + capture.length, arrival.launch.from, to}, "");
      }
      for (const auto& [input, length] : arrival.from_inputs) {
        result_.capture[inputs_[static_cast<size_t>(input)]].raise({length + capture.length, "", to}, "");
      }
    }
    for (const auto& [bit, net] : outputs_) {
      const Arrival& arrival = arrivals_[net];
      if (arrival.launch.length.exists()) result_.launch[bit] = {arrival.launch.length, arrival.launch.from, ""};
      for (const auto& [input, length] : arrival.from_inputs) {
        result_.through[bit][inputs_[static_cast<size_t>(input)]] = length;
      }
    }
  }

  /// The names of the source for nets that have one.
  void name_nets() {
    for (const auto& [name, net] : module_.at("netnames").items()) {
      if (net.value("hide_name", 0) != 0) continue;
      const Json& bits = net.at("bits");
      for (size_t i = 0; i < bits.size(); ++i) {
        if (!bits[i].is_number_integer()) continue;
        const auto known = nets_.find(bits[i].get<int64_t>());
        if (known == nets_.end()) continue;
        std::string& own = names_[known->second];
        const std::string candidate = bits.size() == 1 ? name : fmt::format("{}[{}]", name, i);
        if (own.empty() || candidate.size() < own.size()) own = candidate;
      }
    }
  }
  std::string net_name(int net) const {
    const auto found = names_.find(net);
    return found == names_.end() ? "(unnamed)" : found->second;
  }

  struct Capture {
    int net;
    Length length;
    std::string to;
  };

  const Json& module_;
  const std::string& name_;
  const std::map<std::string, Abstract>& known_;
  std::unordered_map<int64_t, int> nets_;
  std::unordered_map<int, std::string> names_;
  std::vector<Arrival> arrivals_;
  std::vector<std::string> inputs_;
  std::vector<std::pair<std::string, int>> outputs_;
  std::vector<std::pair<int, Length>> launches_;
  std::vector<Capture> captures_;
  std::vector<Edge> edges_;
  Abstract result_;
};

Json to_json(const Length& length) { return Json::array({length.levels, length.ns}); }
Length length_from(const Json& json) { return {json.at(0), json.at(1)}; }
Json to_json(const Path& path) { return Json::array({path.length.levels, path.length.ns, path.from, path.to}); }
Path path_from(const Json& json) { return {length_from(json), json.at(2), json.at(3)}; }

}  // namespace

Resources& Resources::operator+=(const Resources& other) {
  lut += other.lut;
  ff += other.ff;
  ramb18 += other.ramb18;
  dsp += other.dsp;
  gates += other.gates;
  return *this;
}

Resources operator*(int64_t count, Resources one) {
  return {count * one.lut, count * one.ff, count * one.ramb18, count * one.dsp, count * one.gates};
}

bool Resources::operator==(const Resources& other) const {
  return lut == other.lut && ff == other.ff && ramb18 == other.ramb18 && dsp == other.dsp && gates == other.gates;
}

void Length::raise(const Length& other) {
  levels = std::max(levels, other.levels);
  ns = std::max(ns, other.ns);
}

void Path::raise(const Path& other, const std::string& prefix) {
  if (!other.length.exists()) return;
  if (other.length.ns > length.ns) {
    from = other.from.empty() ? "" : prefix + other.from;
    to = other.to.empty() ? "" : prefix + other.to;
  }
  length.raise(other.length);
}

Result<Abstract> read_module(const Json& netlist, const std::string& name,
                             const std::map<std::string, Abstract>& known) {
  return Reader(netlist.at("modules").at(name), name, known).read();
}

Abstract widened(const Abstract& narrow, int64_t copies) {
  TANDEM_CHECK(narrow.children.empty() && narrow.through.empty(), "only a flat module with registers can be widened");
  Abstract wide;
  wide.uniform = true;
  wide.own = copies * narrow.own;
  for (const auto& [type, count] : narrow.cells) wide.cells[type] = copies * count;
  wide.inside = narrow.inside;
  for (const auto& [from, to] : {std::pair{&narrow.launch, &wide.launch}, std::pair{&narrow.capture, &wide.capture}}) {
    for (const auto& [bit, path] : *from) (*to)[bit.substr(0, bit.rfind('[')) + "[0]"].raise(path, "");
  }
  return wide;
}

Json to_json(const Abstract& abstract) {
  Json json;
  json["uniform"] = abstract.uniform;
  const Resources& own = abstract.own;
  json["own"] = {own.lut, own.ff, own.ramb18, own.dsp, own.gates};
  json["cells"] = abstract.cells;
  json["children"] = abstract.children;
  json["inside"] = to_json(abstract.inside);
  for (const auto& [part, paths] : {std::pair{"launch", &abstract.launch}, std::pair{"capture", &abstract.capture}}) {
    json[part] = Json::object();
    for (const auto& [bit, path] : *paths) json[part][bit] = to_json(path);
  }
  json["through"] = Json::object();
  for (const auto& [bit, inputs] : abstract.through) {
    for (const auto& [input, length] : inputs) json["through"][bit][input] = to_json(length);
  }
  return json;
}

Abstract abstract_from_json(const Json& json) {
  Abstract abstract;
  abstract.uniform = json.at("uniform");
  const Json& own = json.at("own");
  abstract.own = {own.at(0), own.at(1), own.at(2), own.at(3), own.at(4)};
  abstract.cells = json.at("cells").get<std::map<std::string, int64_t>>();
  abstract.children = json.at("children").get<std::map<std::string, int64_t>>();
  abstract.inside = path_from(json.at("inside"));
  for (const auto& [bit, path] : json.at("launch").items()) abstract.launch[bit] = path_from(path);
  for (const auto& [bit, path] : json.at("capture").items()) abstract.capture[bit] = path_from(path);
  for (const auto& [bit, inputs] : json.at("through").items()) {
    for (const auto& [input, length] : inputs.items()) abstract.through[bit][input] = length_from(length);
  }
  return abstract;
}

}  // namespace tandem::synth
