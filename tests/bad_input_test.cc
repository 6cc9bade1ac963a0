// Runs the `tandem` command on wrong input and compares what it says, whole, with tests/bad_input/*.golden. A golden
// file is a list of shell lines "$ tandem ...", each followed by what it prints on standard output, then on standard
// error, and "exit STATUS". The lines run in a fresh copy of tests/bad_input/input/ and may use $ROOT, the checkout. A
// first line "# needs: COMMAND" skips the file where COMMAND fails. `tandem_bad_input_test --update-golden` writes the
// files anew.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "support/file.h"
#include "support/process.h"
#include "support/text.h"

namespace tandem {
namespace {

namespace fs = std::filesystem;

bool update_golden = false;

const fs::path& folder() {
  static const fs::path kFolder = TANDEM_SOURCE_DIR "/tests/bad_input";
  return kFolder;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
  return text;
}

/// What the shell line prints, as a golden file has it. Absolute paths are shown as $ROOT (the checkout) and $PWD.
std::string transcript(const std::string& line, const std::string& directory) {
  const std::string script = fmt::format("ROOT='{}'; PATH='{}':$PATH; {}", TANDEM_SOURCE_DIR, TANDEM_BUILD_DIR, line);
  const Result<ProcessResult> result = run_process({"bash", "-c", script}, directory, {120});
  if (!result.ok()) return render(result.error()) + "\n";
  std::string text = fmt::format("$ {}\n{}{}exit {}\n", line, result->output, result->errors, result->exit_code);
  return replaced(replaced(std::move(text), directory, "$PWD"), TANDEM_SOURCE_DIR, "$ROOT");
}

class BadInput : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    directory_ = fmt::format("{}tandem_bad_input_{}_{}", testing::TempDir(), GetParam(), ::getpid());
    fs::copy(folder() / "input", directory_, fs::copy_options::recursive);
  }
  void TearDown() override { fs::remove_all(directory_); }
  std::string directory_;
};

TEST_P(BadInput, SaysExactlyThis) {
  const std::string path = (folder() / (GetParam() + ".golden")).string();
  const std::string golden = read_text_file(path).value();
  const std::string needs = "# needs: ";
  std::string actual;
  for (const std::string& line : lines_of(golden)) {
    if (line.compare(0, needs.size(), needs) == 0) {
      if (run_process({"bash", "-c", line.substr(needs.size())})->exit_code != 0) {
        GTEST_SKIP() << "[SKIP] this machine does not allow: " << line.substr(needs.size());
      }
      actual += line + "\n";
    }
    if (line.compare(0, 2, "$ ") == 0) actual += (actual.empty() ? "" : "\n") + transcript(line.substr(2), directory_);
  }
  if (update_golden) {
    ASSERT_TRUE(write_file(path, actual).ok());
  } else {
    EXPECT_EQ(actual, golden) << "where the new text is right: tandem_bad_input_test --update-golden";
  }
}

std::vector<std::string> golden_names() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder())) {
    if (entry.path().extension() == ".golden") names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

INSTANTIATE_TEST_SUITE_P(Golden, BadInput, testing::ValuesIn(golden_names()),
                         [](const auto& golden) { return golden.param; });

}  // namespace
}  // namespace tandem

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  for (int i = 1; i < argc; ++i) tandem::update_golden |= std::strcmp(argv[i], "--update-golden") == 0;
  return RUN_ALL_TESTS();
}
