// Compiled models on disk: model.json, graph.txt, program_N.tandem.
#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>

#include "runtime/compiled_model.h"
#include "support/hash.h"

namespace tandem::runtime {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kVersion = 1;

Json to_json(const loop::Layout& layout) {
  Json axes = Json::array();
  for (const loop::PackedAxis& axis : layout.axes) axes.push_back({axis.source_axis, axis.divisor, axis.extent});
  return {{"logical_shape", layout.logical_shape}, {"axes", axes}};
}

loop::Layout layout_from(const Json& json) {
  loop::Layout layout;
  layout.logical_shape = json.at("logical_shape").get<Shape>();
  for (const Json& axis : json.at("axes")) {
    layout.axes.push_back({axis.at(0).get<int>(), axis.at(1).get<int64_t>(), axis.at(2).get<int64_t>()});
  }
  return layout;
}

Diagnostic damaged(const std::string& file) {
  return {{file, 0, 0}, "the compiled model is damaged", {}, "compile it again"};
}

/// The hash of a whole file; model.json holds those of its programs.
Result<std::string> file_hash(const std::string& path) {
  TANDEM_ASSIGN(const std::string content, read_text_file(path));
  return hex(hash64(content));
}

std::string program_file(size_t index) { return fmt::format("program_{}.tandem", index); }

/// What ties model.json to graph.txt, so that later code may rely on what `save_model` wrote.
std::string checksum(Json json, const std::string& graph_text) {
  json.erase("checksum");
  return hex(hash64(json.dump() + graph_text));
}

/// The model that `json` describes; throws what nlohmann::json throws where something is missing or of the wrong type.
Result<CompiledModel> model_from(const Json& json, const std::string& folder) {
  const std::string file = folder + "/model.json";
  if (const int version = json.at("tandem_model").get<int>(); version != kVersion) {
    return Diagnostic{{file, 0, 0},
                      fmt::format("the model has version {}; this tandem reads version {}", version, kVersion),
                      {},
                      "compile it again"};
  }
  CompiledModel model;
  const std::string graph_file = folder + "/graph.txt";
  TANDEM_ASSIGN(const std::string graph_text, read_text_file(graph_file));
  if (json.at("checksum").get<std::string>() != checksum(json, graph_text)) return damaged(file);
  TANDEM_ASSIGN(model.graph, graph::parse_graph(graph_text, graph_file));
  model.batch = json.at("batch").get<int64_t>();
  if (!json.at("hardware").is_null()) {
    TANDEM_ASSIGN(model.hardware, isa::parse_hw(json.at("hardware").get<std::string>(), file));
    model.hardware->name = json.at("hardware_name").get<std::string>();
  }
  for (const Json& entry : json.at("layers")) {
    PlacedLayer layer;
    layer.place = entry.at("place").get<std::string>() == "accelerator" ? Place::kAccelerator : Place::kHost;
    layer.reason = entry.at("reason").get<std::string>();
    layer.lowering = entry.at("lowering").get<std::string>();
    layer.knobs = entry.at("knobs").get<ops::KnobValues>();
    layer.macs = entry.at("macs").get<int64_t>();
    layer.roofline_cycles = entry.at("roofline_cycles").get<int64_t>();
    model.layers.push_back(std::move(layer));
  }
  for (const Json& entry : json.at("steps")) {
    const std::string kind = entry.at("step").get<std::string>();
    if (kind == "pack" || kind == "unpack") {
      model.steps.push_back(LayoutStep{entry.at("from").get<std::string>(), entry.at("to").get<std::string>(),
                                       layout_from(entry.at("layout")), kind == "pack"});
    } else if (kind == "program") {
      AcceleratorStep step;
      const std::string path = folder + "/" + entry.at("file").get<std::string>();
      TANDEM_ASSIGN(step.program, isa::load_program(path));
      TANDEM_ASSIGN(const std::string hash, file_hash(path));
      if (hash != entry.at("hash").get<std::string>()) return damaged(path);
      for (const Json& layer : entry.at("layers")) step.layers.push_back(layer.get<int>());
      model.steps.push_back(std::move(step));
    } else {
      model.steps.push_back(HostStep{entry.at("layer").get<int>()});
    }
  }
  return model;
}

}  // namespace

Result<void> save_model(const std::string& folder, const CompiledModel& model) {
  if (::mkdir(folder.c_str(), 0777) != 0 && errno != EEXIST) {
    return Diagnostic{{folder, 0, 0}, fmt::format("cannot make the folder: {}", std::strerror(errno)), {}, ""};
  }
  Json json;
  json["tandem_model"] = kVersion;
  json["name"] = model.graph.name;
  json["batch"] = model.batch;
  json["hardware_name"] = model.hardware ? model.hardware->name : "";
  json["hardware"] = model.hardware ? Json(isa::to_yaml(*model.hardware)) : Json();
  json["layers"] = Json::array();
  for (size_t i = 0; i < model.layers.size(); ++i) {
    const PlacedLayer& layer = model.layers[i];
    json["layers"].push_back({{"name", model.graph.layers[i].name},
                              {"place", layer.place == Place::kAccelerator ? "accelerator" : "host"},
                              {"reason", layer.reason},
                              {"lowering", layer.lowering},
                              {"knobs", layer.knobs},
                              {"macs", layer.macs},
                              {"roofline_cycles", layer.roofline_cycles}});
  }
  json["steps"] = Json::array();
  size_t programs = 0;
  for (const Step& step : model.steps) {
    if (const auto* layout = std::get_if<LayoutStep>(&step)) {
      json["steps"].push_back({{"step", layout->is_pack ? "pack" : "unpack"},
                               {"from", layout->from},
                               {"to", layout->to},
                               {"layout", to_json(layout->layout)}});
    } else if (const auto* accelerator = std::get_if<AcceleratorStep>(&step)) {
      const std::string file = program_file(programs++);
      TANDEM_TRY(isa::save_program(folder + "/" + file, accelerator->program));
      TANDEM_ASSIGN(const std::string hash, file_hash(folder + "/" + file));
      json["steps"].push_back({{"step", "program"}, {"file", file}, {"hash", hash}, {"layers", accelerator->layers}});
    } else {
      json["steps"].push_back({{"step", "host"}, {"layer", std::get<HostStep>(step).layer}});
    }
  }
  const std::string graph_text = graph::to_text(model.graph);
  json["checksum"] = checksum(json, graph_text);
  TANDEM_TRY(write_file(folder + "/graph.txt", graph_text));
  return write_file(folder + "/model.json", json.dump(1) + "\n");
}

Result<CompiledModel> load_model(const std::string& folder) {
  const std::string file = folder + "/model.json";
  TANDEM_ASSIGN(const std::string text, read_text_file(file));
  const Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded() || !json.is_object() || !json.contains("tandem_model")) {
    return Diagnostic{{file, 0, 0}, "this is no compiled model", {}, "'tandem compile MODEL -o FOLDER' writes one"};
  }
  try {
    return model_from(json, folder);
  } catch (const Json::exception&) {
    return damaged(file);
  }
}

}  // namespace tandem::runtime
