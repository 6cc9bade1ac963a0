// The JSON lines between the owner of a run and its workers: one request, one response, each on a line of its own.
#pragma once

#include <string>

#include "tuner/measure/measurement.h"

namespace tandem::tuner {

/// {"version":1,"kind":"measure","trial":..,"hardware":"YAML","platform":"YAML","operator":{..},"knobs":{..},...}
std::string measure_line(const Request& request);
/// {"version":1,"kind":"build","hardware":"YAML"}
std::string build_line(const isa::HwConfig& hardware);

/// A parsed request line: `kind` says which of the two it was; a build has only `request.hardware`.
struct WorkerRequest {
  enum class Kind { kMeasure, kBuild } kind = Kind::kMeasure;
  Request request;
};
Result<WorkerRequest> parse_request(const std::string& line);

/// The answer to either kind; builds have trial 0 and no cycles.
std::string response_line(const Measurement& measurement);
Result<Measurement> parse_response(const std::string& line);

/// The one-line JSON of the knobs, as records and schedule files hold them, and back.
std::string knobs_json(const ops::KnobValues& knobs);
Result<ops::KnobValues> parse_knobs_json(const std::string& text);

}  // namespace tandem::tuner
