// Random legal programs on random legal configurations, functional and timing against RTL: 10,000 over 30, each
// configuration a test of its own, the cheap ones first. TANDEM_SEED chooses other configurations and programs,
// TANDEM_PROGRAMS how many programs each configuration runs; a failure prints what replays it.
#include "isa/random_hardware.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "isa/random_program.h"
#include "sim/api/agreement.h"
#include "sim/functional/functional_simulator.h"
#include "sim/platform/timing_simulator.h"
#include "sim/rtl/rtl_simulator.h"
#include "tests/value_or_fail.h"

namespace tandem::sim {
namespace {

constexpr int kConfigurations = 30;

uint64_t from_environment(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

/// The simulation of large arrays is slow, and so is building it: most configurations are small.
int64_t most_macs(int configuration) {
  if (configuration < 15) return 64;
  if (configuration < 24) return 512;
  return configuration < 28 ? 1024 : 4096;
}

/// A configuration, a memory, and how programs on them are made: all from one seed.
struct Draw {
  explicit Draw(int configuration)
      : rng(from_environment("TANDEM_SEED", 1) * 1000 + static_cast<uint64_t>(configuration)),
        hardware(isa::random_hardware(rng, {most_macs(configuration)})) {
    platform.read_latency_cycles = static_cast<int>(rng.uniform(1, 150));
    platform.write_latency_cycles = static_cast<int>(rng.uniform(1, 150));
  }
  isa::RandomProgramOptions shape() { return {static_cast<int>(rng.uniform(8, 40)), rng.chance(0.5), rng.chance(0.7)}; }

  Rng rng;
  isa::HwConfig hardware;
  Platform platform;
};

class RandomHardware : public testing::TestWithParam<int> {};

TEST_P(RandomHardware, RunsRandomProgramsAsTheyAreMeant) {
  Draw draw(GetParam());
  SCOPED_TRACE(fmt::format("TANDEM_SEED={}, latencies {} and {}\n{}", from_environment("TANDEM_SEED", 1),
                           draw.platform.read_latency_cycles, draw.platform.write_latency_cycles,
                           isa::to_yaml(draw.hardware)));
  const uint64_t programs = from_environment("TANDEM_PROGRAMS", 334);
  RtlModelOptions model;
  model.assertions = GetParam() < 10;
  const auto functional = make_functional_simulator(draw.hardware);
  const auto rtl = value_or_fail(make_rtl_simulator(draw.hardware, draw.platform, model));
  const auto timing = make_timing_simulator(draw.hardware, draw.platform);
  uint64_t cycles = 0;
  for (uint64_t i = 0; i < programs; ++i) {
    SCOPED_TRACE(fmt::format("program {}", i));
    const isa::Program program = isa::random_program(draw.hardware, draw.rng, draw.shape());
    const Result<RunResult> meant = functional->run(program, {});
    ASSERT_TRUE(meant.ok()) << render(meant.error());
    const Result<RunResult> interleaved = make_functional_simulator(draw.hardware, {i})->run(program, {});
    ASSERT_TRUE(interleaved.ok()) << render(interleaved.error());
    ASSERT_TRUE(interleaved->outputs == meant->outputs);
    const Result<RunResult> result = rtl->run(program, {});
    ASSERT_TRUE(result.ok()) << render(result.error());
    ASSERT_EQ(disagreement(*meant, *result), "") << isa::disassemble(program);
    const Result<RunResult> timed = timing->run(program, {});
    ASSERT_TRUE(timed.ok()) << render(timed.error());
    ASSERT_EQ(timed->cycles, result->cycles) << isa::disassemble(program);
    ASSERT_EQ(timed->counters, result->counters) << isa::disassemble(program);
    cycles += result->cycles;
  }
  std::printf("%s: %d multipliers, bus %d: %llu programs, %llu cycles\n", draw.hardware.name.c_str(),
              static_cast<int>(draw.hardware.macs_per_uop()), draw.hardware.bus_bytes,
              static_cast<unsigned long long>(programs), static_cast<unsigned long long>(cycles));

  // Under a memory that takes every freedom, and with one mistake each: a tenth as many.
  for (uint64_t i = 0; i < programs / 10; ++i) {
    SCOPED_TRACE(fmt::format("restless program {}", i));
    RtlConditions conditions;
    conditions.memory = Restlessness{draw.rng.next()};
    const auto restless = value_or_fail(make_rtl_simulator(draw.hardware, draw.platform, model, conditions));
    const isa::Program program = isa::random_program(draw.hardware, draw.rng, draw.shape());
    const Result<RunResult> result = restless->run(program, {});
    ASSERT_TRUE(result.ok()) << render(result.error());
    ASSERT_EQ(disagreement(functional->run(program, {}).value(), *result), "") << isa::disassemble(program);

    const isa::IllegalProgram illegal = isa::illegal_program(draw.hardware, draw.rng, draw.shape());
    SCOPED_TRACE(illegal.mistake);
    EXPECT_FALSE(functional->run(illegal.program, {}).ok());
    EXPECT_FALSE(rtl->run(illegal.program, {}).ok());
    ASSERT_TRUE(functional->last_error().has_value() && rtl->last_error().has_value());
    EXPECT_EQ(rtl->last_error()->code, functional->last_error()->code);
    EXPECT_EQ(rtl->last_error()->instruction, functional->last_error()->instruction);
  }
}

INSTANTIATE_TEST_SUITE_P(Configurations, RandomHardware, testing::Range(0, kConfigurations));

}  // namespace
}  // namespace tandem::sim
