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
  const Result<ProcessResult> git =
      run_process({"git", "-C", checkout_path(""), "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"});
  if (!git.ok() || git->exit_code != 0) return "unknown";
  return git->output.substr(0, git->output.find('\n'));
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
