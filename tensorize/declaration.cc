#include "tensorize/declaration.h"

#include <fmt/format.h>

#include <algorithm>

#include "compiler/loop/parser.h"
#include "support/yaml.h"
#include "tensorize/embedded_declarations.h"

namespace tandem::tensorize {
namespace {

/// The shape names that patterns of a target may use.
std::map<std::string, int64_t> constants_of(const std::string& target, const isa::HwConfig& hardware) {
  if (target != "accel") return {};
  return {{"batch", hardware.batch}, {"block_in", hardware.block_in}, {"block_out", hardware.block_out}};
}

}  // namespace

Result<IntrinsicDeclaration> parse_declaration(const std::string& text, const std::string& file,
                                               const isa::HwConfig& hardware) {
  TANDEM_ASSIGN(const YamlNode root, YamlNode::parse(text, file));
  TANDEM_TRY(root.only_keys({"name", "target", "pattern", "emission"}));
  IntrinsicDeclaration declaration;
  TANDEM_ASSIGN(const YamlNode name, root.at("name"));
  TANDEM_ASSIGN(declaration.name, name.text());
  TANDEM_ASSIGN(const YamlNode target, root.at("target"));
  TANDEM_ASSIGN(declaration.target, target.text());
  TANDEM_ASSIGN(const YamlNode pattern, root.at("pattern"));
  TANDEM_ASSIGN(const std::string pattern_text, pattern.text());
  Result<loop::Kernel> kernel = loop::parse_kernel(pattern_text, file, constants_of(declaration.target, hardware));
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
  TANDEM_ASSIGN(const YamlNode emission, root.at("emission"));
  if (!emission.is_map()) return Diagnostic{emission.where(), "'emission' must be a map of fields", {}, ""};
  for (const auto& [key, value] : emission.entries()) {
    TANDEM_ASSIGN(declaration.emission[key], value.text());
  }
  return declaration;
}

Result<IntrinsicSet> IntrinsicSet::load(const std::string& target, const isa::HwConfig& hardware) {
  IntrinsicSet set;
  std::vector<std::string> targets;
  for (const EmbeddedDeclaration& embedded : embedded_declarations()) {
    // tensorize/intrinsics/TARGET/NAME.yaml: only the target's own files are parsed.
    const std::string path = embedded.path, root = "tensorize/intrinsics/";
    const std::string folder = path.substr(root.size(), path.find('/', root.size()) - root.size());
    if (std::find(targets.begin(), targets.end(), folder) == targets.end()) targets.push_back(folder);
    if (folder != target) continue;
    TANDEM_ASSIGN(IntrinsicDeclaration declaration, parse_declaration(embedded.text, embedded.path, hardware));
    if (set.find(declaration.name)) {
      return Diagnostic{
          {path, 0, 0}, fmt::format("a second intrinsic '{}' for '{}'", declaration.name, target), {}, ""};
    }
    set.declarations_.push_back(std::move(declaration));
  }
  if (set.declarations_.empty()) return unknown_name({}, "target", target, std::move(targets));
  return set;
}

const IntrinsicDeclaration* IntrinsicSet::find(const std::string& name) const {
  const auto found = std::find_if(declarations_.begin(), declarations_.end(),
                                  [&](const IntrinsicDeclaration& declaration) { return declaration.name == name; });
  return found == declarations_.end() ? nullptr : &*found;
}

}  // namespace tandem::tensorize
