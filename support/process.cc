#include "support/process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <climits>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string_view>

extern char** environ;

namespace tandem {
namespace {

using Clock = std::chrono::steady_clock;

bool is_executable(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) && ::access(path.c_str(), X_OK) == 0;
}

/// A pipe whose ends close by themselves.
class Pipe {
 public:
  Pipe() {
    if (::pipe2(ends_, O_CLOEXEC) != 0) ends_[0] = ends_[1] = -1;
  }
  ~Pipe() {
    close_end(0);
    close_end(1);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  bool ok() const { return ends_[0] >= 0; }
  int read_end() const { return ends_[0]; }
  int write_end() const { return ends_[1]; }
  void close_end(int index) {
    if (ends_[index] >= 0) ::close(ends_[index]);
    ends_[index] = -1;
  }

 private:
  int ends_[2];
};

/// posix_spawn's two argument objects, destroyed together.
struct SpawnSettings {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  SpawnSettings() {
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
  }
  ~SpawnSettings() {
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;
};

int spawn(const std::string& program, const std::vector<std::string>& argv, const std::string& directory,
          bool own_group, const Pipe& output, const Pipe& errors, pid_t& child) {
  SpawnSettings settings;
  posix_spawn_file_actions_addopen(&settings.actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&settings.actions, output.write_end(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&settings.actions, errors.write_end(), STDERR_FILENO);
  posix_spawn_file_actions_addchdir_np(&settings.actions, directory.c_str());
  sigset_t none;
  sigemptyset(&none);
  sigset_t defaults;
  sigemptyset(&defaults);
  sigaddset(&defaults, SIGPIPE);
  posix_spawnattr_setsigmask(&settings.attributes, &none);
  posix_spawnattr_setsigdefault(&settings.attributes, &defaults);
  const int group = own_group ? POSIX_SPAWN_SETPGROUP : 0;
  posix_spawnattr_setflags(&settings.attributes,
                           static_cast<short>(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | group));
  std::vector<char*> arguments;
  arguments.reserve(argv.size() + 1);
  for (const std::string& argument : argv) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  return posix_spawn(&child, program.c_str(), &settings.actions, &settings.attributes, arguments.data(), environ);
}

/// Milliseconds for poll() until `deadline`, rounded up; -1 without one.
int poll_timeout(bool limited, Clock::time_point deadline) {
  if (!limited) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
  return static_cast<int>(std::clamp<int64_t>(left, 0, INT_MAX));
}

/// Collects both streams until they close. False where the deadline came first.
bool collect(const Pipe& output, const Pipe& errors, bool limited, Clock::time_point deadline, ProcessResult& result) {
  pollfd streams[2] = {{output.read_end(), POLLIN, 0}, {errors.read_end(), POLLIN, 0}};
  std::string* texts[2] = {&result.output, &result.errors};
  while (streams[0].fd >= 0 || streams[1].fd >= 0) {
    const int ready = ::poll(streams, 2, poll_timeout(limited, deadline));
    if (ready < 0 && errno == EINTR) continue;
    if (limited && Clock::now() >= deadline) return false;
    for (int i = 0; i < 2; ++i) {
      if (streams[i].fd < 0 || streams[i].revents == 0) continue;
      char chunk[1 << 14];
      const ssize_t count = ::read(streams[i].fd, chunk, sizeof chunk);
      if (count > 0) texts[i]->append(chunk, static_cast<size_t>(count));
      if (count == 0 || (count < 0 && errno != EINTR)) streams[i].fd = -1;  // poll skips it
    }
  }
  return true;
}

/// Waits for the child; false where the deadline came first.
bool reap(pid_t child, bool limited, Clock::time_point deadline, int& status) {
  while (true) {
    const pid_t ended = ::waitpid(child, &status, limited ? WNOHANG : 0);
    if (ended == child || (ended < 0 && errno != EINTR)) return true;
    if (limited && Clock::now() >= deadline) return false;
    if (limited) ::usleep(1000);
  }
}

}  // namespace

Result<ProcessResult> run_process(const std::vector<std::string>& argv, const std::string& directory,
                                  const ProcessLimits& limits) {
  TANDEM_CHECK(!argv.empty(), "run_process without a program");
  const std::string program = find_program(argv[0]);
  if (program.empty()) {
    return Diagnostic{{}, fmt::format("'{}' is not installed", argv[0]), {}, "'./tandem doctor' says how to mend it"};
  }
  Pipe output;
  Pipe errors;
  pid_t child = 0;
  int reason = output.ok() && errors.ok() ? 0 : EMFILE;
  const bool limited = limits.wall_seconds > 0;
  const auto deadline =
      Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(limits.wall_seconds));
  if (reason == 0) reason = spawn(program, argv, directory, limited, output, errors, child);
  if (reason != 0) {
    return Diagnostic{
        {}, fmt::format("cannot start '{}' in '{}': {}", argv[0], directory, std::strerror(reason)), {}, ""};
  }
  output.close_end(1);
  errors.close_end(1);
  ProcessResult result;
  int status = 0;
  if (!collect(output, errors, limited, deadline, result) || !reap(child, limited, deadline, status)) {
    result.timed_out = true;
    ::kill(-child, SIGKILL);
    reap(child, false, deadline, status);
  }
  result.exit_code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  return result;
}

std::string find_program(const std::string& name) {
  if (name.empty()) return "";
  if (name.find('/') != std::string::npos) {
    char resolved[PATH_MAX];
    if (!is_executable(name) || ::realpath(name.c_str(), resolved) == nullptr) return "";
    return name.front() == '/' ? name : resolved;
  }
  const char* path = std::getenv("PATH");
  std::string_view rest = path == nullptr ? "/usr/bin:/bin" : path;
  while (true) {
    const size_t colon = rest.find(':');
    const std::string directory(rest.substr(0, colon));
    const std::string candidate = (directory.empty() ? "." : directory) + "/" + name;
    if (is_executable(candidate)) return candidate;
    if (colon == std::string_view::npos) return "";
    rest.remove_prefix(colon + 1);
  }
}

}  // namespace tandem
