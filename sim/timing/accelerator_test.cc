// The timing model alone, beside an ideal memory: closed forms of docs/accelerator.md, cycle t - 1 and t.
#include "sim/timing/accelerator.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "isa/assembly.h"
#include "sim/timing/memory.h"
#include "sim/timing/program_steps.h"

namespace tandem::sim::timing {
namespace {

constexpr uint32_t kLatency = 32;

struct Timed {
  Cycle cycles = 0;
  std::vector<Cycle> retired;
  int evaluations = 0;
};

/// Micro-op i is {dst 64 * i, src 0, wgt 0}.
Timed run(const std::vector<std::string>& lines, uint32_t latency = kLatency) {
  std::string text = "program \"p\"\ndram 65536\nsegment \"uops\" at 0x100 uops {\n";
  for (int i = 0; i < 4; ++i) text += fmt::format("  uop dst={} src=0 wgt=0\n", 64 * i);
  text += "}\ncode at 0x8000 {\n";
  for (const std::string& line : lines) text += "  " + line + "\n";
  const isa::Program program = isa::assemble(text + "}\n", "p.asm").value();
  ProgramSteps steps(program, std::nullopt, nullptr);
  DirectMemory memory({latency, latency}, static_cast<uint32_t>(program.hardware.bus_bytes));
  Accelerator accelerator(program.hardware, program.code_address, steps, memory);
  Timed timed;
  for (Cycle t = 0; t != kNever; t = accelerator.evaluate(t)) ++timed.evaluations;
  EXPECT_TRUE(accelerator.finished());
  timed.cycles = accelerator.cycles();
  timed.retired = steps.retire_cycles();
  return timed;
}

const std::string kLoadUops = "load uop sram=0 dram=0x40 y=1 x=4 stride=4";

TEST(TimingModel, TheProgramIsReadOnce) {
  const Cycle cycles = run({"finish"}).cycles;
  EXPECT_EQ(run({"finish"}, kLatency + 100).cycles, cycles + 100);
}

TEST(TimingModel, AGemmTakesACycleAStep) {
  const auto gemm = [](int trips) {
    return fmt::format("gemm uop=[0,1) iter=(1,{}) dst=(0,0) src=(0,0) wgt=(0,0)", trips);
  };
  const Cycle one = run({kLoadUops, gemm(1), "finish"}).cycles;
  EXPECT_EQ(run({kLoadUops, gemm(2), "finish"}).cycles, one + 1);
  EXPECT_EQ(run({kLoadUops, gemm(1000), "finish"}).cycles, one + 999);
  EXPECT_EQ(run({kLoadUops, gemm(500), gemm(500), "finish"}).retired[2],
            run({kLoadUops, gemm(1000), "finish"}).retired[1])
      << "the second one follows without a gap";
}

TEST(TimingModel, ALoadTakesACycleABeat) {
  // 16 bytes an element, 8 a beat.
  const auto load = [](int elements) { return fmt::format("load inp sram=0 dram=0 y=1 x={} stride=1", elements); };
  const Cycle one = run({load(1), "finish"}).retired[0];
  EXPECT_EQ(run({load(101), "finish"}).retired[0], one + 200);
  EXPECT_EQ(run({load(1), "finish"}, kLatency + 10).retired[0], one + 20) << "of the program and of the block";
}

TEST(TimingModel, PadsTakeTheCyclesWithoutABeat) {
  const auto load = [](const std::string& pad) {
    return run({"load inp sram=0 dram=0 y=4 x=8 stride=8" + pad, "finish"}).retired[0];
  };
  EXPECT_EQ(load(" pad=(1,1,0,0)"), load("")) << "written while the memory is awaited";
  EXPECT_EQ(load(" pad=(15,14,0,0)"), load(" pad=(14,14,0,0)") + 8) << "one each, once it has answered";
  EXPECT_EQ(load(" pad=(15,15,0,0)"), load(" pad=(15,14,0,0)") + 8);
}

TEST(TimingModel, TimeAdvancesByEventsNotByCycles) {
  const Timed run_long = run({kLoadUops, "gemm uop=[0,1) iter=(1000,1000) dst=(0,0) src=(0,0) wgt=(0,0)", "finish"});
  EXPECT_GT(run_long.cycles, 1'000'000u);
  EXPECT_LT(run_long.evaluations, 100);
}

}  // namespace
}  // namespace tandem::sim::timing
