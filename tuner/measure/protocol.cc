#include "tuner/measure/protocol.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace tandem::tuner {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kVersion = 1;

/// Calls `field(name, member)` for every parameter of an operator: the one list behind writing and reading.
template <typename Conv, typename Field>
void requantize_fields(Conv& op, Field field) {
  field("shift", op.requantize.shift);
  field("low", op.requantize.low);
  field("high", op.requantize.high);
}
template <typename Window, typename Field>
void window_fields(Window& op, Field field) {
  field("kernel_h", op.kernel_h);
  field("kernel_w", op.kernel_w);
  field("stride_h", op.stride_h);
  field("stride_w", op.stride_w);
  field("pad_top", op.pad_top);
  field("pad_left", op.pad_left);
  field("pad_bottom", op.pad_bottom);
  field("pad_right", op.pad_right);
}
template <typename Op, typename Field>
void shape_fields(Op& op, Field field) {
  field("n", op.n);
  field("c", op.c);
  field("h", op.h);
  field("w", op.w);
}

template <typename Field>
struct Fields {
  Field field;
  template <typename Op>
  void operator()(Op& op) {
    using Plain = std::remove_const_t<Op>;
    shape_fields(op, field);
    if constexpr (std::is_same_v<Plain, ops::Conv2d>) {
      field("o", op.o);
      window_fields(op, field);
      requantize_fields(op, field);
    } else if constexpr (std::is_same_v<Plain, ops::MaxPool>) {
      window_fields(op, field);
    } else if constexpr (std::is_same_v<Plain, ops::Add>) {
      field("left_shift_a", op.left_shift_a);
      field("left_shift_b", op.left_shift_b);
      requantize_fields(op, field);
    } else {
      static_assert(std::is_same_v<Plain, ops::Clip>);
      field("low", op.low);
      field("high", op.high);
    }
  }
};

const char* kind_of(const ops::Operator& op) {
  static constexpr const char* kKinds[] = {"conv2d", "max_pool", "add", "clip"};
  static_assert(std::variant_size_v<ops::Operator> == 4);
  return kKinds[op.index()];
}

Json operator_json(const ops::Operator& op) {
  Json json;
  json["kind"] = kind_of(op);
  auto write = [&json](const char* name, const auto& member) { json[name] = member; };
  std::visit([&](const auto& shape) { Fields<decltype(write)>{write}(shape); }, op);
  return json;
}

ops::Operator parse_operator(const Json& json) {
  const std::string kind = json.at("kind");
  for (const ops::Operator& prototype : {ops::Operator(ops::Conv2d{}), ops::Operator(ops::MaxPool{}),
                                         ops::Operator(ops::Add{}), ops::Operator(ops::Clip{})}) {
    if (kind != kind_of(prototype)) continue;
    ops::Operator op = prototype;
    auto read = [&json](const char* name, auto& member) { json.at(name).get_to(member); };
    std::visit([&](auto& shape) { Fields<decltype(read)>{read}(shape); }, op);
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
