// The declarations of a target: those compiled in, or those of given files.
#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <mutex>

#include "tensorize/declaration.h"
#include "tensorize/embedded_declarations.h"
#include "tensorize/family.h"

namespace tandem::tensorize {
namespace {

/// Sets that were read before: a declaration is text, and compiling a layer needs some hundred lines of it. Few targets
/// are in use at a time.
class Memory {
 public:
  struct Key {
    std::string target;
    isa::HwConfig hardware;
    std::set<std::string> cpu_features;
    bool operator==(const Key& other) const {
      return target == other.target && hardware == other.hardware && cpu_features == other.cpu_features;
    }
  };

  std::optional<IntrinsicSet> find(const Key& key) {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (const auto& [known, set] : sets_) {
      if (known == key) return set;
    }
    return std::nullopt;
  }
  void add(const Key& key, const IntrinsicSet& set) {
    const std::lock_guard<std::mutex> lock(mutex_);
    sets_.emplace_front(key, set);
    if (sets_.size() > kMost) sets_.pop_back();
  }

 private:
  static constexpr size_t kMost = 8;
  std::mutex mutex_;
  std::deque<std::pair<Key, IntrinsicSet>> sets_;
};

}  // namespace

Result<IntrinsicSet> IntrinsicSet::parse(const std::vector<std::pair<std::string, std::string>>& files,
                                         const isa::HwConfig& hardware, const std::set<std::string>& cpu_features) {
  std::vector<IntrinsicDeclaration> declarations;
  for (const auto& [path, text] : files) {
    TANDEM_ASSIGN(const std::vector<std::string> members, expand_family(text, path));
    for (const std::string& member : members) {
      TANDEM_ASSIGN(IntrinsicDeclaration declaration, parse_declaration(member, path, hardware, cpu_features));
      for (const IntrinsicDeclaration& other : declarations) {
        if (other.name != declaration.name) continue;
        return Diagnostic{{path, 0, 0},
                          fmt::format("a second intrinsic '{}' for '{}'", declaration.name, declaration.target),
                          {},
                          fmt::format("the first is in {}", other.file)};
      }
      declarations.push_back(std::move(declaration));
    }
  }
  std::sort(declarations.begin(), declarations.end(),
            [](const IntrinsicDeclaration& a, const IntrinsicDeclaration& b) { return a.name < b.name; });
  IntrinsicSet set;
  set.declarations_ = std::make_shared<const std::vector<IntrinsicDeclaration>>(std::move(declarations));
  return set;
}

Result<IntrinsicSet> IntrinsicSet::load(const std::string& target, const isa::HwConfig& hardware,
                                        const std::set<std::string>& cpu_features) {
  static Memory memory;
  const Memory::Key key{target, hardware, cpu_features};
  if (std::optional<IntrinsicSet> known = memory.find(key)) return *known;
  std::vector<std::string> targets;
  std::vector<std::pair<std::string, std::string>> files;
  for (const EmbeddedDeclaration& embedded : embedded_declarations()) {
    // tensorize/intrinsics/TARGET/NAME.yaml: only the target's own files are parsed.
    const std::string path = embedded.path, root = "tensorize/intrinsics/";
    const std::string folder = path.substr(root.size(), path.find('/', root.size()) - root.size());
    if (std::find(targets.begin(), targets.end(), folder) == targets.end()) targets.push_back(folder);
    if (folder == target) files.emplace_back(path, embedded.text);
  }
  if (files.empty()) return unknown_name({}, "target", target, std::move(targets));
  TANDEM_ASSIGN(IntrinsicSet set, parse(files, hardware, cpu_features));
  memory.add(key, set);
  return set;
}

const IntrinsicDeclaration* IntrinsicSet::find(const std::string& name) const {
  const auto found = std::lower_bound(declarations_->begin(), declarations_->end(), name,
                                      [](const IntrinsicDeclaration& a, const std::string& b) { return a.name < b; });
  return found == declarations_->end() || found->name != name ? nullptr : &*found;
}

Result<const IntrinsicDeclaration*> IntrinsicSet::at(const std::string& name) const {
  if (const IntrinsicDeclaration* declaration = find(name)) return declaration;
  std::vector<std::string> names;
  for (const IntrinsicDeclaration& declaration : *declarations_) names.push_back(declaration.name);
  return unknown_name({}, "intrinsic", name, std::move(names));
}

}  // namespace tandem::tensorize
