#include "runtime/knobs_file.h"

#include <fmt/format.h>

#include <algorithm>

#include "compiler/graph/passes.h"
#include "support/yaml.h"

namespace tandem::runtime {
namespace {

Result<ops::KnobValues> parse_layer(const YamlNode& node, const graph::Layer& layer, const isa::HwConfig& hardware) {
  Result<ops::KnobValues> defaults = ops::default_knobs(layer.op, hardware);
  if (!defaults.ok()) {
    return Diagnostic{node.where(),
                      fmt::format("layer '{}' stays on the host: {}", layer.name, defaults.error().what),
                      {},
                      "leave it out"};
  }
  ops::KnobValues values = *defaults;
  const std::vector<ops::Knob> knobs = ops::knobs(layer.op, hardware);
  std::vector<std::string> names;
  for (const ops::Knob& knob : knobs) names.push_back(knob.name);
  TANDEM_TRY(node.only_keys(names));
  for (const ops::Knob& knob : knobs) {
    if (!node.has(knob.name)) continue;
    TANDEM_ASSIGN(const YamlNode at, node.at(knob.name));
    TANDEM_ASSIGN(const int64_t value, at.integer());
    if (std::find(knob.choices.begin(), knob.choices.end(), value) == knob.choices.end()) {
      std::vector<std::string> choices;
      for (const int64_t choice : knob.choices) choices.push_back(std::to_string(choice));
      return Diagnostic{at.where(), fmt::format("{} {} is not offered for '{}'", knob.name, value, layer.name),
                        std::move(choices), ""};
    }
    values[knob.name] = value;
  }
  if (const std::string why = ops::infeasible(layer.op, hardware, values); !why.empty()) {
    return Diagnostic{node.where(), fmt::format("the knobs of layer '{}' are infeasible: {}", layer.name, why), {}, ""};
  }
  return values;
}

}  // namespace

Result<LayerKnobs> load_knobs(const std::string& path, const graph::Graph& graph, const isa::HwConfig& hardware) {
  TANDEM_ASSIGN(const YamlNode root, YamlNode::load(path));
  std::vector<std::string> names;
  for (const graph::Layer& layer : graph.layers) names.push_back(layer.name);
  TANDEM_TRY(root.only_keys(names));
  LayerKnobs result;
  for (const graph::Layer& layer :
       graph::lower_layers(graph::with_batch(graph, hardware.batch), hardware).graph.layers) {
    if (!root.has(layer.name)) continue;
    TANDEM_ASSIGN(const YamlNode node, root.at(layer.name));
    TANDEM_ASSIGN(result[layer.name], parse_layer(node, layer, hardware));
  }
  return result;
}

}  // namespace tandem::runtime
