// Random legal programs on every simulator, over the designs that all tests share. A failure prints the seed that
// replays it.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "isa/random_program.h"
#include "support/environment.h"
#include "tests/contract/simulators.h"

namespace tandem::sim {
namespace {

constexpr uint64_t kPrograms = 200;

std::vector<std::string> designs() {
  std::vector<std::string> paths{checkout_path("configs/hw/vta_default.yaml")};
  for (const auto& entry : std::filesystem::directory_iterator(checkout_path("configs/hw/test"))) {
    paths.push_back(entry.path().string());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

class RandomPrograms : public testing::TestWithParam<std::string> {};

TEST_P(RandomPrograms, GiveTheSameOutputsOnEverySimulator) {
  const isa::HwConfig hardware = isa::load_hw(GetParam()).value();
  std::vector<std::pair<std::string, std::unique_ptr<Simulator>>> others;
  for (const SimulatorUnderTest& under_test : all_simulators())
    others.emplace_back(under_test.name, under_test.make(hardware));
  for (uint64_t seed = 0; seed < kPrograms; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    Rng rng(seed);
    const isa::Program program = isa::random_program(hardware, rng, {24, seed % 2 == 0});
    const Result<RunResult> reference = others.front().second->run(program, {});
    ASSERT_TRUE(reference.ok()) << render(reference.error());
    for (uint64_t order = 0; order < 4; ++order) {
      const Result<RunResult> interleaved = make_functional_simulator(hardware, {seed * 4 + order})->run(program, {});
      ASSERT_TRUE(interleaved.ok()) << render(interleaved.error());
      ASSERT_TRUE(interleaved->outputs == reference->outputs) << "order " << order;
    }
    for (size_t i = 1; i < others.size(); ++i) {
      const Result<RunResult> result = others[i].second->run(program, {});
      ASSERT_TRUE(result.ok()) << others[i].first << ": " << render(result.error());
      ASSERT_TRUE(result->outputs == reference->outputs) << others[i].first << " differs\n"
                                                         << isa::disassemble(program);
      ASSERT_EQ(result->macs, reference->macs) << others[i].first;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, RandomPrograms, testing::ValuesIn(designs()),
                         [](const auto& each) { return std::filesystem::path(each.param).stem().string(); });

}  // namespace
}  // namespace tandem::sim
