// Strict reading of YAML: every key is declared, every mistake has its file, line and column. Wraps yaml-cpp.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "support/result.h"

namespace tandem {

/// A place in a parsed YAML document. Cheap to copy. Accessors give the value or a Diagnostic with the node's line and
/// column.
class YamlNode {
 public:
  /// The document's root. Errors: what is no YAML, a key given twice, more than one document, an empty one.
  static Result<YamlNode> parse(const std::string& text, const std::string& file);
  static Result<YamlNode> load(const std::string& path);

  SourceLocation where() const;
  bool is_map() const;
  bool is_list() const;
  bool is_scalar() const;

  /// Error "unknown key" with "did you mean" for any key of this map that is not in `known`; error where it is no map.
  Result<void> only_keys(const std::vector<std::string>& known) const;
  bool has(const std::string& key) const;
  /// The child, or "missing key 'key'".
  Result<YamlNode> at(const std::string& key) const;
  std::vector<YamlNode> items() const;                            // of a list; empty otherwise
  std::vector<std::pair<std::string, YamlNode>> entries() const;  // of a map, in file order

  Result<std::string> text() const;
  /// Accepts decimal and 0x; with suffixes KiB, MiB, GiB where `allow_size` is set ("32 KiB").
  Result<int64_t> integer(bool allow_size = false) const;
  Result<double> number() const;
  Result<bool> boolean() const;

 private:
  struct Impl;
  explicit YamlNode(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
  Diagnostic wrong(const std::string& wanted) const;
  std::shared_ptr<const Impl> impl_;
};

}  // namespace tandem
