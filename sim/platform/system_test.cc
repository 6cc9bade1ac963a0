// The platform itself: RTL inside it, several masters on one memory, its memory map.
#include "sim/platform/system.h"

#include <gtest/gtest.h>

#include "isa/access.h"
#include "isa/random_program.h"
#include "sim/api/program_memory.h"
#include "sim/platform/interconnect.h"
#include "sim/platform/timing_simulator.h"
#include "sim/rtl/rtl_simulator.h"
#include "support/environment.h"

namespace tandem::sim::platform {
namespace {

isa::Program random_program(uint64_t seed) {
  Rng rng(seed);
  return isa::random_program({}, rng, {40, false, true});
}

TEST(System, TheRtlInsideTakesTheCyclesOfTheRtlAlone) {
  for (const char* name : {"default", "ddr3_pynq_z1"}) {
    SCOPED_TRACE(name);
    Platform platform = load_platform(checkout_path(std::string("configs/platform/") + name + ".yaml")).value();
    const std::unique_ptr<Simulator> alone = make_rtl_simulator({}, platform).value();
    platform.rtl_accelerator = true;
    const std::unique_ptr<Simulator> inside = make_timing_simulator({}, platform);
    for (uint64_t seed = 40; seed < 46; ++seed) {
      const isa::Program program = random_program(seed);
      const Result<RunResult> expected = alone->run(program, {}), result = inside->run(program, {});
      ASSERT_TRUE(expected.ok() && result.ok());
      EXPECT_EQ(result->cycles, expected->cycles);
      EXPECT_EQ(result->counters, expected->counters);
      EXPECT_TRUE(result->outputs == expected->outputs);
    }
  }
}

/// Two programs in windows of one memory, on accelerators of these kinds.
std::vector<Outcome> run_two(const isa::Program& program, const RtlModel* first, const RtlModel* second,
                             const Traffic& traffic = {}) {
  const uint64_t window = (isa::memory_bytes(program) + 4095) / 4096 * 4096;
  Setup setup;
  setup.memory = dram_timing(load_platform(checkout_path("configs/platform/narrow_shared.yaml")).value());
  setup.memory_bytes = 3 * window;
  setup.fill = [&](uint8_t* dram) {
    for (uint64_t i = 0; i < 2; ++i) {
      fill_code(program, dram + i * window);
      fill_memory(program, {}, dram + i * window);
    }
  };
  for (const RtlModel* rtl : {first, second}) {
    Job job;
    job.program = &program;
    job.window = setup.jobs.size() * window;
    job.rtl = rtl;
    setup.jobs.push_back(job);
  }
  if (traffic.every_cycles != 0) {
    setup.traffic = {traffic};
    setup.traffic[0].begin = 2 * window;
    setup.traffic[0].bytes = window;
  }
  return System::instance().run(setup).value();
}

TEST(System, TwoAcceleratorsShareTheMemoryAsTwoOfTheRtlDo) {
  const RtlModel rtl = RtlModel::load({}).value();
  const isa::Program program = random_program(7);
  const std::unique_ptr<Simulator> one =
      make_timing_simulator({}, load_platform(checkout_path("configs/platform/narrow_shared.yaml")).value());
  const uint64_t alone = one->run(program, {}).value().cycles;
  const std::vector<Outcome> timing = run_two(program, nullptr, nullptr);
  EXPECT_GT(timing[0].cycles, alone);
  EXPECT_GT(timing[1].cycles, alone);
  const std::vector<Outcome> of_rtl = run_two(program, &rtl, &rtl);
  EXPECT_EQ(timing[0].cycles, of_rtl[0].cycles);
  EXPECT_EQ(timing[1].cycles, of_rtl[1].cycles);
  const std::vector<Outcome> mixed = run_two(program, nullptr, &rtl);
  EXPECT_EQ(mixed[0].cycles, of_rtl[0].cycles);
  EXPECT_EQ(mixed[1].cycles, of_rtl[1].cycles);
}

TEST(System, TrafficOfOthersCostsCycles) {
  const isa::Program program = random_program(8);
  const std::vector<Outcome> quiet = run_two(program, nullptr, nullptr);
  const std::vector<Outcome> busy = run_two(program, nullptr, nullptr, {0, 0, 64, 40});
  EXPECT_GT(busy[0].cycles, quiet[0].cycles);
  const std::vector<Outcome> again = run_two(program, nullptr, nullptr);
  EXPECT_EQ(again[0].cycles, quiet[0].cycles);
}

TEST(System, ReadsBeyondTheMemoryAreErrorsAtTheirInstruction) {
  isa::Program program = random_program(9);
  Platform platform;
  platform.rtl_accelerator = true;
  const std::unique_ptr<Simulator> inside = make_timing_simulator({}, platform), timing = make_timing_simulator({});
  isa::Load load;
  load.mem_type = isa::Memory::kInp;
  load.dram_base = 0xfff'ffff;
  load.y_size = load.x_size = load.x_stride = 1;
  program.code.insert(program.code.begin(), isa::encode(program.hardware, load));
  const Result<RunResult> rtl = inside->run(program, {}), model = timing->run(program, {});
  ASSERT_FALSE(rtl.ok());
  ASSERT_FALSE(model.ok());
  EXPECT_EQ(render(rtl.error()), render(model.error()));
  EXPECT_EQ(inside->last_error(), timing->last_error());
}

TEST(System, ThePlatformHasSoManyOfEach) {
  platform::Setup setup;
  setup.jobs.resize(5);
  EXPECT_EQ(render(System::instance().run(setup).error()),
            "error: 5 accelerators and 0 traffic generators; the platform has 4 and 4");
}

TEST(MemoryMap, Overlaps) {
  EXPECT_TRUE(check_map({{"dram", 0, 0x1000}, {"registers", 0x1000, 0x100}}, "p.yaml").ok());
  EXPECT_EQ(render(check_map({{"registers", 0xf00, 0x200}, {"dram", 0, 0x1000}}, "p.yaml").error()),
            "p.yaml: error: regions 'dram' [0x0, 0x1000) and 'registers' [0xf00, 0x1100) overlap\n"
            "  hint: 'registers' may begin at 0x1000");
  EXPECT_EQ(render(check_map({{"dram", 0x10, 0}}, "p.yaml").error()),
            "p.yaml: error: region 'dram' at 0x10 with 0x0 bytes is empty, or ends beyond the last address");
}

}  // namespace
}  // namespace tandem::sim::platform
