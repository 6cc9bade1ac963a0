#include "bench/bench.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "support/file.h"

namespace tandem::bench {
namespace {

Result<Measurement> measure(const Request&) {
  return Measurement{{{"fast", 98053, "cycles"}, {"rate", 5.25e9 + 0.5, "MAC/s"}, {"free", 1, "bytes"}}, "hw", "ideal"};
}

const Bench kBench{"simulators", "A bench.", measure};

class BenchRun : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(write_file(path_, "simulators:\n  fast: {at_most: 98052, source: a paper}\n").ok());
  }
  std::string path_ = testing::TempDir() + "bench_test_" + std::to_string(::getpid()) + ".musts.yaml";
};

TEST_F(BenchRun, ARowThatMissesItsMustFailsTheReport) {
  const Report report = run(kBench, Request{false, 7}, path_).value();
  EXPECT_FALSE(report.ok());
  const nlohmann::ordered_json json = to_json(report);
  EXPECT_EQ(json["rows"][0].dump(), R"({"name":"fast","value":98053.0,"unit":"cycles","must":"<= 98052","ok":false})");
  EXPECT_EQ(json["rows"][2].dump(), R"({"name":"free","value":1.0,"unit":"bytes","must":null,"ok":true})");
  EXPECT_EQ(json["provenance"]["seed"], 7);
  const std::string text = to_text(report);
  EXPECT_EQ(text.substr(0, text.find("revision")),
            "bench simulators\n"
            "  fast        98,053 cycles <= 98,052       MISSED\n"
            "  rate      5.25e+09 MAC/s\n"
            "  free             1 bytes\n");
}

TEST_F(BenchRun, AFigureThatWasSkippedSaysWhy) {
  const Bench bench{"simulators", "A bench.", [](const Request&) -> Result<Measurement> {
                      return Measurement{{{"fast", 0, "cycles", "no such data"}}, "hw", "ideal"};
                    }};
  const Report report = run(bench, {}, path_).value();
  EXPECT_TRUE(report.ok());
  EXPECT_EQ(to_json(report)["rows"][0].dump(),
            R"({"name":"fast","value":null,"unit":"cycles","must":"<= 98052","ok":null,"skipped":"no such data"})");
  const std::string text = to_text(report);
  EXPECT_EQ(text.substr(0, text.find("revision")),
            "bench simulators\n"
            "  fast             - cycles <= 98,052       skipped: no such data\n");
  EXPECT_NE(to_markdown({report}).find("| fast | - | cycles | <= 98,052: a paper | skipped: no such data |\n"),
            std::string::npos);
}

TEST_F(BenchRun, AMustAtTheValueIsKept) {
  ASSERT_TRUE(
      write_file(path_, "simulators:\n  fast: {at_most: 98053, source: a}\n  rate: {at_least: 5e9, source: b}\n").ok());
  EXPECT_TRUE(run(kBench, {}, path_)->ok());
}

TEST_F(BenchRun, MustsAreChecked) {
  const auto error = [&](const std::string& text) {
    EXPECT_TRUE(write_file(path_, text).ok());
    const std::string message = render(run(kBench, {}, path_).error());
    return message.substr(message.find("musts.yaml"));
  };
  EXPECT_EQ(error("simulators:\n  fats: {at_most: 1, source: a}\n"),
            "musts.yaml:2:3: error: unknown key 'fats'\n  legal: fast, rate, free\n  hint: did you mean 'fast'?");
  EXPECT_EQ(error("simulators:\n  fast: {source: a}\n"),
            "musts.yaml:2:9: error: a must has one of 'at_most' and 'at_least'");
}

TEST_F(BenchRun, ResultsPageNamesTheCommand) {
  const std::string page = to_markdown({run(kBench, Request{false, 7}, path_).value()});
  EXPECT_NE(page.find("\n    ./tandem bench simulators --seed 7\n"), std::string::npos) << page;
  EXPECT_NE(page.find("| fast | 98,053 | cycles | <= 98,052: a paper | **missed** |\n"), std::string::npos) << page;
}

TEST_F(BenchRun, ResultsPageKeepsTheSectionsOfOtherBenches) {
  const std::string first =
      to_markdown({run(kBench, Request{false, 7}, path_).value()},
                  "# Results\n\n## accelerator\n\nkept\n\n## simulators\n\nold\n\n## gone\n\nold\n");
  EXPECT_NE(first.find("\n## accelerator\n\nkept\n\n## simulators\n"), std::string::npos) << first;
  EXPECT_EQ(first.find("old"), std::string::npos) << first;
  EXPECT_EQ(to_markdown({}, first), first);
}

}  // namespace
}  // namespace tandem::bench
