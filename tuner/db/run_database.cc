#include "tuner/db/run_database.h"

#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include "support/hash.h"
#include "tuner/measure/protocol.h"

namespace tandem::tuner {
namespace {

constexpr int kSchema = 2;
constexpr int kApplication = 0x74616e64;  // "tand": SQLite's application_id
constexpr const char* kRevision = "revision";
constexpr const char* kCreate = R"sql(
CREATE TABLE identity(name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE trials(trial INTEGER PRIMARY KEY, request TEXT NOT NULL, cycles INTEGER, failure TEXT, seconds REAL NOT NULL);
CREATE TABLE builds(hardware TEXT PRIMARY KEY, yaml TEXT NOT NULL, failure TEXT, seconds REAL NOT NULL);
)sql";

/// Whether there is a file, whatever it holds.
bool exists(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0;
}

}  // namespace

/// The open file; all errors pass through `error`.
struct RunDatabase::Connection {
  std::string path;
  sqlite3* handle = nullptr;

  ~Connection() { sqlite3_close(handle); }

  Diagnostic error(const std::string& doing) const {
    const int code = sqlite3_errcode(handle);
    if (code == SQLITE_BUSY || code == SQLITE_LOCKED) {
      return {{path}, fmt::format("cannot {}: another process is using this run", doing), {}, "wait for it or end it"};
    }
    if (code == SQLITE_NOTADB) return {{path}, fmt::format("cannot {}: this is no record of a run", doing), {}, ""};
    return {{path},
            fmt::format("cannot {}: {}", doing, sqlite3_errmsg(handle)),
            {},
            "free space or mend the file system there, then go on with --resume: what was recorded is kept"};
  }

  Result<void> open(int flags) {
    if (sqlite3_open_v2(path.c_str(), &handle, flags | SQLITE_OPEN_READWRITE, nullptr) != SQLITE_OK) {
      return error("open the records");
    }
    return {};
  }

  /// No tables: a fresh file, or one whose owner was killed before the first record.
  bool blank() const {
    sqlite3_stmt* count = nullptr;
    sqlite3_prepare_v2(handle, "SELECT count(*) FROM sqlite_master", -1, &count, nullptr);
    const bool none = count && sqlite3_step(count) == SQLITE_ROW && sqlite3_column_int64(count, 0) == 0;
    sqlite3_finalize(count);
    return none;
  }

  Result<void> execute(const char* sql, const char* doing) {
    return sqlite3_exec(handle, sql, nullptr, nullptr, nullptr) == SQLITE_OK ? Result<void>() : error(doing);
  }

  /// For this process alone, until it ends, however it ends.
  Result<void> lock() {
    return execute(
        "PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; BEGIN EXCLUSIVE; COMMIT;",
        "open the records");
  }
};

namespace {

/// A prepared statement with its bound values; one use.
class Statement {
 public:
  Statement(sqlite3* handle, const char* sql) { sqlite3_prepare_v2(handle, sql, -1, &statement_, nullptr); }
  ~Statement() { sqlite3_finalize(statement_); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  Statement& bind(const std::string& text) {
    sqlite3_bind_text(statement_, ++bound_, text.c_str(), -1, SQLITE_TRANSIENT);
    return *this;
  }
  Statement& bind(int64_t value) {
    sqlite3_bind_int64(statement_, ++bound_, value);
    return *this;
  }
  Statement& bind(double value) {
    sqlite3_bind_double(statement_, ++bound_, value);
    return *this;
  }
  Statement& bind_null() {
    sqlite3_bind_null(statement_, ++bound_);
    return *this;
  }
  int step() { return statement_ ? sqlite3_step(statement_) : SQLITE_ERROR; }
  bool is_null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }
  int64_t integer(int column) const { return sqlite3_column_int64(statement_, column); }
  double real(int column) const { return sqlite3_column_double(statement_, column); }
  std::string text(int column) const {
    const auto* bytes = sqlite3_column_text(statement_, column);
    return bytes ? std::string(reinterpret_cast<const char*>(bytes)) : "";
  }

 private:
  sqlite3_stmt* statement_ = nullptr;
  int bound_ = 0;
};

void bind_failure(Statement& statement, const std::string& failure) {
  if (failure.empty()) {
    statement.bind_null();
  } else {
    statement.bind(failure);
  }
}

}  // namespace

RunDatabase::RunDatabase(std::unique_ptr<Connection> connection) : connection_(std::move(connection)) {}
RunDatabase::~RunDatabase() = default;

Result<std::unique_ptr<RunDatabase>> RunDatabase::create(const std::string& path, const RunIdentity& identity) {
  auto connection = std::make_unique<Connection>();
  connection->path = path;
  TANDEM_TRY(connection->open(SQLITE_OPEN_CREATE));
  TANDEM_TRY(connection->lock());
  if (!connection->blank()) {
    return Diagnostic{{path}, "a run is recorded here already", {}, "go on with it by --resume, or name another --out"};
  }
  const std::string schema =
      fmt::format("BEGIN; PRAGMA application_id={}; PRAGMA user_version={}; {}", kApplication, kSchema, kCreate);
  TANDEM_TRY(connection->execute(schema.c_str(), "begin the records"));
  std::vector<std::pair<std::string, std::string>> entries = identity.must_agree;
  entries.emplace_back(kRevision, identity.revision);
  for (const auto& [name, value] : entries) {
    Statement insert(connection->handle, "INSERT INTO identity VALUES(?, ?)");
    if (insert.bind(name).bind(value).step() != SQLITE_DONE) return connection->error("begin the records");
  }
  TANDEM_TRY(connection->execute("COMMIT", "begin the records"));
  return std::unique_ptr<RunDatabase>(new RunDatabase(std::move(connection)));
}

Result<std::unique_ptr<RunDatabase>> RunDatabase::resume(const std::string& path, const RunIdentity& identity) {
  const Diagnostic nothing{{path}, "no run is recorded here", {}, "start one without --resume"};
  if (!exists(path)) return nothing;
  auto connection = std::make_unique<Connection>();
  connection->path = path;
  TANDEM_TRY(connection->open(0));
  TANDEM_TRY(connection->lock());
  if (connection->blank()) return nothing;
  Statement application(connection->handle, "PRAGMA application_id");
  if (application.step() != SQLITE_ROW || application.integer(0) != kApplication) {
    return Diagnostic{{path}, "this is no record of a run", {}, ""};
  }
  Statement schema(connection->handle, "PRAGMA user_version");
  if (schema.step() != SQLITE_ROW || schema.integer(0) != kSchema) {
    return Diagnostic{{path},
                      fmt::format("the records have schema {}, this Tandem writes {}", schema.integer(0), kSchema),
                      {},
                      "start a new run"};
  }
  const auto recorded = [&](const std::string& name) {
    Statement select(connection->handle, "SELECT value FROM identity WHERE name = ?");
    return select.bind(name).step() == SQLITE_ROW ? select.text(0) : "";
  };
  for (const auto& [name, value] : identity.must_agree) {
    if (recorded(name) == value) continue;
    return Diagnostic{{path},
                      fmt::format("the run that is recorded here had another {}", name),
                      {},
                      fmt::format("resume it with what it was begun with (revision {} of Tandem), or start a new run",
                                  recorded(kRevision))};
  }
  return std::unique_ptr<RunDatabase>(new RunDatabase(std::move(connection)));
}

Result<std::optional<Measurement>> RunDatabase::find(const Request& request) {
  Statement select(connection_->handle, "SELECT request, cycles, failure, seconds FROM trials WHERE trial = ?");
  const int status = select.bind(request.trial).step();
  if (status == SQLITE_DONE) return std::optional<Measurement>();
  if (status != SQLITE_ROW) return connection_->error(fmt::format("read trial {}", request.trial));
  if (select.text(0) != measure_line(request)) {
    return Diagnostic{{connection_->path},
                      fmt::format("trial {} of the run that is recorded here is another one than this search asks for",
                                  request.trial),
                      {},
                      "Tandem itself has changed since; start a new run"};
  }
  Measurement outcome;
  outcome.trial = request.trial;
  if (!select.is_null(1)) outcome.cycles = static_cast<uint64_t>(select.integer(1));
  outcome.failure = select.text(2);
  outcome.seconds = select.real(3);
  return std::optional<Measurement>(outcome);
}

Result<void> RunDatabase::record(const Request& request, const Measurement& outcome) {
  Statement insert(connection_->handle, "INSERT INTO trials VALUES(?, ?, ?, ?, ?)");
  insert.bind(request.trial).bind(measure_line(request));
  if (outcome.cycles) {
    insert.bind(static_cast<int64_t>(*outcome.cycles));
  } else {
    insert.bind_null();
  }
  bind_failure(insert, outcome.failure);
  if (insert.bind(outcome.seconds).step() != SQLITE_DONE) {
    return connection_->error(fmt::format("record trial {}", request.trial));
  }
  return {};
}

Result<void> RunDatabase::record(const Build& build) {
  Statement insert(connection_->handle, "INSERT OR REPLACE INTO builds VALUES(?, ?, ?, ?)");
  insert.bind(hex(isa::hash(build.hardware))).bind(isa::to_yaml(build.hardware));
  bind_failure(insert, build.failure);
  if (insert.bind(build.seconds).step() != SQLITE_DONE) {
    return connection_->error(fmt::format("record the build of '{}'", build.hardware.name));
  }
  return {};
}

int64_t RunDatabase::trials() {
  Statement count(connection_->handle, "SELECT count(*) FROM trials");
  return count.step() == SQLITE_ROW ? count.integer(0) : 0;
}

}  // namespace tandem::tuner
