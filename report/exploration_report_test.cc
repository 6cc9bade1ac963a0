#include "report/exploration_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "support/file.h"

namespace tandem::report {
namespace {

ExplorationReport example() {
  ExplorationReport report;
  report.title = "digits </script> on 256 MACs";
  report.measured_on = "rtl";
  report.trials = 12;
  report.gains = {400, 300, 250, 200};
  DesignPoint point;
  point.label = "hw-1";
  point.cycles = 200;
  point.macs_per_cycle = 64;
  point.layers.push_back({"conv1", 120, 100, 6400, "tile 4x4"});
  report.points.push_back(point);
  report.provenance = {{"seed", "7"}};
  return report;
}

TEST(ExplorationReport, PageHoldsTheDataAndNeedsNoNetwork) {
  const std::string path = testing::TempDir() + "tandem_exploration.html";
  ASSERT_TRUE(write_exploration(path, example()).ok());
  const std::string page = read_text_file(path).value();
  const std::string before = "const run = ";
  const size_t begin = page.find(before) + before.size();
  const nlohmann::json run = nlohmann::json::parse(page.substr(begin, page.find(";  // replaced", begin) - begin));
  EXPECT_EQ(run["title"], "digits </script> on 256 MACs");
  EXPECT_EQ(run["gains"]["both"], 200);
  EXPECT_EQ(run["points"][0]["layers"][0]["schedule"], "tile 4x4");
  EXPECT_EQ(run["provenance"][0][1], "7");
  EXPECT_THAT(page, testing::Not(testing::ContainsRegex("(src|href)=")));
  EXPECT_EQ(page.find("</script>"), page.rfind("</script>")) << "data must not end the script";
}

TEST(ExplorationReport, UnwritablePathIsTheUsersError) {
  EXPECT_EQ(render(write_exploration("/no/such/page.html", example()).error()),
            "/no/such/page.html: error: cannot write: No such file or directory");
}

}  // namespace
}  // namespace tandem::report
