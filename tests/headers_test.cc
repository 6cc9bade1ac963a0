// Every header of ours compiles alone, without the precompiled headers that may hide a forgotten include. Headers that
// passed are not compiled again until they, a header of ours below them, or the compiler's options change: a list in
// the build folder has what passed.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <map>
#include <set>
#include <thread>

#include "support/file.h"
#include "support/hash.h"
#include "support/process.h"
#include "support/text.h"

namespace tandem {
namespace {

namespace fs = std::filesystem;

const std::string kRoot = TANDEM_SOURCE_DIR "/";
const std::string kGenerated = TANDEM_BUILD_DIR "/generated/";
const std::string kPassed = kGenerated + "tests/headers_that_compile_alone.txt";
const std::vector<std::string> kCompile = {"env",           "LC_ALL=C",   TANDEM_COMPILER,  "-std=c++17",
                                           "-fsyntax-only", "-Wall",      "-Wextra",        "-Wshadow",
                                           "-Werror",       "-I" + kRoot, "-I" + kGenerated};

/// Our headers, by path from the root.
std::vector<std::string> headers() {
  std::vector<std::string> found;
  for (const char* folder :
       {"support", "isa", "sim", "compiler", "tensorize", "runtime", "tuner", "report", "bench", "cli", "tests"}) {
    for (const auto& entry : fs::recursive_directory_iterator(kRoot + folder)) {
      if (entry.path().extension() == ".h") found.push_back(fs::relative(entry.path(), kRoot).string());
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

/// A hash of a header and of all of ours that it includes, however far below.
class Contents {
 public:
  uint64_t hash_of(const std::string& header) {
    std::set<std::string> all;
    gather(header, all);
    uint64_t hash = hash64(fmt::format("{}", fmt::join(kCompile, " ")));
    for (const std::string& path : all) hash = hash64(texts_.at(path), hash64(path, hash));
    return hash;
  }

 private:
  void gather(const std::string& header, std::set<std::string>& all) {
    if (!all.insert(header).second) return;
    const std::string& text = text_of(header);
    for (const std::string& line : lines_of(text)) {
      if (line.compare(0, 10, "#include \"") != 0) continue;
      const std::string name = line.substr(10, line.find('"', 10) - 10);
      const std::string sibling = (fs::path(header).parent_path() / name).string();
      gather(fs::exists(kRoot + sibling) ? sibling : name, all);
    }
  }
  const std::string& text_of(const std::string& header) {
    const auto [at, is_new] = texts_.try_emplace(header);
    if (is_new) {
      const Result<std::string> text = read_text_file((fs::exists(kRoot + header) ? kRoot : kGenerated) + header);
      if (text.ok()) at->second = *text;
    }
    return at->second;
  }
  std::map<std::string, std::string> texts_;
};

/// The compiler's first words where a header does not compile alone; else "".
std::string compile(const std::string& header) {
  std::vector<std::string> line = kCompile;
  for (const char* word : {"-include", header.c_str(), "-x", "c++", "/dev/null"}) line.push_back(word);
  const Result<ProcessResult> result = run_process(line);
  if (!result.ok()) return render(result.error());
  if (result->exit_code == 0) return "";
  const std::vector<std::string> lines = lines_of(result->errors);
  const auto error = std::find_if(lines.begin(), lines.end(),
                                  [](const std::string& text) { return text.find("error:") != std::string::npos; });
  return fmt::format("{} does not compile alone: {}", header, error == lines.end() ? result->errors : *error);
}

TEST(Headers, EachCompilesAlone) {
  Contents contents;
  std::vector<std::pair<std::string, std::string>> all;  // hash, header
  for (const std::string& header : headers()) all.emplace_back(hex(contents.hash_of(header)), header);
  ASSERT_GT(all.size(), 50u);
  std::set<std::string> passed;
  if (const Result<std::string> before = read_text_file(kPassed); before.ok()) {
    for (const std::string& hash : lines_of(*before)) passed.insert(hash);
  }
  std::vector<std::string> faults(all.size());
  std::atomic<size_t> next{0};
  const auto work = [&] {
    for (size_t i = next++; i < all.size(); i = next++) {
      if (passed.count(all[i].first) == 0) faults[i] = compile(all[i].second);
    }
  };
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < std::max(1u, std::thread::hardware_concurrency()); ++i) threads.emplace_back(work);
  for (std::thread& thread : threads) thread.join();
  std::string now;
  for (size_t i = 0; i < all.size(); ++i) {
    if (faults[i].empty()) now += all[i].first + "\n";
    EXPECT_EQ(faults[i], "");
  }
  ASSERT_TRUE(write_file(kPassed, now).ok());
}

TEST(Headers, AForgottenIncludeIsNamed) {
  const std::string path = testing::TempDir() + "forgetful.h";
  ASSERT_TRUE(write_file(path, "#pragma once\nstd::string name();\n").ok());
  EXPECT_EQ(compile(path), fmt::format("{0} does not compile alone: {0}:2:6: error: 'string' in namespace 'std' does "
                                       "not name a type",
                                       path));
}

}  // namespace
}  // namespace tandem
