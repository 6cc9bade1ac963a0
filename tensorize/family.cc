#include "tensorize/family.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <set>

#include "isa/builtin.h"
#include "isa/instruction.h"
#include "support/yaml.h"

namespace tandem::tensorize {
namespace {

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

void collect_arguments(const isa::ScalarExpression& expression, std::set<int64_t>& used) {
  if (expression->op == isa::ScalarOp::kArgument) used.insert(expression->value);
  for (const isa::ScalarExpression& operand : expression->operands) collect_arguments(operand, used);
}

/// "ab" of an operation that uses a and b.
std::string operands_of(const isa::AluOpInfo& operation) {
  std::set<int64_t> used;
  collect_arguments(isa::alu_function(operation.code).function.body, used);
  std::string names;
  for (const int64_t index : used) names += static_cast<char>('a' + index);
  return names;
}

/// `expression` with `values` in the places of a, b and c.
std::string with_operands(const std::string& expression, const std::vector<std::string>& values) {
  std::string text;
  for (size_t at = 0; at < expression.size();) {
    size_t end = at;
    while (end < expression.size() && is_word(expression[end])) ++end;
    if (end == at) {
      text += expression[at++];
      continue;
    }
    const std::string word = expression.substr(at, end - at);
    const bool is_operand = word.size() == 1 && word[0] >= 'a' && static_cast<size_t>(word[0] - 'a') < values.size();
    text += is_operand ? values[static_cast<size_t>(word[0] - 'a')] : word;
    at = end;
  }
  return text;
}

/// The arguments of a call whose "(" is at `at`, which moves behind its ")".
std::vector<std::string> arguments_at(const std::string& text, size_t& at) {
  std::vector<std::string> arguments(1);
  int depth = 0;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '(' || c == '[') ++depth;
    if (c == ')' || c == ']') --depth;
    if (depth == 0) break;
    if (depth == 1 && c == '(') continue;
    if (depth == 1 && c == ',') {
      arguments.emplace_back();
    } else {
      arguments.back() += c;
    }
  }
  ++at;
  return arguments;
}

std::string member(const std::string& text, const isa::AluOpInfo& operation) {
  const std::string name = "$name", value = "$value(";
  std::string result;
  for (size_t at = 0; at < text.size();) {
    if (text.compare(at, name.size(), name) == 0) {
      result += operation.name;
      at += name.size();
    } else if (text.compare(at, value.size(), value) == 0) {
      at += value.size() - 1;
      const std::vector<std::string> arguments = arguments_at(text, at);
      result += "(" + with_operands(operation.expression, arguments) + ")";
    } else {
      result += text[at++];
    }
  }
  return result;
}

}  // namespace

Result<std::vector<std::string>> expand_family(const std::string& text, const std::string& file) {
  if (text.find("for_each") == std::string::npos) return std::vector<std::string>{text};
  TANDEM_ASSIGN(const YamlNode root, YamlNode::parse(text, file));
  if (!root.has("for_each")) return std::vector<std::string>{text};
  TANDEM_ASSIGN(const YamlNode range, root.at("for_each"));
  TANDEM_TRY(range.only_keys({"alu_operation"}));
  TANDEM_ASSIGN(const YamlNode filter, range.at("alu_operation"));
  TANDEM_TRY(filter.only_keys({"extended", "operands"}));
  TANDEM_ASSIGN(const YamlNode extended_node, filter.at("extended"));
  TANDEM_ASSIGN(const bool extended, extended_node.boolean());
  TANDEM_ASSIGN(const YamlNode operand_list, filter.at("operands"));
  std::string operands;
  for (const YamlNode& item : operand_list.items()) {
    TANDEM_ASSIGN(const std::string operand, item.text());
    if (operand != "a" && operand != "b" && operand != "c")
      return unknown_name(item.where(), "operand", operand, {"a", "b", "c"});
    operands += operand;
  }
  std::vector<std::string> members;
  for (const isa::AluOpInfo& operation : isa::alu_op_infos()) {
    if ((operation.code >= isa::kFirstExtendedAluOp) != extended || operands_of(operation) != operands) continue;
    members.push_back(member(text, operation));
  }
  return members;
}

}  // namespace tandem::tensorize
