#include "tuner/measure/worker_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

extern char** environ;

namespace tandem::tuner {
namespace {

Diagnostic cannot_start(const std::string& program, int error) {
  return {{}, fmt::format("cannot start the worker '{}': {}", program, std::strerror(error)), {}, ""};
}

}  // namespace

Result<std::unique_ptr<WorkerProcess>> WorkerProcess::start(const std::vector<std::string>& command) {
  int input[2] = {-1, -1}, output[2] = {-1, -1};
  // A socket, because writing to a dead reader of a pipe would raise SIGPIPE in the owner.
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, input) != 0) return cannot_start(command[0], errno);
  if (::pipe2(output, O_CLOEXEC) != 0) {
    const int error = errno;
    ::close(input[0]);
    ::close(input[1]);
    return cannot_start(command[0], error);
  }
  const int errors = ::memfd_create("worker-stderr", MFD_CLOEXEC);
  if (errors >= 0) ::fcntl(errors, F_SETFL, O_APPEND);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input[1], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output[1], STDOUT_FILENO);
  if (errors >= 0) posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  std::vector<char*> arguments;
  for (const std::string& argument : command) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  pid_t pid = -1;
  const int error = ::posix_spawnp(&pid, command[0].c_str(), &actions, &attributes, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  ::close(input[1]);
  ::close(output[1]);
  if (error != 0) {
    ::close(input[0]);
    ::close(output[0]);
    if (errors >= 0) ::close(errors);
    return cannot_start(command[0], error);
  }
  return std::unique_ptr<WorkerProcess>(new WorkerProcess(pid, input[0], output[0], errors));
}

WorkerProcess::~WorkerProcess() {
  reap();
  ::close(to_);
  ::close(from_);
  if (errors_ >= 0) ::close(errors_);
}

bool WorkerProcess::send(const std::string& line) {
  std::string text = line + "\n";
  for (size_t sent = 0; sent < text.size();) {
    const ssize_t count = ::send(to_, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    sent += static_cast<size_t>(count);
  }
  return true;
}

void WorkerProcess::receive() {
  char chunk[1 << 14];
  const ssize_t count = ::read(from_, chunk, sizeof chunk);
  if (count > 0) buffer_.append(chunk, static_cast<size_t>(count));
  if (count == 0 || (count < 0 && errno != EINTR)) ended_ = true;
}

std::optional<std::string> WorkerProcess::line() {
  const size_t end = buffer_.find('\n');
  if (end == std::string::npos) return std::nullopt;
  std::string line = buffer_.substr(0, end);
  buffer_.erase(0, end + 1);
  return line;
}

int WorkerProcess::reap() {
  if (!status_) {
    // One that has closed its output is about to end by itself; how it did is worth a moment.
    int status = 0;
    pid_t done = 0;
    for (int i = 0; ended_ && done == 0 && i < 100; ++i) {
      done = ::waitpid(pid_, &status, WNOHANG);
      if (done == 0) ::poll(nullptr, 0, 5);
    }
    ::kill(-pid_, SIGKILL);
    while (done == 0 || (done < 0 && errno == EINTR)) done = ::waitpid(pid_, &status, 0);
    status_ = status;
  }
  return *status_;
}

std::string WorkerProcess::last_words() const {
  struct stat info {};
  if (errors_ < 0 || ::fstat(errors_, &info) != 0 || info.st_size == 0) return "";
  constexpr off_t kMost = 600;
  std::string words(static_cast<size_t>(std::min(info.st_size, kMost)), '\0');
  const ssize_t count = ::pread(errors_, words.data(), words.size(), info.st_size - static_cast<off_t>(words.size()));
  words.resize(count > 0 ? static_cast<size_t>(count) : 0);
  while (!words.empty() && words.back() == '\n') words.pop_back();
  return words;
}

std::string WorkerProcess::obituary() {
  const int status = reap();
  std::string text = WIFSIGNALED(status) ? fmt::format("worker ended by signal {} ({})", WTERMSIG(status),
                                                       ::strsignal(WTERMSIG(status)))
                                         : fmt::format("worker ended with status {}", WEXITSTATUS(status));
  const std::string words = last_words();
  return words.empty() ? text : text + ": " + words;
}

}  // namespace tandem::tuner
