#include "cli/intrinsic_argument.h"

#include <fmt/format.h>

#include "support/file.h"

namespace tandem::cli {

Result<ChosenIntrinsics> load_intrinsics(const std::string& target, const std::string& argument,
                                         const isa::HwConfig& hardware, const std::set<std::string>& cpu_features) {
  using tensorize::IntrinsicSet;
  const std::string suffix = ".yaml";
  const bool is_file = argument.size() > suffix.size() && argument.substr(argument.size() - suffix.size()) == suffix;
  ChosenIntrinsics result;
  if (is_file) {
    TANDEM_ASSIGN(const std::string text, read_text_file(argument));
    TANDEM_ASSIGN(result.set, IntrinsicSet::parse({{argument, text}}, hardware, cpu_features));
  } else {
    TANDEM_ASSIGN(result.set, IntrinsicSet::load(target, hardware, cpu_features));
  }
  if (!is_file && !argument.empty()) {
    TANDEM_ASSIGN(const tensorize::IntrinsicDeclaration* const declaration, result.set.at(argument));
    result.chosen.push_back(declaration);
    return result;
  }
  for (const tensorize::IntrinsicDeclaration& declaration : result.set.all()) {
    if (declaration.target != target) {
      return Diagnostic{
          {argument, 0, 0},
          fmt::format("'{}' is an intrinsic of target '{}', not of '{}'", declaration.name, declaration.target, target),
          {},
          ""};
    }
    result.chosen.push_back(&declaration);
  }
  return result;
}

}  // namespace tandem::cli
