#include "support/yaml.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <charconv>
#include <set>

#include "support/file.h"

namespace tandem {

struct YamlNode::Impl {
  YAML::Node node;
  std::string file;
  std::string name;  // for messages: the key, or "layers[2]"; empty for the root
  YAML::Mark mark;   // of the value; of its key where the value is empty, as yaml-cpp then gives the next token's
};

namespace {

constexpr int kMaxDepth = 100;

SourceLocation place(const std::string& file, const YAML::Mark& mark) {
  if (mark.is_null()) return {file};
  return {file, mark.line + 1, mark.column + 1};
}

/// Key given twice, or a depth that only an alias to itself reaches.
Result<void> check_tree(const YAML::Node& node, const std::string& file, int depth) {
  if (depth > kMaxDepth) {
    return Diagnostic{place(file, node.Mark()), fmt::format("nested deeper than {} levels", kMaxDepth), {}, ""};
  }
  if (node.IsSequence()) {
    for (const auto& item : node) TANDEM_TRY(check_tree(item, file, depth + 1));
  } else if (node.IsMap()) {
    std::set<std::string> seen;
    for (const auto& entry : node) {
      if (!entry.first.IsScalar()) {
        return Diagnostic{place(file, entry.first.Mark()), "a key must be a plain word", {}, ""};
      }
      if (!seen.insert(entry.first.Scalar()).second) {
        return Diagnostic{place(file, entry.first.Mark()),
                          fmt::format("key '{}' is given twice", entry.first.Scalar()),
                          {},
                          "remove one of the two"};
      }
      TANDEM_TRY(check_tree(entry.second, file, depth + 1));
    }
  }
  return {};
}

std::string describe(const YAML::Node& node) {
  if (node.IsMap()) return "a map";
  if (node.IsSequence()) return "a list";
  if (node.IsScalar()) return fmt::format("'{}'", node.Scalar());
  return "empty";
}

bool parse_integer(std::string_view text, int64_t& value) {
  const bool negative = !text.empty() && text.front() == '-';
  if (negative) text.remove_prefix(1);
  int base = 10;
  if (text.size() > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
    base = 16;
    text.remove_prefix(2);
  }
  if (text.empty() || text.front() == '-') return false;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (result.ec != std::errc() || result.ptr != text.data() + text.size()) return false;
  if (negative) value = -value;
  return true;
}

}  // namespace

Result<YamlNode> YamlNode::parse(const std::string& text, const std::string& file) {
  try {
    const std::vector<YAML::Node> documents = YAML::LoadAll(text);
    if (documents.empty() || documents[0].IsNull()) return Diagnostic{{file}, "the document is empty", {}, ""};
    if (documents.size() > 1) {
      return Diagnostic{place(file, documents[1].Mark()),
                        fmt::format("{} YAML documents in one file", documents.size()),
                        {},
                        "keep one; '---' begins another"};
    }
    TANDEM_TRY(check_tree(documents[0], file, 0));
    return YamlNode(std::make_shared<Impl>(Impl{documents[0], file, "", documents[0].Mark()}));
  } catch (const YAML::Exception& error) {
    return Diagnostic{place(file, error.mark), fmt::format("not YAML: {}", error.msg), {}, ""};
  }
}

Result<YamlNode> YamlNode::load(const std::string& path) {
  TANDEM_ASSIGN(const std::string text, read_text_file(path));
  return parse(text, path);
}

SourceLocation YamlNode::where() const { return place(impl_->file, impl_->mark); }
bool YamlNode::is_map() const { return impl_->node.IsMap(); }
bool YamlNode::is_list() const { return impl_->node.IsSequence(); }
bool YamlNode::is_scalar() const { return impl_->node.IsScalar(); }

Diagnostic YamlNode::wrong(const std::string& wanted) const {
  const std::string subject = impl_->name.empty() ? "the document" : fmt::format("'{}'", impl_->name);
  const std::string found = describe(impl_->node);
  return Diagnostic{where(), fmt::format("{} must be {}, not {}", subject, wanted, found), {}, ""};
}

Result<void> YamlNode::only_keys(const std::vector<std::string>& known) const {
  if (!is_map()) return wrong("a map of 'key: value' lines");
  for (const auto& entry : impl_->node) {
    const std::string& key = entry.first.Scalar();
    bool found = false;
    for (const std::string& candidate : known) found |= candidate == key;
    if (!found) return unknown_name(place(impl_->file, entry.first.Mark()), "key", key, known);
  }
  return {};
}

bool YamlNode::has(const std::string& key) const { return is_map() && static_cast<bool>(impl_->node[key]); }

Result<YamlNode> YamlNode::at(const std::string& key) const {
  if (!is_map()) return wrong("a map of 'key: value' lines");
  for (auto& [name, child] : entries()) {
    if (name == key) return std::move(child);
  }
  const std::string inside = impl_->name.empty() ? "" : fmt::format(" in '{}'", impl_->name);
  return Diagnostic{where(), fmt::format("missing key '{}'{}", key, inside), {}, ""};
}

std::vector<YamlNode> YamlNode::items() const {
  std::vector<YamlNode> items;
  if (!is_list()) return items;
  for (const auto& item : impl_->node) {
    items.push_back(YamlNode(std::make_shared<Impl>(
        Impl{item, impl_->file, fmt::format("{}[{}]", impl_->name, items.size()), item.Mark()})));
  }
  return items;
}

std::vector<std::pair<std::string, YamlNode>> YamlNode::entries() const {
  std::vector<std::pair<std::string, YamlNode>> entries;
  if (!is_map()) return entries;
  for (const auto& entry : impl_->node) {
    const std::string& key = entry.first.Scalar();
    const YAML::Mark mark = entry.second.IsNull() ? entry.first.Mark() : entry.second.Mark();
    entries.emplace_back(key, YamlNode(std::make_shared<Impl>(Impl{entry.second, impl_->file, key, mark})));
  }
  return entries;
}

Result<std::string> YamlNode::text() const {
  if (!is_scalar()) return wrong("text");
  return impl_->node.Scalar();
}

Result<int64_t> YamlNode::integer(bool allow_size) const {
  const std::string wanted = allow_size ? "an integer or a size such as '32 KiB'" : "an integer";
  if (!is_scalar()) return wrong(wanted);
  std::string_view digits = impl_->node.Scalar();
  int64_t factor = 1;
  if (allow_size && digits.size() > 3) {
    const std::string_view suffix = digits.substr(digits.size() - 3);
    factor = suffix == "KiB" ? 1 << 10 : suffix == "MiB" ? 1 << 20 : suffix == "GiB" ? 1 << 30 : 1;
    if (factor != 1) digits.remove_suffix(3);
    while (factor != 1 && !digits.empty() && digits.back() == ' ') digits.remove_suffix(1);
  }
  int64_t value = 0;
  if (!parse_integer(digits, value) || __builtin_mul_overflow(value, factor, &value)) return wrong(wanted);
  return value;
}

Result<double> YamlNode::number() const {
  if (!is_scalar()) return wrong("a number");
  const std::string& text = impl_->node.Scalar();
  double value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  if (result.ec != std::errc() || result.ptr != text.data() + text.size() || value - value != 0) {
    return wrong("a number");
  }
  return value;
}

Result<bool> YamlNode::boolean() const {
  if (!is_scalar() || (impl_->node.Scalar() != "true" && impl_->node.Scalar() != "false")) {
    return wrong("true or false");
  }
  return impl_->node.Scalar() == "true";
}

}  // namespace tandem
