#include "synth/synthesis.h"

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

const Parameters kArbiter = {{"AddrBits", 16}, {"Outstanding", 4}};
const Parameters kNarrowArray = {{"Batch", 1}, {"BlockIn", 4}, {"BlockOut", 4}};

SynthesisOptions without_gates() {
  SynthesisOptions options;
  options.gates = false;
  return options;
}

// Modules are synthesised alone, counted as often as they occur, and their paths joined at their ports. That must be
// what one gets from the whole netlist laid flat.
TEST_F(Synthesis, SumsAndPathsEqualThoseOfTheFlattenedNetlist) {
  const Report sum = synthesise_module("axi_read_arbiter", kArbiter).value();
  const Report flat = synthesise_flattened("axi_read_arbiter", kArbiter).value();
  EXPECT_EQ(sum.modules.size(), 2u);  // and two slices, which differ
  EXPECT_TRUE(sum.total == flat.total) << to_text(sum) << "\n" << to_text(flat);
  EXPECT_EQ(sum.critical.length.levels, flat.critical.length.levels);
  EXPECT_NEAR(sum.critical.length.ns, flat.critical.length.ns, 1e-9);
  Resources rows;
  for (const ModuleReport& row : sum.modules) rows += row.resources;
  EXPECT_TRUE(rows == sum.total);
  EXPECT_GT(sum.total.gates, 0);
}

TEST_F(Synthesis, AMultiplierIsOneDspAndAMemoryIsBlockRam) {
  const Report gemm = synthesise_module("gemm_core", kNarrowArray, without_gates()).value();
  EXPECT_EQ(gemm.total.dsp, 4 * 4);
  EXPECT_EQ(gemm.total.ramb18, 0);
  const Parameters parameters = {{"Width", 64}, {"Depth", 512}, {"BusBytes", 32}};
  const Report buffer = synthesise_module("load_buffer", parameters, without_gates()).value();
  EXPECT_EQ(buffer.total.dsp, 0);
  EXPECT_GE(buffer.total.ramb18, 1);
  EXPECT_LT(buffer.total.ff, 64 * 8);  // the memory's read registers are in the block RAM
}

// The accelerator's array is synthesised four columns wide and multiplied.
TEST_F(Synthesis, AWideMultiplierArrayIsAMultipleOfANarrowOne) {
  const Report narrow = synthesise_module("gemm_core", kNarrowArray, without_gates()).value();
  const Report wide =
      synthesise_module("gemm_core", {{"Batch", 2}, {"BlockIn", 4}, {"BlockOut", 8}}, without_gates()).value();
  EXPECT_TRUE(4 * narrow.total == wide.total) << to_text(narrow) << "\n" << to_text(wide);
  EXPECT_EQ(narrow.critical.length.levels, wide.critical.length.levels);
}

// As are lanes of REQUANTIZE, of which one and two are synthesised.
TEST_F(Synthesis, EachFurtherLaneAddsTheSame) {
  const auto lanes = [](int64_t count) {
    return synthesise_module("requantize_lanes", {{"Lanes", count}}, without_gates()).value();
  };
  const Report one = lanes(1), two = lanes(2), three = lanes(3);
  EXPECT_EQ(three.total.dsp, 2 * two.total.dsp - one.total.dsp);
  EXPECT_EQ(three.total.ff, 2 * two.total.ff - one.total.ff);
  const auto expected = static_cast<double>(2 * two.total.lut - one.total.lut);
  EXPECT_NEAR(static_cast<double>(three.total.lut), expected, 0.03 * expected);
  EXPECT_EQ(three.critical.length.levels, two.critical.length.levels);
}

TEST_F(Synthesis, PackedProductsTakeHalfTheDsps) {
  Parameters packed = kNarrowArray;
  packed.emplace_back("DspPacking", 1);
  const Report report = synthesise_module("gemm_core", packed, without_gates()).value();
  EXPECT_EQ(report.total.dsp, 4 * 4 / 2);
  EXPECT_GT(report.critical.length.ns, 0);
}

TEST_F(Synthesis, IllegalHardwareIsRefusedWithTheRule) {
  isa::HwConfig hardware;
  hardware.block_in = 24;
  EXPECT_EQ(render(synthesise(hardware).error()),
            "error: block_in 24 is not a power of two from 4 to 64\n  hint: the nearest legal value is 16");
}

}  // namespace
}  // namespace tandem::synth
