#include "tensorize/declaration.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "compiler/loop/parser.h"
#include "support/yaml.h"

namespace tandem::tensorize {
namespace {

const std::vector<std::string> kTargets = {"accel", "cpu"};

/// The shape names that patterns of a target may use. What the hardware lacks counts as 1: its intrinsics are refused,
/// and still read.
std::map<std::string, int64_t> constants_of(const std::string& target, const isa::HwConfig& hardware) {
  if (target != "accel") return {};
  return {{"batch", hardware.batch},
          {"block_in", hardware.block_in},
          {"block_out", hardware.block_out},
          {"depthwise_width", std::max(1, hardware.depthwise_width())}};
}

Result<size_t> param_of(const YamlNode& node, const std::string& name, const loop::Kernel& pattern) {
  std::vector<std::string> names;
  for (size_t i = 0; i < pattern.params.size(); ++i) {
    names.push_back(pattern.params[i].buffer->name);
    if (names.back() == name) return i;
  }
  return unknown_name(node.where(), "parameter of the pattern", name, std::move(names));
}

/// What `needs` of the declaration lists. Names of hardware parameters are checked; LLVM knows those of CPU features.
Result<std::vector<std::string>> read_needs(const YamlNode& root, const std::string& target) {
  std::vector<std::string> needs;
  if (!root.has("needs")) return needs;
  TANDEM_ASSIGN(const YamlNode list, root.at("needs"));
  const std::vector<std::string> known = isa::parameter_names();
  for (const YamlNode& item : list.items()) {
    TANDEM_ASSIGN(std::string need, item.text());
    if (target == "accel" && std::find(known.begin(), known.end(), need) == known.end())
      return unknown_name(item.where(), "parameter", need, known);
    needs.push_back(std::move(need));
  }
  return needs;
}

/// `align`: multiples, counted in what the instruction's field counts.
Result<void> read_alignment(const YamlNode& root, const std::map<std::string, int64_t>& constants,
                            IntrinsicDeclaration& declaration) {
  declaration.alignment.assign(declaration.pattern.params.size(), 1);
  if (const auto* accel = std::get_if<AccelEmission>(&declaration.emission)) {
    for (const AccelOperand& operand : accel->operands) declaration.alignment[operand.param] = operand.lanes;
  }
  if (!root.has("align")) return {};
  TANDEM_ASSIGN(const YamlNode map, root.at("align"));
  if (!map.is_map()) return Diagnostic{map.where(), "'align' must be a map of parameters", {}, ""};
  for (const auto& [name, value] : map.entries()) {
    TANDEM_ASSIGN(const size_t param, param_of(value, name, declaration.pattern));
    TANDEM_ASSIGN(const std::string text, value.text());
    int64_t multiple = 0;
    if (const auto constant = constants.find(text); constant != constants.end()) {
      multiple = constant->second;
    } else {
      TANDEM_ASSIGN(multiple, value.integer());
    }
    if (multiple < 1) return Diagnostic{value.where(), fmt::format("'{}' aligns to {}", name, multiple), {}, ""};
    declaration.alignment[param] *= multiple;
  }
  return {};
}

Result<void> read_given(const YamlNode& root, IntrinsicDeclaration& declaration) {
  if (!root.has("given")) return {};
  TANDEM_ASSIGN(const YamlNode list, root.at("given"));
  for (const YamlNode& item : list.items()) {
    TANDEM_TRY(item.only_keys({"operand", "word", "byte", "low", "high"}));
    ValueRange range;
    TANDEM_ASSIGN(const YamlNode operand, item.at("operand"));
    TANDEM_ASSIGN(const std::string name, operand.text());
    TANDEM_ASSIGN(range.param, param_of(operand, name, declaration.pattern));
    const Shape& shape = declaration.pattern.params[range.param].buffer->shape;
    TANDEM_ASSIGN(const YamlNode word, item.at("word"));
    TANDEM_ASSIGN(range.word, word.integer());
    if (range.word < 0 || shape.empty() || range.word >= shape.back())
      return Diagnostic{
          word.where(), fmt::format("'{}' has no word {} in {}", name, range.word, to_string(shape)), {}, ""};
    if (item.has("byte")) {
      TANDEM_ASSIGN(const YamlNode byte, item.at("byte"));
      TANDEM_ASSIGN(const int64_t value, byte.integer());
      if (value < 0 || value > 3)
        return Diagnostic{byte.where(), fmt::format("a word has no byte {}", value), {"0 to 3"}, ""};
      range.byte = static_cast<int>(value);
    }
    TANDEM_ASSIGN(const YamlNode low, item.at("low"));
    TANDEM_ASSIGN(range.low, low.integer());
    TANDEM_ASSIGN(const YamlNode high, item.at("high"));
    TANDEM_ASSIGN(range.high, high.integer());
    if (range.low > range.high)
      return Diagnostic{item.where(), fmt::format("no value lies in [{}, {}]", range.low, range.high), {}, ""};
    declaration.given.push_back(range);
  }
  return {};
}

}  // namespace

Result<IntrinsicDeclaration> parse_declaration(const std::string& text, const std::string& file,
                                               const isa::HwConfig& hardware,
                                               const std::set<std::string>& cpu_features) {
  TANDEM_ASSIGN(const YamlNode root, YamlNode::parse(text, file));
  TANDEM_TRY(root.only_keys({"name", "target", "for_each", "pattern", "needs", "align", "given", "emission"}));
  IntrinsicDeclaration declaration;
  declaration.file = file;
  TANDEM_ASSIGN(const YamlNode name, root.at("name"));
  TANDEM_ASSIGN(declaration.name, name.text());
  TANDEM_ASSIGN(const YamlNode target, root.at("target"));
  TANDEM_ASSIGN(declaration.target, target.text());
  if (std::find(kTargets.begin(), kTargets.end(), declaration.target) == kTargets.end())
    return unknown_name(target.where(), "target", declaration.target, kTargets);
  TANDEM_ASSIGN(const YamlNode pattern, root.at("pattern"));
  TANDEM_ASSIGN(const std::string pattern_text, pattern.text());
  const std::map<std::string, int64_t> constants = constants_of(declaration.target, hardware);
  Result<loop::Kernel> kernel = loop::parse_kernel(pattern_text, file, constants);
  if (!kernel.ok()) {
    Diagnostic error = kernel.error();
    error.where.line += pattern.where().line;  // a block scalar begins on the line after its key
    return error;
  }
  declaration.pattern = std::move(kernel).value();
  if (declaration.pattern.name != declaration.name) {
    return Diagnostic{pattern.where(),
                      fmt::format("the pattern's kernel is called '{}', the intrinsic '{}'", declaration.pattern.name,
                                  declaration.name),
                      {},
                      "give them one name"};
  }
  TANDEM_ASSIGN(declaration.needs, read_needs(root, declaration.target));
  TANDEM_ASSIGN(const YamlNode emission, root.at("emission"));
  if (declaration.target == "accel") {
    TANDEM_ASSIGN(AccelEmission accel, read_accel_emission(emission, declaration.pattern, hardware, declaration.needs));
    if (accel.imm >= 0) {
      const isa::FieldLimits limits = isa::limits(hardware);
      declaration.scalar_ranges[static_cast<size_t>(accel.imm)] = {limits.imm_min, limits.alu.imm};
    }
    declaration.emission = std::move(accel);
  } else {
    TANDEM_TRY(emission.only_keys({"llvm"}));
    TANDEM_ASSIGN(const YamlNode llvm, emission.at("llvm"));
    CpuEmission cpu;
    TANDEM_ASSIGN(cpu.llvm, llvm.text());
    cpu.first_line = llvm.where().line + 1;
    declaration.emission = std::move(cpu);
  }
  for (const std::string& need : declaration.needs) {
    const bool has = declaration.target == "accel" ? isa::parameter(hardware, need) != 0 : cpu_features.count(need) > 0;
    if (!has && declaration.lacks.empty()) declaration.lacks = need;
  }
  TANDEM_TRY(read_alignment(root, constants, declaration));
  TANDEM_TRY(read_given(root, declaration));
  return declaration;
}

}  // namespace tandem::tensorize
