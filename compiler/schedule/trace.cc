// Traces: saved as JSON, replayed step by step.
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <tuple>
#include <utility>

#include "compiler/schedule/tree.h"

namespace tandem::schedule {
namespace {

using Json = nlohmann::ordered_json;

/// The arguments of one step, checked against those that its primitive has.
class Arguments {
 public:
  Arguments(const Step& step, std::vector<std::string> known) : step_(step), known_(std::move(known)) {}

  Result<void> check() const {
    for (const auto& [name, value] : step_.arguments) {
      if (std::find(known_.begin(), known_.end(), name) != known_.end()) continue;
      Diagnostic error = unknown_name({}, "argument", name, known_);
      error.what = fmt::format("step '{}': {}", step_.primitive, error.what);
      return error;
    }
    return {};
  }
  template <typename T>
  Result<T> get(const std::string& name) const {
    for (const auto& [key, value] : step_.arguments) {
      if (key != name) continue;
      if (const T* typed = std::get_if<T>(&value)) return *typed;
      return Diagnostic{{}, fmt::format("step '{}': argument '{}' has a wrong type", step_.primitive, name), {}, ""};
    }
    return Diagnostic{{}, fmt::format("step '{}': argument '{}' is missing", step_.primitive, name), known_, ""};
  }

 private:
  const Step& step_;
  std::vector<std::string> known_;
};

using Strings = std::vector<std::string>;
/// Takes what the primitive's arguments are called and calls it.
struct Primitive {
  Strings arguments;
  std::function<Result<void>(Schedule&, const Arguments&, const tensorize::IntrinsicSet&)> call;
};

template <typename... T, typename R, size_t... Index>
Result<void> call_with(R (*function)(Schedule&, T...), const Strings& names, Schedule& schedule,
                       const Arguments& arguments, std::index_sequence<Index...>) {
  [[maybe_unused]] auto values = std::make_tuple(arguments.get<std::decay_t<T>>(names[Index])...);
  Result<void> failed;
  ((failed.ok() && !std::get<Index>(values).ok() ? void(failed = std::get<Index>(values).error()) : void()), ...);
  if (!failed.ok()) return failed;
  const auto result = function(schedule, *std::get<Index>(values)...);
  if (!result.ok()) return result.error();
  return {};
}

/// Reads the named arguments and passes them on in order.
template <typename... T, typename R>
Primitive primitive(R (*function)(Schedule&, T...), Strings names) {
  return {names, [function, names](Schedule& schedule, const Arguments& arguments, const tensorize::IntrinsicSet&) {
            return call_with(function, names, schedule, arguments, std::index_sequence_for<T...>{});
          }};
}

const std::map<std::string, Primitive>& primitives() {
  static const std::map<std::string, Primitive> table = {
      {"split", primitive(split, {"loop", "factor", "outer", "inner"})},
      {"fuse", primitive(fuse, {"outer", "inner", "name"})},
      {"reorder", primitive(reorder, {"loops"})},
      {"annotate", primitive(annotate, {"loop", "kind"})},
      {"fission", primitive(fission, {"loop"})},
      {"remove_unit_loops", primitive(remove_unit_loops, {})},
      {"set_scope", primitive(set_scope, {"buffer", "scope"})},
      {"stage", primitive(stage, {"buffer", "scope", "loop", "type"})},
      {"stage_write", primitive(stage_write, {"buffer", "scope"})},
      {"stage_store", primitive(stage_store, {"loop", "scope"})},
      {"compute_at", primitive(compute_at, {"buffer", "loop"})},
      {"multi_buffer", primitive(multi_buffer, {"buffer", "copies"})},
      {"unfold", primitive(unfold, {"buffer", "axis", "outer", "inner"})},
      {"pack", primitive(pack, {"buffer", "axis", "factor"})},
      {"pad", primitive(pad, {"loops", "multiple"})},
      {"replicate", primitive(replicate, {"buffer", "axis", "loop"})},
      {"decompose", primitive(decompose, {"loop", "buffer"})},
      {"assume", primitive(assume, {"buffer", "low", "high"})},
      {"rewrite", primitive(rewrite, {"loop", "operations"})},
      {"reassociate", primitive(reassociate, {"loop"})},
      {"absorb", primitive(absorb, {"buffer"})},
      {"products_to_shifts", primitive(products_to_shifts, {"loop"})},
      {"start_from_zero", primitive(start_from_zero, {"loop"})},
      {"begin_sum", primitive(begin_sum, {"reset", "loop"})},
      {"skip_neutral", primitive(skip_neutral, {"loop"})},
      {"compute_inline", primitive(compute_inline, {"buffer"})},
      {"widen", primitive(widen, {"buffer", "type"})},
      {"tensorize",
       {{"loop", "intrinsic"},
        [](Schedule& schedule, const Arguments& arguments, const tensorize::IntrinsicSet& intrinsics) -> Result<void> {
          TANDEM_ASSIGN(const std::string loop, arguments.get<std::string>("loop"));
          TANDEM_ASSIGN(const std::string intrinsic, arguments.get<std::string>("intrinsic"));
          return tensorize(schedule, loop, intrinsic, intrinsics);
        }}}};
  return table;
}

Json to_value(const Argument& argument) {
  return std::visit([](const auto& value) { return Json(value); }, argument);
}

Result<Argument> from_value(const Json& value, const std::string& name) {
  if (value.is_number_integer()) return Argument(value.get<int64_t>());
  if (value.is_string()) return Argument(value.get<std::string>());
  if (value.is_array() && std::all_of(value.begin(), value.end(), [](const Json& item) { return item.is_string(); })) {
    return Argument(value.get<Strings>());
  }
  return Diagnostic{
      {}, fmt::format("argument '{}' of a trace's step is no integer, text or list of texts", name), {}, ""};
}

}  // namespace

std::string to_json(const Trace& trace) {
  Json list = Json::array();
  for (const Step& step : trace) {
    Json object = {{"primitive", step.primitive}};
    for (const auto& [name, value] : step.arguments) object[name] = to_value(value);
    list.push_back(std::move(object));
  }
  return list.dump();
}

Result<Trace> parse_trace(const std::string& json) {
  const Json list = Json::parse(json, nullptr, false);
  if (!list.is_array()) return Diagnostic{{}, "a trace is a JSON list of steps", {}, ""};
  Trace trace;
  for (const Json& object : list) {
    if (!object.is_object() || !object.contains("primitive") || !object["primitive"].is_string()) {
      return Diagnostic{
          {}, fmt::format("step {} of the trace is no object with a \"primitive\"", trace.size()), {}, ""};
    }
    Step step{object["primitive"].get<std::string>(), {}};
    for (const auto& [name, value] : object.items()) {
      if (name == "primitive") continue;
      TANDEM_ASSIGN(Argument argument, from_value(value, name));
      step.arguments.emplace_back(name, std::move(argument));
    }
    trace.push_back(std::move(step));
  }
  return trace;
}

Result<void> apply(Schedule& schedule, const Step& step, const tensorize::IntrinsicSet& intrinsics) {
  const auto found = primitives().find(step.primitive);
  if (found == primitives().end()) {
    Strings names;
    for (const auto& [name, entry] : primitives()) names.push_back(name);
    return unknown_name({}, "primitive", step.primitive, std::move(names));
  }
  const Arguments arguments(step, found->second.arguments);
  TANDEM_TRY(arguments.check());
  return found->second.call(schedule, arguments, intrinsics);
}

Result<Schedule> replay(const loop::Kernel& definition, const std::string& json,
                        const tensorize::IntrinsicSet& intrinsics) {
  TANDEM_ASSIGN(const Trace trace, parse_trace(json));
  Schedule schedule(definition);
  for (size_t i = 0; i < trace.size(); ++i) {
    const Result<void> done = apply(schedule, trace[i], intrinsics);
    if (done.ok()) continue;
    Diagnostic error = done.error();
    error.what = fmt::format("step {} of the trace: {}", i, error.what);
    return error;
  }
  return schedule;
}

}  // namespace tandem::schedule
