// The records of one run in one SQLite file: each measurement as it arrives, and what the run is about.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tuner/measure/measurement.h"

namespace tandem::tuner {

/// What a run is about.
struct RunIdentity {
  /// Named texts: the specification, the seed, the model's hash, ... A run is resumed only where all are equal.
  std::vector<std::pair<std::string, std::string>> must_agree;
  /// The commit that began the run, for people: a refusal names it.
  std::string revision;
};

/// Written by the run's owner only, under an exclusive lock; every record is a transaction, so that a killed owner
/// loses nothing that it has recorded. Errors name the file and the remedy.
class RunDatabase {
 public:
  /// A new run. Error where the file exists.
  static Result<std::unique_ptr<RunDatabase>> create(const std::string& path, const RunIdentity& identity);
  /// A run to be continued. Errors: no such file, no run of Tandem, another schema, another identity, in use.
  static Result<std::unique_ptr<RunDatabase>> resume(const std::string& path, const RunIdentity& identity);
  ~RunDatabase();
  RunDatabase(const RunDatabase&) = delete;
  RunDatabase& operator=(const RunDatabase&) = delete;

  /// The recorded outcome of this trial. Error where the record is of another request: the run would not be the same.
  Result<std::optional<Measurement>> find(const Request& request);
  Result<void> record(const Request& request, const Measurement& outcome);
  Result<void> record(const Build& build);
  int64_t trials();

 private:
  struct Connection;
  explicit RunDatabase(std::unique_ptr<Connection> connection);
  std::unique_ptr<Connection> connection_;
};

/// Takes what `database` has recorded from there, lets `executor` measure the rest, and records it as it arrives. Both
/// must outlive it. `arrivals` hears of recorded outcomes first.
std::unique_ptr<Executor> make_recorded_executor(Executor& executor, RunDatabase& database);

}  // namespace tandem::tuner
