// The design that Yosys understood, gate by gate, runs programs as the Verilog does: outputs, cycles, counters, errors.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "isa/random_program.h"
#include "sim/api/agreement.h"
#include "sim/functional/functional_simulator.h"
#include "sim/rtl/rtl_simulator.h"
#include "support/environment.h"
#include "support/process.h"
#include "synth/gate_netlist.h"
#include "tests/value_or_fail.h"

namespace tandem::sim {
namespace {

TEST(Netlist, RunsProgramsAsTheVerilogDoes) {
  if (find_program("yosys").empty()) GTEST_SKIP() << "yosys is not installed";
  const isa::HwConfig hardware = value_or_fail(isa::load_hw(checkout_path("configs/hw/test/b1_4x4.yaml")));
  const std::string path =
      (std::filesystem::temp_directory_path() / fmt::format("tandem_gates_{}.v", ::getpid())).string();
  const Result<void> written = synth::write_gates(hardware, path);
  ASSERT_TRUE(written.ok()) << render(written.error());
  RtlModelOptions gates, verilog;
  gates.netlist = path;
  verilog.assertions = true;  // as all tests have this design
  const std::string netlist_model = value_or_fail(build_rtl_model(hardware, gates));
  const std::string verilog_model = value_or_fail(build_rtl_model(hardware, verilog));
  const auto functional = make_functional_simulator(hardware);
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    Rng rng(seed);
    const isa::RandomProgramOptions shape{24, seed % 2 == 0, /*extensions=*/true};
    RtlConditions conditions;
    conditions.watch_registers = true;
    if (seed % 4 == 0) conditions.memory = Restlessness{seed};
    const auto netlist = value_or_fail(load_rtl_simulator(netlist_model, hardware, {}, conditions));
    const auto rtl = value_or_fail(load_rtl_simulator(verilog_model, hardware, {}, conditions));
    const isa::Program program = isa::random_program(hardware, rng, shape);
    const RunResult result = value_or_fail(netlist->run(program, {}));
    const RunResult expected = value_or_fail(rtl->run(program, {}));
    EXPECT_EQ(disagreement(value_or_fail(functional->run(program, {})), result), "");
    EXPECT_EQ(result.cycles, expected.cycles);
    EXPECT_EQ(result.counters, expected.counters);

    const isa::IllegalProgram illegal = isa::illegal_program(hardware, rng, shape);
    SCOPED_TRACE(illegal.mistake);
    EXPECT_FALSE(netlist->run(illegal.program, {}).ok());
    EXPECT_FALSE(rtl->run(illegal.program, {}).ok());
    EXPECT_EQ(netlist->last_error(), rtl->last_error());
  }
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace tandem::sim
