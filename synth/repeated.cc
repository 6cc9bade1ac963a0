#include "synth/repeated.h"

#include <algorithm>
#include <set>

namespace tandem::synth {
namespace {

using Values = std::map<std::string, int64_t>;

// Columns of the multiplier array that are synthesised: what one dot product costs does not depend on the others.
constexpr int64_t kColumns = 4;

std::optional<Repeated> columns(const Values& p) {
  const int64_t copies = p.at("Batch") * p.at("BlockOut") / kColumns;
  if (copies < 2) return std::nullopt;
  const Parameters one = {
      {"Batch", 1}, {"BlockIn", p.at("BlockIn")}, {"BlockOut", kColumns}, {"DspPacking", p.at("DspPacking")}};
  return Repeated{one, std::nullopt, copies};
}

std::optional<Repeated> requantize_lanes(const Values& p) {
  if (p.at("Lanes") < 4) return std::nullopt;
  return Repeated{{{"Lanes", 1}}, Parameters{{"Lanes", 2}}, p.at("Lanes")};
}

/// A lane of the ALU, with the accumulators that take turns on it.
std::optional<Repeated> alu_lanes(const Values& p) {
  const int64_t copies = p.at("AluLanes");
  if (copies < 4) return std::nullopt;
  const int64_t groups = p.at("Batch") * p.at("BlockOut") / copies;
  const auto of = [&](int64_t lanes) {
    return Parameters{
        {"Batch", 1}, {"BlockOut", groups * lanes}, {"AluLanes", lanes}, {"ExtendedAlu", p.at("ExtendedAlu")}};
  };
  return Repeated{of(1), of(2), copies};
}

/// The rows of an element share the choice of the weights.
std::optional<Repeated> depthwise_rows(const Values& p) {
  if (p.at("Batch") < 4) return std::nullopt;
  const auto of = [&](int64_t batch) {
    return Parameters{{"Batch", batch}, {"Block", p.at("Block")}, {"Taps", p.at("Taps")}, {"Stages", p.at("Stages")}};
  };
  return Repeated{of(1), of(2), p.at("Batch")};
}

using Rule = std::optional<Repeated> (*)(const Values& parameters);
const std::map<std::string, Rule>& rules() {
  static const std::map<std::string, Rule> kRules = {{"acc_lanes", alu_lanes},
                                                     {"depthwise_core", depthwise_rows},
                                                     {"gemm_core", columns},
                                                     {"requantize_lanes", requantize_lanes}};
  return kRules;
}

int64_t line(int64_t one, int64_t two, int64_t copies) {
  return std::max<int64_t>(0, one + (copies - 1) * (two - one));
}

}  // namespace

const std::vector<std::string>& repeated_modules() {
  static const std::vector<std::string> kModules = [] {
    std::vector<std::string> modules;
    for (const auto& [module, rule] : rules()) modules.push_back(module);
    return modules;
  }();
  return kModules;
}

std::optional<Repeated> repeated(const std::string& base, const Values& parameters) {
  const auto rule = rules().find(base);
  return rule == rules().end() ? std::nullopt : rule->second(parameters);
}

Abstract extrapolated(const Abstract& one, const Abstract& two, int64_t copies) {
  Abstract many = widened(two, 1);
  const auto of = [&](int64_t Resources::*figure) {
    many.own.*figure = line(one.own.*figure, two.own.*figure, copies);
  };
  of(&Resources::lut);
  of(&Resources::ff);
  of(&Resources::ramb18);
  of(&Resources::dsp);
  of(&Resources::gates);
  std::set<std::string> types;
  for (const Abstract* part : {&one, &two}) {
    for (const auto& [type, count] : part->cells) types.insert(type);
  }
  const auto count = [](const Abstract& part, const std::string& type) {
    const auto found = part.cells.find(type);
    return found == part.cells.end() ? 0 : found->second;
  };
  for (const std::string& type : types) many.cells[type] = line(count(one, type), count(two, type), copies);
  return many;
}

}  // namespace tandem::synth
