// One exec'd worker: a line in, a line out, and what is left of it when it dies.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "support/result.h"

namespace tandem::tuner {

class WorkerProcess {
 public:
  /// Starts it in a process group of its own, so that what it starts ends with it.
  static Result<std::unique_ptr<WorkerProcess>> start(const std::vector<std::string>& command);
  ~WorkerProcess();  // kills and reaps
  WorkerProcess(const WorkerProcess&) = delete;
  WorkerProcess& operator=(const WorkerProcess&) = delete;

  /// False where the worker no longer reads.
  bool send(const std::string& line);
  /// For poll().
  int descriptor() const { return from_; }
  /// Reads what has come; after it, `line` and `ended` tell.
  void receive();
  /// The next whole line, once.
  std::optional<std::string> line();
  bool ended() const { return ended_; }
  /// Kills, reaps and says how it ended, with its last words on standard error: "worker ended by signal 11
  /// (Segmentation fault)".
  std::string obituary();

 private:
  WorkerProcess(pid_t pid, int to, int from, int errors) : pid_(pid), to_(to), from_(from), errors_(errors) {}
  int reap();
  std::string last_words() const;

  pid_t pid_;
  int to_, from_, errors_;  // a socket, a pipe's end, an anonymous file
  std::string buffer_;
  bool ended_ = false;
  std::optional<int> status_;
};

}  // namespace tandem::tuner
