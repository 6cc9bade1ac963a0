#include "tuner/db/run_database.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/resource.h>

#include <csignal>
#include <filesystem>

#include "support/file.h"
#include "tuner/measure/protocol.h"

namespace tandem::tuner {
namespace {

const RunIdentity kIdentity = {{{"specification", "name: x\n"}, {"seed", "1"}}, "0123456789ab"};

class RunDatabaseTest : public ::testing::Test {
 protected:
  RunDatabaseTest() {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  ~RunDatabaseTest() override { std::filesystem::remove_all(folder_); }

  template <typename T>
  std::string error_of(const Result<T>& result) {
    if (result.ok()) return "";
    std::string text = render(result.error());
    for (size_t at; (at = text.find(folder_ + "/")) != std::string::npos;) text.erase(at, folder_.size() + 1);
    return text;
  }
  static Request request(int64_t trial, int64_t rows = 1) {
    Request request;
    request.trial = trial;
    request.knobs = {{"rows", rows}};
    return request;
  }
  const std::string folder_ = ::testing::TempDir() + "run_database_test." + std::to_string(::getpid());
  const std::string path_ = folder_ + "/run.sqlite";
};

TEST_F(RunDatabaseTest, KeepsOutcomesAcrossOwners) {
  {
    const auto database = RunDatabase::create(path_, kIdentity).value();
    ASSERT_TRUE(database->record(request(1), {1, 1234, "", 0.5}).ok());
    ASSERT_TRUE(database->record(request(2), {2, std::nullopt, "compile: no", 0.25}).ok());
    ASSERT_TRUE(database->record(Build{isa::HwConfig{}, "", 9.5}).ok());
    ASSERT_TRUE(database->record(Build{isa::HwConfig{}, "", 0.5}).ok());
  }
  const auto database = RunDatabase::resume(path_, kIdentity).value();
  EXPECT_EQ(database->trials(), 2);
  const std::optional<Measurement> one = database->find(request(1)).value(), two = database->find(request(2)).value();
  ASSERT_TRUE(one && two);
  EXPECT_EQ(one->cycles, 1234u);
  EXPECT_EQ(one->seconds, 0.5);
  EXPECT_EQ(two->cycles, std::nullopt);
  EXPECT_EQ(two->failure, "compile: no");
  EXPECT_FALSE(database->find(request(3)).value().has_value());
}

TEST_F(RunDatabaseTest, RefusesAnotherRun) {
  {
    const auto database = RunDatabase::create(path_, kIdentity).value();
    ASSERT_TRUE(database->record(request(1), {1, 1234, "", 0.5}).ok());
    EXPECT_EQ(error_of(database->find(request(1, 2))),
              "run.sqlite: error: trial 1 of the run that is recorded here is another one than this search asks for\n"
              "  hint: Tandem itself has changed since; start a new run");
  }
  EXPECT_EQ(error_of(RunDatabase::create(path_, kIdentity)),
            "run.sqlite: error: a run is recorded here already\n"
            "  hint: go on with it by --resume, or name another --out");
  EXPECT_EQ(error_of(RunDatabase::resume(path_, {{{"specification", "name: x\n"}, {"seed", "2"}}, "now"})),
            "run.sqlite: error: the run that is recorded here had another seed\n"
            "  hint: resume it with what it was begun with (revision 0123456789ab of Tandem), or start a new run");
  EXPECT_TRUE(RunDatabase::resume(path_, {kIdentity.must_agree, "now"}).ok()) << "the revision itself may be another";
  EXPECT_EQ(error_of(RunDatabase::resume(folder_ + "/none.sqlite", kIdentity)),
            "none.sqlite: error: no run is recorded here\n"
            "  hint: start one without --resume");
}

TEST_F(RunDatabaseTest, RefusesForeignFiles) {
  ASSERT_TRUE(write_file(folder_ + "/text", std::string(2000, 'x')).ok());
  EXPECT_EQ(error_of(RunDatabase::resume(folder_ + "/text", kIdentity)),
            "text: error: cannot open the records: this is no record of a run");
  const auto with_pragma = [&](const char* pragma) {
    RunDatabase::create(path_, kIdentity).value().reset();
    sqlite3* handle = nullptr;
    sqlite3_open(path_.c_str(), &handle);
    sqlite3_exec(handle, pragma, nullptr, nullptr, nullptr);
    sqlite3_close(handle);
    const std::string error = error_of(RunDatabase::resume(path_, kIdentity));
    std::filesystem::remove(path_);
    return error;
  };
  EXPECT_EQ(with_pragma("PRAGMA user_version=7"),
            "run.sqlite: error: the records have schema 7, this Tandem writes 2\n"
            "  hint: start a new run");
  EXPECT_EQ(with_pragma("PRAGMA application_id=7"), "run.sqlite: error: this is no record of a run");
}

TEST_F(RunDatabaseTest, HasOneOwner) {
  const auto owner = RunDatabase::create(path_, kIdentity).value();
  EXPECT_EQ(error_of(RunDatabase::resume(path_, kIdentity)),
            "run.sqlite: error: cannot open the records: another process is using this run\n"
            "  hint: wait for it or end it");
}

TEST_F(RunDatabaseTest, AMissingFolderIsNamed) {
  EXPECT_EQ(error_of(RunDatabase::create(folder_ + "/no/run.sqlite", kIdentity)),
            "no/run.sqlite: error: cannot open the records: unable to open database file\n"
            "  hint: free space or mend the file system there, then go on with --resume: what was recorded is kept");
}

TEST_F(RunDatabaseTest, AFullDiskIsSaidAndLosesNothing) {
  std::string error;
  int64_t recorded = 0;
  {
    const auto database = RunDatabase::create(path_, kIdentity).value();
    rlimit before{};
    getrlimit(RLIMIT_FSIZE, &before);
    rlimit small = before;
    small.rlim_cur = 64 * 1024;  // no file may grow beyond: what a full disk looks like to one process
    std::signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &small);
    for (int64_t trial = 1; trial < 1000 && error.empty(); ++trial) {
      error = error_of(database->record(request(trial), {trial, 7, "", 0}));
      if (error.empty()) recorded = trial;
    }
    setrlimit(RLIMIT_FSIZE, &before);
    std::signal(SIGXFSZ, SIG_DFL);
  }
  EXPECT_EQ(error, "run.sqlite: error: cannot record trial " + std::to_string(recorded + 1) +
                       ": disk I/O error\n  hint: free space or mend the file system there, then go on with --resume: "
                       "what was recorded is kept");
  EXPECT_GT(recorded, 3);
  EXPECT_EQ(RunDatabase::resume(path_, kIdentity).value()->trials(), recorded);
}

/// Cycles are 10 x trial; remembers what it was asked.
class CountingExecutor : public Executor {
 public:
  Result<std::vector<Measurement>> measure(const std::vector<Request>& batch, const Arrivals& arrivals) override {
    std::vector<Measurement> outcomes;
    for (const Request& request : batch) {
      asked.push_back(request.trial);
      outcomes.push_back({request.trial, static_cast<uint64_t>(10 * request.trial), "", 0});
      TANDEM_TRY(arrivals.measured(outcomes.back()));
    }
    return outcomes;
  }
  std::vector<int64_t> asked;
};

TEST_F(RunDatabaseTest, RecordedExecutorMeasuresOnlyWhatIsNotRecorded) {
  const auto database = RunDatabase::create(path_, kIdentity).value();
  ASSERT_TRUE(database->record(request(2), {2, 99, "", 0}).ok());
  CountingExecutor inner;
  const auto executor = make_recorded_executor(inner, *database);
  const auto outcomes = executor->measure({request(1), request(2), request(3)}, {}).value();
  EXPECT_THAT(inner.asked, ::testing::ElementsAre(1, 3));
  EXPECT_EQ(*outcomes[0].cycles, 10u);
  EXPECT_EQ(*outcomes[1].cycles, 99u);
  EXPECT_EQ(*outcomes[2].cycles, 30u);
  EXPECT_EQ(database->trials(), 3);
}

}  // namespace
}  // namespace tandem::tuner
