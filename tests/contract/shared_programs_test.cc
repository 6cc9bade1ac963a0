// The public VTA programs of ../shared/vta/programs on every simulator, and in many token-legal orders of the engines.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "support/environment.h"
#include "tests/contract/simulators.h"

namespace tandem::sim {
namespace {

std::vector<std::string> manifests() {
  std::vector<std::string> paths;
  std::error_code absent;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(shared_data_path("vta/programs"), absent)) {
    if (entry.path().filename() == "manifest.txt") paths.push_back(entry.path().string());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

void expect_match(Simulator& simulator, const isa::Program& program) {
  const Result<RunResult> result = simulator.run(program, {});
  ASSERT_TRUE(result.ok()) << render(result.error());
  for (const isa::Binding& binding : program.bindings) {
    if (binding.role != isa::Role::kOutput || binding.expected.empty()) continue;
    EXPECT_TRUE(result->outputs.at(binding.name) == binding.expected)
        << program.name << ": " << binding.name << " differs";
  }
}

class SharedPrograms : public testing::TestWithParam<SimulatorUnderTest> {};

TEST_P(SharedPrograms, GiveTheirExpectedOutputs) {
  if (manifests().empty()) GTEST_SKIP() << "no shared VTA programs";
  const std::unique_ptr<Simulator> simulator = GetParam().make({});
  for (const std::string& path : manifests()) expect_match(*simulator, isa::load_manifest(path, {}).value());
}

INSTANTIATE_TEST_SUITE_P(All, SharedPrograms, testing::ValuesIn(all_simulators()),
                         [](const auto& each) { return each.param.name; });

TEST(SharedProgramsInterleaved, GiveTheirExpectedOutputsInEveryOrder) {
  if (manifests().empty()) GTEST_SKIP() << "no shared VTA programs";
  for (const std::string& path : manifests()) {
    const isa::Program program = isa::load_manifest(path, {}).value();
    for (uint64_t seed = 0; seed < 10; ++seed) {
      SCOPED_TRACE(fmt::format("seed {}", seed));
      expect_match(*make_functional_simulator({}, {seed}), program);
    }
  }
}

}  // namespace
}  // namespace tandem::sim
