#include "sim/trace/timeline.h"

#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "isa/random_program.h"
#include "sim/platform/timing_simulator.h"

namespace tandem::sim {
namespace {

using Json = nlohmann::json;

Json timeline_of(const isa::Program& program) {
  Timeline timeline(program);
  const std::unique_ptr<Simulator> simulator = make_timing_simulator(program.hardware);
  simulator->observe(&timeline);
  const Result<RunResult> result = simulator->run(program, {});
  EXPECT_TRUE(result.ok()) << render(result.error());
  return Json::parse(timeline.to_chrome_json());
}

TEST(Timeline, HasEveryInstructionOnceAndNoOverlapOnATrack) {
  Rng rng(3);
  isa::Program program = isa::random_program({}, rng, {60, false, true});
  program.marks = {{"first", 0, 0, 0}, {"second", static_cast<int64_t>(program.code.size()) / 2, 0, 0}};
  const Json json = timeline_of(program);
  std::map<int, uint64_t> ends;
  std::set<int64_t> instructions;
  std::vector<Json> spans;
  int flows = 0, layers = 0;
  for (const Json& event : json["traceEvents"]) {
    if (event["ph"] == "X") spans.push_back(event);
    flows += event["ph"] == "s" ? 1 : event["ph"] == "f" ? -1 : 0;
    layers += event["ph"] == "b";
  }
  EXPECT_EQ(flows, 0) << "each arrow has two ends";
  EXPECT_EQ(layers, 2);
  std::stable_sort(spans.begin(), spans.end(), [](const Json& a, const Json& b) { return a["ts"] < b["ts"]; });
  for (const Json& span : spans) {
    uint64_t& end = ends[span["tid"]];
    EXPECT_GE(span["ts"].get<uint64_t>(), end) << span.dump();
    end = span["ts"].get<uint64_t>() + span["dur"].get<uint64_t>();
    if (!span.contains("args")) continue;
    EXPECT_TRUE(instructions.insert(span["args"]["instruction"].get<int64_t>()).second);
  }
  EXPECT_EQ(instructions.size(), program.code.size());
}

}  // namespace
}  // namespace tandem::sim
