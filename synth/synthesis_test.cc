#include "synth/synthesis.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "support/process.h"

namespace tandem::synth {
namespace {

class Synthesis : public testing::Test {
 protected:
  void SetUp() override {
    if (find_program("yosys").empty()) GTEST_SKIP() << "[SKIP] yosys is not installed";
  }
};

struct Design {
  std::string module;
  Parameters parameters;
};

/// A hierarchy of several levels, of which some modules occur often.
const std::vector<Design>& designs() {
  static const std::vector<Design> kDesigns = {
      {"gemm_core", {{"Batch", 1}, {"BlockIn", 4}, {"BlockOut", 4}}},
      {"load_buffer", {{"Width", 64}, {"Depth", 512}, {"BusBytes", 32}}},
      {"axi_read_arbiter", {{"AddrBits", 16}, {"Outstanding", 4}}},
  };
  return kDesigns;
}

// Modules are synthesised alone, counted as often as they occur, and their paths joined at their ports. That must be
// what one gets from the whole netlist laid flat.
TEST_F(Synthesis, SumsAndPathsEqualThoseOfTheFlattenedNetlist) {
  for (const Design& design : designs()) {
    SCOPED_TRACE(design.module);
    const Report sum = synthesise_module(design.module, design.parameters).value();
    const Report flat = synthesise_flattened(design.module, design.parameters).value();
    EXPECT_TRUE(sum.total == flat.total) << to_text(sum) << "\n" << to_text(flat);
    EXPECT_EQ(sum.critical.length.levels, flat.critical.length.levels);
    EXPECT_NEAR(sum.critical.length.ns, flat.critical.length.ns, 1e-9);
    Resources rows;
    for (const ModuleReport& row : sum.modules) rows += row.resources;
    EXPECT_TRUE(rows == sum.total);
    EXPECT_GT(sum.total.gates, 0);
  }
}

TEST_F(Synthesis, AMultiplierIsOneDspAndAMemoryIsBlockRam) {
  const Report gemm = synthesise_module("gemm_core", designs()[0].parameters).value();
  EXPECT_EQ(gemm.total.dsp, 4 * 4);
  EXPECT_EQ(gemm.total.ramb18, 0);
  const Report buffer = synthesise_module("load_buffer", designs()[1].parameters).value();
  EXPECT_EQ(buffer.total.dsp, 0);
  EXPECT_GE(buffer.total.ramb18, 1);
  EXPECT_LT(buffer.total.ff, 64 * 8);  // the memory's read registers are in the block RAM
}

// The accelerator's array is synthesised four columns wide and multiplied.
TEST_F(Synthesis, AWideMultiplierArrayIsAMultipleOfANarrowOne) {
  SynthesisOptions options;
  options.gates = false;
  const Report narrow =
      synthesise_module("gemm_core", {{"Batch", 1}, {"BlockIn", 8}, {"BlockOut", 4}}, options).value();
  const Report wide = synthesise_module("gemm_core", {{"Batch", 2}, {"BlockIn", 8}, {"BlockOut", 8}}, options).value();
  EXPECT_TRUE(4 * narrow.total == wide.total) << to_text(narrow) << "\n" << to_text(wide);
  EXPECT_EQ(narrow.critical.length.levels, wide.critical.length.levels);
}

TEST_F(Synthesis, IllegalHardwareIsRefusedWithTheRule) {
  isa::HwConfig hardware;
  hardware.block_in = 24;
  EXPECT_EQ(render(synthesise(hardware).error()),
            "error: block_in 24 is not a power of two from 4 to 64\n  hint: the nearest legal value is 16");
}

}  // namespace
}  // namespace tandem::synth
