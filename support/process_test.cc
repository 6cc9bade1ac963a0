#include "support/process.h"

#include <gtest/gtest.h>

#include <chrono>

namespace tandem {
namespace {

TEST(Process, CapturesBothStreamsAndTheStatus) {
  const Result<ProcessResult> result = run_process({"sh", "-c", "echo out; echo err >&2; cat; exit 3"});
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->output, "out\n");
  EXPECT_EQ(result->errors, "err\n");
  EXPECT_EQ(result->exit_code, 3);
  EXPECT_FALSE(result->timed_out);
}

TEST(Process, RunsInTheDirectory) { EXPECT_EQ(run_process({"pwd"}, "/usr")->output, "/usr\n"); }

TEST(Process, ReportsTheSignal) { EXPECT_EQ(run_process({"sh", "-c", "kill -TERM $$"})->exit_code, 128 + 15); }

TEST(Process, MuchOutputOnBothStreamsDoesNotBlock) {
  const Result<ProcessResult> result =
      run_process({"sh", "-c", "head -c 300000 /dev/zero; head -c 300000 /dev/zero >&2"});
  EXPECT_EQ(result->output.size(), 300000u);
  EXPECT_EQ(result->errors.size(), 300000u);
}

TEST(Process, TheLimitKillsTheChildrenToo) {
  const auto start = std::chrono::steady_clock::now();
  const Result<ProcessResult> result = run_process({"sh", "-c", "echo first; sleep 30 & sleep 30"}, ".", {0.2});
  EXPECT_TRUE(result->timed_out);
  EXPECT_EQ(result->output, "first\n");
  EXPECT_EQ(result->exit_code, 128 + 9);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
}

TEST(Process, TheLimitHoldsForAProgramThatClosesItsStreams) {
  EXPECT_TRUE(run_process({"sh", "-c", "exec >&- 2>&-; sleep 30"}, ".", {0.2})->timed_out);
}

TEST(Process, WhatCannotStartIsExplained) {
  EXPECT_EQ(render(run_process({"no-such-tool"}).error()),
            "error: 'no-such-tool' is not installed\n  hint: './tandem doctor' says how to mend it");
  EXPECT_EQ(render(run_process({"true"}, "/no/such").error()),
            "error: cannot start 'true' in '/no/such': No such file or directory");
}

TEST(Process, FindsPrograms) {
  EXPECT_NE(find_program("sh"), "");
  EXPECT_EQ(find_program("no-such-tool"), "");
  EXPECT_EQ(find_program("/bin/sh"), "/bin/sh");
}

}  // namespace
}  // namespace tandem
