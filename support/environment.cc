#include "support/environment.h"

#include <fmt/format.h>

#include <cstdlib>
#include <thread>

#include "support/file.h"
#include "support/process.h"

namespace tandem {
namespace {

std::string joined(std::string root, const std::string& relative) {
  if (!relative.empty()) root += "/" + relative;
  return root;
}

}  // namespace

std::string checkout_path(const std::string& relative) {
  const char* root = std::getenv("TANDEM_ROOT");
  return joined(root != nullptr ? root : TANDEM_SOURCE_DIR, relative);
}

std::string shared_data_path(const std::string& relative) {
  const char* data = std::getenv("TANDEM_DATA");
  return joined(data != nullptr ? data : checkout_path("../shared"), relative);
}

std::string revision() {
  const auto git = [](std::vector<std::string> command) {
    command.insert(command.begin(), {"git", "-C", checkout_path("")});
    return run_process(command);
  };
  const Result<ProcessResult> commit = git({"describe", "--always", "--abbrev=12", "--exclude=*"});
  // What benches write is no source.
  const Result<ProcessResult> changes =
      git({"status", "--porcelain", "--untracked-files=no", "--", ".", ":!docs/results.md"});
  if (!commit.ok() || commit->exit_code != 0 || !changes.ok()) return "unknown";
  return commit->output.substr(0, commit->output.find('\n')) + (changes->output.empty() ? "" : "-dirty");
}

std::string machine() {
  std::string processor = "unknown processor";
  const Result<std::string> info = read_text_file("/proc/cpuinfo");
  if (info.ok()) {
    const size_t line = info->find("model name");
    const size_t colon = line == std::string::npos ? line : info->find(": ", line);
    if (colon != std::string::npos) processor = info->substr(colon + 2, info->find('\n', colon) - colon - 2);
  }
  return fmt::format("{}, {} cores", processor, std::thread::hardware_concurrency());
}

}  // namespace tandem
