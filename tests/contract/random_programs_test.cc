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

struct Runner {
  std::string name;
  std::unique_ptr<Simulator> simulator;
  bool extensions;
};

/// One of each simulator; the first is the reference.
std::vector<Runner> runners_of(const isa::HwConfig& hardware) {
  std::vector<Runner> runners;
  for (const SimulatorUnderTest& under_test : all_simulators()) {
    runners.push_back({under_test.name, under_test.make(hardware), under_test.extensions});
  }
  return runners;
}

class RandomPrograms : public testing::TestWithParam<std::string> {};

TEST_P(RandomPrograms, GiveTheSameOutputsOnEverySimulator) {
  const isa::HwConfig hardware = value_or_fail(isa::load_hw(GetParam()));
  const std::vector<Runner> runners = runners_of(hardware);
  for (uint64_t seed = 0; seed < kPrograms; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    Rng rng(seed);
    const bool extensions = seed % 4 < 2;
    const isa::Program program = isa::random_program(hardware, rng, {24, seed % 2 == 0, extensions});
    const Result<RunResult> reference = runners.front().simulator->run(program, {});
    ASSERT_TRUE(reference.ok()) << render(reference.error());
    for (uint64_t order = 0; order < 4; ++order) {
      const Result<RunResult> interleaved = make_functional_simulator(hardware, {seed * 4 + order})->run(program, {});
      ASSERT_TRUE(interleaved.ok()) << render(interleaved.error());
      ASSERT_TRUE(interleaved->outputs == reference->outputs) << "order " << order;
    }
    for (const Runner& other : runners) {
      if (extensions && !other.extensions) continue;
      const Result<RunResult> result = other.simulator->run(program, {});
      ASSERT_TRUE(result.ok()) << other.name << ": " << render(result.error());
      ASSERT_TRUE(result->outputs == reference->outputs) << other.name << " differs\n" << isa::disassemble(program);
      ASSERT_EQ(result->macs, reference->macs) << other.name;
    }
  }
}

TEST_P(RandomPrograms, OfOneMistakeEndWithTheSameErrorOnEverySimulator) {
  constexpr uint64_t kIllegalPrograms = 60;
  const isa::HwConfig hardware = value_or_fail(isa::load_hw(GetParam()));
  const std::vector<Runner> runners = runners_of(hardware);
  for (uint64_t seed = 0; seed < kIllegalPrograms; ++seed) {
    Rng rng(seed);
    const bool extensions = seed % 4 < 2;
    const isa::IllegalProgram illegal = isa::illegal_program(hardware, rng, {12, seed % 2 == 0, extensions});
    SCOPED_TRACE(fmt::format("seed {}, {}", seed, illegal.mistake));
    EXPECT_FALSE(runners.front().simulator->run(illegal.program, {}).ok());
    const std::optional<RunError> reference = runners.front().simulator->last_error();
    ASSERT_TRUE(reference.has_value());
    for (const Runner& other : runners) {
      if (extensions && !other.extensions) continue;
      EXPECT_FALSE(other.simulator->run(illegal.program, {}).ok());
      const std::optional<RunError> error = other.simulator->last_error();
      ASSERT_TRUE(error.has_value()) << other.name;
      EXPECT_EQ(error->code, reference->code) << other.name;
      EXPECT_EQ(error->instruction, reference->instruction) << other.name;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, RandomPrograms, testing::ValuesIn(designs()),
                         [](const auto& each) { return std::filesystem::path(each.param).stem().string(); });

}  // namespace
}  // namespace tandem::sim
