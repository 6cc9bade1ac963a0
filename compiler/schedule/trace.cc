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

/// What a primitive takes: a name, and the value where a step leaves it out.
struct Parameter {
  Parameter(const char* name_) : name(name_) {}  // NOLINT: so that tables read well
  Parameter(const char* name_, Argument value) : name(name_), fallback(std::move(value)) {}
  std::string name;
  std::optional<Argument> fallback;
};
using Parameters = std::vector<Parameter>;
using Strings = std::vector<std::string>;
using Integers = std::vector<int64_t>;

/// The arguments of one step, checked against those that its primitive has.
class Arguments {
 public:
  Arguments(const Step& step, const Parameters& known) : step_(step), known_(known) {}

  Result<void> check() const {
    for (const auto& [name, value] : step_.arguments) {
      const bool is_known = std::any_of(known_.begin(), known_.end(),
                                        [&, wanted = name](const Parameter& known) { return known.name == wanted; });
      if (is_known) continue;
      Diagnostic error = unknown_name({}, "argument", name, names());
      error.what = fmt::format("step '{}': {}", step_.primitive, error.what);
      return error;
    }
    return {};
  }
  template <typename T>
  Result<T> get(const Parameter& parameter) const {
    const Argument* value = parameter.fallback ? &*parameter.fallback : nullptr;
    for (const auto& [key, given] : step_.arguments) {
      if (key == parameter.name) value = &given;
    }
    if (value == nullptr) {
      return Diagnostic{
          {}, fmt::format("step '{}': argument '{}' is missing", step_.primitive, parameter.name), names(), ""};
    }
    if (const T* typed = std::get_if<T>(value)) return *typed;
    if constexpr (std::is_same_v<T, Integers>) {
      if (const auto* texts = std::get_if<Strings>(value); texts && texts->empty()) return Integers{};
    }
    return Diagnostic{
        {}, fmt::format("step '{}': argument '{}' has a wrong type", step_.primitive, parameter.name), {}, ""};
  }

 private:
  Strings names() const {
    Strings list;
    for (const Parameter& known : known_) list.push_back(known.name);
    return list;
  }

  const Step& step_;
  const Parameters& known_;
};

/// Takes what the primitive's arguments are called and calls it.
struct Primitive {
  Parameters parameters;
  std::function<Result<void>(Schedule&, const Arguments&, const tensorize::IntrinsicSet&)> call;
};

template <typename... T, typename R, size_t... Index>
Result<void> call_with(R (*function)(Schedule&, T...), const Parameters& parameters, Schedule& schedule,
                       const Arguments& arguments, std::index_sequence<Index...>) {
  [[maybe_unused]] auto values = std::make_tuple(arguments.get<std::decay_t<T>>(parameters[Index])...);
  Result<void> failed;
  ((failed.ok() && !std::get<Index>(values).ok() ? void(failed = std::get<Index>(values).error()) : void()), ...);
  if (!failed.ok()) return failed;
  const auto result = function(schedule, *std::get<Index>(values)...);
  if (!result.ok()) return result.error();
  return {};
}

/// Reads the named arguments and passes them on in order.
template <typename... T, typename R>
Primitive primitive(R (*function)(Schedule&, T...), Parameters parameters) {
  return {parameters,
          [function, parameters](Schedule& schedule, const Arguments& arguments, const tensorize::IntrinsicSet&) {
            return call_with(function, parameters, schedule, arguments, std::index_sequence_for<T...>{});
          }};
}

/// A text that may be left out: "" chooses a name, or the whole kernel.
Parameter optional(const char* name, const char* fallback = "") { return {name, Argument(std::string(fallback))}; }

const std::map<std::string, Primitive>& primitives() {
  static const std::map<std::string, Primitive> table = {
      {"split", primitive(split, {"loop", "factor", optional("outer"), optional("inner"), optional("tail", "guard")})},
      {"tile", primitive(tile, {"loops", "factors", optional("tail", "guard")})},
      {"fuse", primitive(fuse, {"outer", "inner", optional("name")})},
      {"reorder", primitive(reorder, {"loops"})},
      {"parallel", primitive(parallel, {"loop"})},
      {"vectorize", primitive(vectorize, {"loop"})},
      {"unroll", primitive(unroll, {"loop"})},
      {"bind", primitive(bind, {"loop", "axis"})},
      {"fission", primitive(fission, {"loop"})},
      {"remove_unit_loops", primitive(remove_unit_loops, {})},
      {"set_scope", primitive(set_scope, {"buffer", "scope"})},
      {"stage", primitive(stage, {"buffer", "scope", optional("loop"), optional("type")})},
      {"stage_write", primitive(stage_write, {"buffer", "scope"})},
      {"stage_store", primitive(stage_store, {"loop", "scope"})},
      {"compute_at", primitive(compute_at, {"buffer", "loop"})},
      {"reverse_compute_at", primitive(reverse_compute_at, {"loop", "at"})},
      {"multi_buffer", primitive(multi_buffer, {"buffer", "copies"})},
      {"pipeline", primitive(pipeline, {"loop", "stages"})},
      {"unfold", primitive(unfold, {"buffer", "axis", "outer", "inner"})},
      {"pack", primitive(pack, {"buffer", "axis", "factor"})},
      {"pad", primitive(pad, {"loops", "multiple"})},
      {"replicate", primitive(replicate, {"buffer", "axis", "loop"})},
      {"rfactor", primitive(rfactor, {"loop", "scope"})},
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
  if (value.is_array() &&
      std::all_of(value.begin(), value.end(), [](const Json& item) { return item.is_number_integer(); })) {
    return Argument(value.get<Integers>());
  }
  return Diagnostic{
      {}, fmt::format("argument '{}' of a trace's step is no integer, text, or list of one of them", name), {}, ""};
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

std::vector<std::string> primitive_names() {
  Strings names;
  for (const auto& [name, entry] : primitives()) names.push_back(name);
  return names;
}

Result<void> apply(Schedule& schedule, const Step& step, const tensorize::IntrinsicSet& intrinsics) {
  const auto found = primitives().find(step.primitive);
  if (found == primitives().end()) return unknown_name({}, "primitive", step.primitive, primitive_names());
  const Arguments arguments(step, found->second.parameters);
  TANDEM_TRY(arguments.check());
  return found->second.call(schedule, arguments, intrinsics);
}

Result<Schedule> replay(const loop::Kernel& definition, const Trace& trace, const tensorize::IntrinsicSet& intrinsics) {
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

Result<Schedule> replay(const loop::Kernel& definition, const std::string& json,
                        const tensorize::IntrinsicSet& intrinsics) {
  TANDEM_ASSIGN(const Trace trace, parse_trace(json));
  return replay(definition, trace, intrinsics);
}

namespace {

/// The argument of the step to change in `trace`, which gets it with its default where it was left out.
Result<Argument*> find_argument(Trace& trace, size_t step, const std::string& argument) {
  if (step >= trace.size()) {
    return Diagnostic{{}, fmt::format("the trace has {} steps, there is no step {}", trace.size(), step), {}, ""};
  }
  Step& changed = trace[step];
  for (auto& [name, value] : changed.arguments) {
    if (name == argument) return &value;
  }
  Strings names;
  const auto primitive = primitives().find(changed.primitive);
  if (primitive == primitives().end()) return unknown_name({}, "primitive", changed.primitive, primitive_names());
  for (const Parameter& parameter : primitive->second.parameters) {
    names.push_back(parameter.name);
    if (parameter.name != argument || !parameter.fallback) continue;
    changed.arguments.emplace_back(argument, *parameter.fallback);
    return &changed.arguments.back().second;
  }
  Diagnostic error = unknown_name({}, "argument", argument, std::move(names));
  error.what = fmt::format("step {} of the trace: '{}': {}", step, changed.primitive, error.what);
  return error;
}

}  // namespace

Result<Trace> with_argument(const Trace& trace, size_t step, const std::string& argument, Argument value) {
  Trace changed = trace;
  TANDEM_ASSIGN(Argument * old, find_argument(changed, step, argument));
  if (old->index() != value.index()) {
    return Diagnostic{{},
                      fmt::format("step {} of the trace: argument '{}' of '{}' is of another type", step, argument,
                                  trace[step].primitive),
                      {},
                      ""};
  }
  *old = std::move(value);
  return changed;
}

Result<Trace> with_argument_text(const Trace& trace, size_t step, const std::string& argument,
                                 const std::string& text) {
  Trace changed = trace;
  TANDEM_ASSIGN(Argument * old, find_argument(changed, step, argument));
  if (std::holds_alternative<std::string>(*old)) return with_argument(trace, step, argument, text);
  TANDEM_ASSIGN(Argument value, from_value(Json::parse(text, nullptr, false), argument));
  return with_argument(trace, step, argument, std::move(value));
}

}  // namespace tandem::schedule
