// Runs the console blocks of pages that walk through something, line by line in one folder, and compares what they
// print.
// "$ " begins a command, "> " goes on with it; the rest is its output, standard error included. $ROOT is the checkout.
// `tandem_walkthrough_test --update-golden` writes the outputs anew.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>

#include "support/file.h"
#include "support/process.h"
#include "support/text.h"

namespace tandem {
namespace {

bool update_golden = false;

std::string output_of(const std::string& command, const std::string& directory) {
  const std::string script =
      fmt::format("exec 2>&1; ROOT='{}'; PATH='{}':$PATH\n{}", TANDEM_SOURCE_DIR, TANDEM_BUILD_DIR, command);
  const Result<ProcessResult> result = run_process({"bash", "-c", script}, directory, {120});
  return result.ok() ? result->output : render(result.error()) + "\n";
}

/// The page with the outputs that its commands have now.
std::string rerun(const std::string& page, const std::string& directory) {
  std::string text, command;
  bool console = false;
  const auto finish = [&] {
    if (!command.empty()) text += output_of(command, directory);
    command.clear();
  };
  for (const std::string& line : lines_of(page)) {
    const bool fence = line.compare(0, 3, "```") == 0;
    if (fence) {
      finish();
      console = line == "```console";
    } else if (console && line.compare(0, 2, "$ ") == 0) {
      finish();
      command = line.substr(2) + "\n";
    } else if (console && line.compare(0, 1, ">") == 0) {
      command += (line.size() > 2 ? line.substr(2) : "") + "\n";
    }
    const bool is_output = console && !fence && line.compare(0, 2, "$ ") != 0 && line.compare(0, 1, ">") != 0;
    if (!is_output) text += line + "\n";
  }
  return text;
}

TEST(Walkthrough, ScheduleInTenMinutes) {
  const std::string path = TANDEM_SOURCE_DIR "/docs/schedule-in-ten-minutes.md";
  const std::string page = read_text_file(path).value();
  const std::string directory = fmt::format("{}tandem_walkthrough_{}", testing::TempDir(), ::getpid());
  std::filesystem::create_directories(directory);
  const std::string now = rerun(page, directory);
  std::filesystem::remove_all(directory);
  if (update_golden) {
    ASSERT_TRUE(write_file(path, now).ok());
  } else {
    EXPECT_EQ(now, page) << "where the new outputs are right: tandem_walkthrough_test --update-golden";
  }
}

}  // namespace
}  // namespace tandem

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  for (int i = 1; i < argc; ++i) tandem::update_golden |= std::strcmp(argv[i], "--update-golden") == 0;
  return RUN_ALL_TESTS();
}
