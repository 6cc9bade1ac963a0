// Workers here are shell scripts that speak the protocol's lines: what the pool makes of good and of bad ones.
#include "tuner/measure/process_pool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "tuner/measure/protocol.h"

namespace tandem::tuner {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

/// Answers every request: builds succeed, cycles are 100 x trial. `$trial` and `$line` are there for `special`, which
/// runs first.
std::string script(const std::string& special) {
  return R"sh(while IFS= read -r line; do
  trial=$(printf '%s' "$line" | sed -n 's/.*"trial":\([0-9]*\).*/\1/p'); trial=${trial:-0}
  )sh" + special +
         R"sh(
  case "$line" in
    *'"kind":"build"'*) echo '{"version":2,"trial":0,"seconds":0.5}' ;;
    *) echo '{"version":2,"trial":'$trial',"cycles":'$((100 * trial))',"seconds":0.25}' ;;
  esac
done)sh";
}

std::unique_ptr<Executor> pool(const std::string& special, int workers = 2) {
  return make_process_pool({{"sh", "-c", script(special)}, workers, 1.0, 1.0});
}

std::vector<Request> requests(int count, int64_t first = 1) {
  std::vector<Request> batch(static_cast<size_t>(count));
  for (Request& request : batch) request.trial = first++;
  return batch;
}

/// "cycles" or the failure, trial by trial.
std::vector<std::string> outcomes(Executor& executor, const std::vector<Request>& batch,
                                  const Arrivals& arrivals = {}) {
  std::vector<std::string> texts;
  const auto measured = executor.measure(batch, arrivals);
  for (const Measurement& m : measured.value()) {
    texts.push_back(std::to_string(m.trial) + ": " + (m.cycles ? std::to_string(*m.cycles) : m.failure));
  }
  return texts;
}

TEST(ProcessPool, ReturnsInTheOrderAskedWhateverTheOrderOfArrival) {
  const auto executor = pool("[ $trial = 1 ] && sleep 0.2");
  std::vector<int64_t> arrived;
  Arrivals arrivals;
  arrivals.measured = [&](const Measurement& m) {
    arrived.push_back(m.trial);
    return Result<void>();
  };
  EXPECT_THAT(outcomes(*executor, requests(3), arrivals), ElementsAre("1: 100", "2: 200", "3: 300"));
  EXPECT_THAT(arrived, ElementsAre(2, 3, 1));
}

TEST(ProcessPool, SameOutcomesForAnyNumberOfWorkers) {
  const auto one = pool("", 1), five = pool("", 5);
  EXPECT_EQ(outcomes(*one, requests(12)), outcomes(*five, requests(12)));
}

TEST(ProcessPool, BuildsEachAcceleratorOnceBeforeItsMeasurements) {
  const auto executor = pool("");
  std::vector<Request> batch = requests(4);
  batch[1].hardware.block_in = batch[3].hardware.block_in = 8;
  std::vector<int> built;
  Arrivals arrivals;
  arrivals.built = [&](const Build& build) {
    built.push_back(build.hardware.block_in);
    EXPECT_EQ(build.failure, "");
    EXPECT_EQ(build.seconds, 0.5);
    return Result<void>();
  };
  EXPECT_THAT(outcomes(*executor, batch, arrivals), ElementsAre("1: 100", "2: 200", "3: 300", "4: 400"));
  EXPECT_THAT(outcomes(*executor, requests(1, 5), arrivals), ElementsAre("5: 500"));
  EXPECT_THAT(built, UnorderedElementsAre(16, 8));
}

TEST(ProcessPool, AFailedBuildFailsItsMeasurementsOnly) {
  const auto executor = pool(R"sh(case "$line" in
    *'"kind":"build"'*'block_in: 8\n'*) echo '{"version":2,"trial":0,"failure":"build: no space left","seconds":1}'; continue ;;
  esac)sh");
  std::vector<Request> batch = requests(3);
  batch[1].hardware.block_in = 8;
  EXPECT_THAT(outcomes(*executor, batch), ElementsAre("1: 100", "2: build: no space left", "3: 300"));
}

TEST(ProcessPool, ACrashIsARecordedFailureWithTheLastWords) {
  const auto executor = pool("[ $trial = 2 ] && { echo 'assertion failed: row < rows' >&2; kill -ABRT $$; }", 1);
  EXPECT_THAT(
      outcomes(*executor, requests(3)),
      ElementsAre("1: 100", HasSubstr("2: worker: worker ended by signal 6 (Aborted): assertion failed: row < rows"),
                  "3: 300"));
  const auto leaver = pool("[ $trial = 1 ] && exit 3", 1);
  EXPECT_THAT(outcomes(*leaver, requests(2)), ElementsAre("1: worker: worker ended with status 3", "2: 200"));
}

TEST(ProcessPool, AHangIsARecordedFailureWithinTheLimit) {
  const auto executor = pool("[ $trial = 1 ] && sleep 60", 1);
  const auto began = std::chrono::steady_clock::now();
  EXPECT_THAT(outcomes(*executor, requests(2)), ElementsAre("1: worker: no answer within 1 s of wall time", "2: 200"));
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(10));
}

TEST(ProcessPool, NonsenseIsARecordedFailure) {
  const auto garbage = pool("[ $trial = 1 ] && { echo 'Segfault?'; continue; }", 1);
  EXPECT_THAT(outcomes(*garbage, requests(2)),
              ElementsAre(HasSubstr("1: worker: no response: [json.exception"), "2: 200"));
  const auto liar =
      pool(R"sh([ $trial = 1 ] && { echo '{"version":2,"trial":7,"cycles":1,"seconds":0}'; continue; })sh", 1);
  EXPECT_THAT(outcomes(*liar, requests(2)), ElementsAre("1: worker: answered trial 7, was asked for 1", "2: 200"));
  const auto silent = pool(R"sh([ $trial = 1 ] && { echo '{"version":2,"trial":1,"seconds":0}'; continue; })sh", 1);
  EXPECT_THAT(outcomes(*silent, requests(2)),
              ElementsAre("1: worker: answered neither cycles nor a failure", "2: 200"));
  const auto old = pool(R"sh([ $trial = 1 ] && { echo '{"version":9,"trial":1,"seconds":0}'; continue; })sh", 1);
  EXPECT_THAT(
      outcomes(*old, requests(1)),
      ElementsAre(
          "1: worker: no response: protocol version 9, this is version 2: {\"version\":9,\"trial\":1,\"seconds\":0}"));
}

TEST(ProcessPool, AWorkerThatCannotBeStartedEndsTheRun) {
  const auto executor = make_process_pool({{"/nowhere/tandem", "worker"}, 1, 1.0, 1.0});
  const auto measured = executor->measure(requests(1), {});
  ASSERT_FALSE(measured.ok());
  EXPECT_EQ(render(measured.error()), "error: cannot start the worker '/nowhere/tandem': No such file or directory");
}

TEST(ProcessPool, ARefusedOutcomeEndsTheRun) {
  const auto executor = pool("");
  Arrivals arrivals;
  arrivals.measured = [](const Measurement&) { return Result<void>(Diagnostic{{}, "disk full", {}, ""}); };
  const auto measured = executor->measure(requests(4), arrivals);
  ASSERT_FALSE(measured.ok());
  EXPECT_EQ(measured.error().what, "disk full");
}

}  // namespace
}  // namespace tandem::tuner
