#include "tuner/measure/protocol.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "compiler/ops/fields.h"

namespace tandem::tuner {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kVersion = 2;

ops::Rounding rounding_named(const std::string& text) {
  for (const ops::Rounding known : {ops::Rounding::kSingle, ops::Rounding::kTflite}) {
    if (text == ops::name(known)) return known;
  }
  throw std::runtime_error("unknown rounding rule '" + text + "'");
}

/// Rounding rules travel by name, "" where there is none.
struct Writer {
  Json& json;
  template <typename Member>
  void operator()(const char* name, const Member& member) const {
    json[name] = member;
  }
  void operator()(const char* name, const std::optional<ops::Rounding>& rule) const {
    json[name] = rule ? ops::name(*rule) : "";
  }
  void operator()(const char* name, ops::Rounding rule) const { json[name] = ops::name(rule); }
};
struct Reader {
  const Json& json;
  template <typename Member>
  void operator()(const char* name, Member& member) const {
    json.at(name).get_to(member);
  }
  void operator()(const char* name, std::optional<ops::Rounding>& rule) const {
    const std::string text = json.at(name);
    rule.reset();
    if (!text.empty()) rule = rounding_named(text);
  }
  void operator()(const char* name, ops::Rounding& rule) const { rule = rounding_named(json.at(name)); }
};

Json operator_json(const ops::Operator& op) {
  Json json;
  json["kind"] = ops::kind_of(op);
  std::visit([&](const auto& shape) { ops::for_each_field(shape, Writer{json}); }, op);
  return json;
}

ops::Operator parse_operator(const Json& json) {
  const std::string kind = json.at("kind");
  for (const ops::Operator& prototype : ops::prototypes()) {
    if (kind != ops::kind_of(prototype)) continue;
    ops::Operator op = prototype;
    std::visit([&](auto& shape) { ops::for_each_field(shape, Reader{json}); }, op);
    return op;
  }
  throw std::runtime_error("unknown operator '" + kind + "'");
}

/// Runs `parse` on the line's JSON; what is malformed becomes a diagnostic.
template <typename T, typename Parse>
Result<T> parsed(const std::string& line, const char* what, Parse parse) {
  try {
    return parse(Json::parse(line));
  } catch (const std::exception& error) {
    return Diagnostic{{}, fmt::format("no {}: {}: {}", what, error.what(), line.substr(0, 200)), {}, ""};
  }
}

void check_version(const Json& json) {
  const int version = json.at("version");
  if (version != kVersion) {
    throw std::runtime_error(fmt::format("protocol version {}, this is version {}", version, kVersion));
  }
}

template <typename T>
T required(Result<T> result) {
  if (!result.ok()) throw std::runtime_error(render(result.error()));
  return std::move(result).value();
}

}  // namespace

std::string measure_line(const Request& request) {
  Json json;
  json["version"] = kVersion;
  json["kind"] = "measure";
  json["trial"] = request.trial;
  json["hardware"] = isa::to_yaml(request.hardware);
  json["platform"] = sim::to_yaml(request.platform);
  json["operator"] = operator_json(request.op);
  json["knobs"] = Json(request.knobs);
  json["cycle_limit"] = request.cycle_limit;
  json["data_seed"] = request.data_seed;
  return json.dump();
}

std::string build_line(const isa::HwConfig& hardware) {
  Json json;
  json["version"] = kVersion;
  json["kind"] = "build";
  json["hardware"] = isa::to_yaml(hardware);
  return json.dump();
}

Result<WorkerRequest> parse_request(const std::string& line) {
  return parsed<WorkerRequest>(line, "request", [](const Json& json) {
    check_version(json);
    WorkerRequest parsed_request;
    Request& request = parsed_request.request;
    const std::string kind = json.at("kind");
    request.hardware = required(isa::parse_hw(json.at("hardware"), "hardware of the request"));
    if (kind == "build") {
      parsed_request.kind = WorkerRequest::Kind::kBuild;
      return parsed_request;
    }
    if (kind != "measure") throw std::runtime_error("unknown kind '" + kind + "'");
    request.trial = json.at("trial");
    request.platform = required(sim::parse_platform(json.at("platform"), "platform of the request"));
    request.op = parse_operator(json.at("operator"));
    request.knobs = json.at("knobs").get<ops::KnobValues>();
    request.cycle_limit = json.at("cycle_limit");
    request.data_seed = json.at("data_seed");
    return parsed_request;
  });
}

std::string response_line(const Measurement& measurement) {
  Json json;
  json["version"] = kVersion;
  json["trial"] = measurement.trial;
  if (measurement.cycles) json["cycles"] = *measurement.cycles;
  if (!measurement.failure.empty()) json["failure"] = measurement.failure;
  json["seconds"] = measurement.seconds;
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<Measurement> parse_response(const std::string& line) {
  return parsed<Measurement>(line, "response", [](const Json& json) {
    check_version(json);
    Measurement measurement;
    measurement.trial = json.at("trial");
    if (json.contains("cycles")) measurement.cycles = json.at("cycles").get<uint64_t>();
    if (json.contains("failure")) measurement.failure = json.at("failure");
    measurement.seconds = json.at("seconds");
    return measurement;
  });
}

std::string knobs_json(const ops::KnobValues& knobs) {
  Json json = Json::object();
  for (const auto& [name, value] : knobs) json[name] = value;
  return json.dump();
}

Result<ops::KnobValues> parse_knobs_json(const std::string& text) {
  return parsed<ops::KnobValues>(text, "knobs", [](const Json& json) { return json.get<ops::KnobValues>(); });
}

}  // namespace tandem::tuner
