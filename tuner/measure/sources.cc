#include "tuner/measure/sources.h"

#include <algorithm>
#include <filesystem>
#include <vector>

#include "support/file.h"
#include "support/hash.h"

namespace tandem::tuner {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFolders[] = {"support", "isa", "hw", "sim", "compiler", "tensorize", "runtime", "tuner"};
constexpr const char* kSuffixes[] = {".cc", ".h", ".sv", ".svh", ".yaml"};

bool counts(const fs::path& path) {
  const std::string stem = path.stem().string();
  const bool is_test = stem.size() > 5 && stem.compare(stem.size() - 5, 5, "_test") == 0;
  return !is_test && std::find(std::begin(kSuffixes), std::end(kSuffixes), path.extension()) != std::end(kSuffixes);
}

}  // namespace

std::string hash_of_sources(const std::string& checkout) {
  std::vector<std::string> paths;
  for (const char* folder : kFolders) {
    std::error_code error;  // of a folder that is not there
    for (fs::recursive_directory_iterator at(fs::path(checkout) / folder, error), end; at != end; ++at) {
      if (at->is_directory() && at->path().filename() == "tests") {
        at.disable_recursion_pending();
      } else if (counts(at->path())) {
        paths.push_back(fs::relative(at->path(), checkout).string());
      }
    }
  }
  std::sort(paths.begin(), paths.end());
  uint64_t hash = 0;
  for (const std::string& path : paths) {
    const Result<std::string> text = read_text_file(checkout + "/" + path);
    hash = hash64(text.ok() ? *text : "", hash64(path, hash));
  }
  return hex(hash);
}

}  // namespace tandem::tuner
