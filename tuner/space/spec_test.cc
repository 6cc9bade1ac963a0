#include "tuner/space/spec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "support/file.h"

namespace tandem::tuner {
namespace {

constexpr const char* kHead = "model: m.onnx\ninput: x.npy\n";

std::string error_of(const std::string& text) {
  const auto spec = parse_spec(text, "dir/spec.yaml");
  return spec.ok() ? "" : render(spec.error());
}

TEST(ExploreSpec, TheDemoIsWhatItSays) {
  const auto spec = load_spec(std::string(TANDEM_SOURCE_DIR) + "/configs/explore/demo.yaml");
  ASSERT_TRUE(spec.ok()) << render(spec.error());
  EXPECT_EQ(spec->name, "demo");
  EXPECT_EQ(spec->model, std::string(TANDEM_SOURCE_DIR) + "/models/digits/digits.onnx");
  EXPECT_EQ(spec->hardware.base(), isa::HwConfig{});
  EXPECT_EQ(spec->hardware.limits().budget.macs, 256);
  EXPECT_TRUE(spec->hardware.limits().chained);
  EXPECT_EQ(spec->options.samples, 8);
  EXPECT_GT(spec->hardware.feasible().size(), 50u);
  EXPECT_EQ(spec->hardware.knobs()[3].choices, (std::vector<int64_t>{8 << 10, 32 << 10}));
}

TEST(ExploreSpec, DefaultsAreTheBaseAsBudget) {
  const auto spec = parse_spec(std::string(kHead) + "hardware: {knobs: {block_in: [8, 16]}}\n", "dir/spec.yaml");
  ASSERT_TRUE(spec.ok()) << render(spec.error());
  EXPECT_EQ(spec->name, "spec");
  EXPECT_EQ(spec->input, "dir/x.npy");
  EXPECT_EQ(spec->hardware.limits().budget.buffer_bits, isa::HwConfig{}.buffer_bits());
  EXPECT_EQ(spec->options.sampler, SamplerKind::kAnnealing);
}

TEST(ExploreSpec, SaysWhatIsWrongAndWhere) {
  const std::string head = kHead;
  EXPECT_EQ(error_of(head + "harware: {}\n"),
            "dir/spec.yaml:3:1: error: unknown key 'harware'\n"
            "  legal: name, model, input, expected, samples, platform, hardware, budget, search, limits\n"
            "  hint: did you mean 'hardware'?");
  EXPECT_EQ(error_of(head), "dir/spec.yaml:1:1: error: missing key 'hardware'");
  EXPECT_EQ(error_of(head + "hardware: {knobs: {block_in: [8]}}\nsearch: {measure_on: functional}\n"),
            "dir/spec.yaml:4:22: error: unknown simulator 'functional'\n  legal: rtl, timing");
  EXPECT_EQ(error_of(head + "hardware: {knobs: {blok_in: [8]}}\n"),
            "dir/spec.yaml:3:20: error: unknown key 'blok_in'\n"
            "  legal: batch, block_in, block_out, uop_buffer_bytes, inp_buffer_bytes, wgt_buffer_bytes, "
            "acc_buffer_bytes, prm_buffer_bytes, bus_bytes, outstanding_reads, command_queue_depth, token_queue_depth, "
            "requant_lanes, depthwise_width, alu_lanes, extended_alu, dsp_packing\n"
            "  hint: did you mean 'block_in'?");
  EXPECT_EQ(error_of(head + "hardware: {knobs: {block_in: [8, 12]}}\n"),
            "dir/spec.yaml:3:34: error: block_in 12 is not a power of two from 4 to 64\n"
            "  hint: the nearest legal value is 8");
  EXPECT_EQ(error_of(head + "hardware: {knobs: {block_in: 8}}\n"),
            "dir/spec.yaml:3:30: error: 'block_in' needs a list of values\n"
            "  hint: for example [8, 16]");
  const std::string hardware = head + "hardware: {knobs: {block_in: [8, 16]}}\n";
  EXPECT_EQ(error_of(hardware + "budget: {macs: 64}\n"),
            "dir/spec.yaml:4:16: error: the base needs 256 macs, more than the budget of 64\n"
            "  hint: raise the budget or name a smaller base");
  EXPECT_EQ(error_of(hardware + "search: {sampler: anealing}\n"),
            "dir/spec.yaml:4:19: error: unknown sampler 'anealing'\n"
            "  legal: annealing, random\n"
            "  hint: did you mean 'annealing'?");
  EXPECT_EQ(error_of(hardware + "search: {trials: 0}\n"), "dir/spec.yaml:4:18: error: trials 0 is less than 1");
  EXPECT_EQ(error_of(hardware + "search: {random_share: 2}\n"),
            "dir/spec.yaml:4:24: error: random_share 2 is not from 0 to 1");
  EXPECT_EQ(error_of(head + "hardware: {knobs: {block_in: [32, 64]}}\n"),
            "dir/spec.yaml:3:19: error: none of the 2 accelerators is legal and within the budget; the first: "
            "512 MACs per cycle (1 x 32 x 16), the budget is 256\n"
            "  hint: add smaller values or raise the budget");
  EXPECT_EQ(error_of(hardware + "limits: {cycles: many}\n"),
            "dir/spec.yaml:4:18: error: 'cycles' must be an integer, not 'many'");
}

/// A checkout of its own, whose area model is what a test wants.
class AreaBudget : public testing::Test {
 protected:
  void SetUp() override {
    root_ = testing::TempDir() + "area_budget_" + std::to_string(::getpid());
    std::filesystem::create_directories(root_ + "/configs/device");
    std::filesystem::create_directories(root_ + "/configs/synth");
    ASSERT_TRUE(
        write_file(root_ + "/configs/device/small.yaml", "{name: small, lut: 20000, ff: 9000, bram36: 9, dsp: 90}\n")
            .ok());
    ::setenv("TANDEM_ROOT", root_.c_str(), 1);
  }
  void TearDown() override {
    ::unsetenv("TANDEM_ROOT");
    std::filesystem::remove_all(root_);
  }
  void write_model() const {
    ASSERT_TRUE(
        write_file(
            root_ + "/configs/synth/area_model.yaml",
            "source: a test\nperiod_ns: {one: 8}\nmodules:\n  array: {lut: {lanes: 1000}}\n  rest: {lut: {one: 100}}\n")
            .ok());
  }
  const std::string head_ = std::string(kHead) + "hardware: {knobs: {block_out: [8, 16]}}\n";
  std::string root_;
};

TEST_F(AreaBudget, IsTheDevicesAndSingleBoundsHoldInstead) {
  write_model();
  const auto spec = parse_spec(head_ + "budget: {device: small, lut: 16200}\n", "dir/spec.yaml");
  ASSERT_TRUE(spec.ok()) << render(spec.error());
  EXPECT_EQ(spec->hardware.limits().area, (synth::Figures{{"bram36", 9}, {"dsp", 90}, {"ff", 9000}, {"lut", 16200}}));
  isa::HwConfig larger;
  larger.block_out = 32;
  EXPECT_EQ(over_area(larger, spec->hardware.limits()), "about 32100 lut, the budget is 16200");
  EXPECT_EQ(over_area({}, spec->hardware.limits()), "");
}

TEST_F(AreaBudget, SaysWhatIsWrongAndWhere) {
  EXPECT_EQ(error_of(head_ + "budget: {device: smal}\n"),
            "dir/spec.yaml:4:18: error: unknown device 'smal'\n"
            "  legal: small\n"
            "  hint: did you mean 'small'?");
  EXPECT_EQ(error_of(head_ + "budget: {luts: 100}\n"),
            "dir/spec.yaml:4:10: error: unknown key 'luts'\n"
            "  legal: macs, buffer_bits, device, lut, ff, bram36, dsp\n"
            "  hint: did you mean 'lut'?");
  EXPECT_EQ(error_of(head_ + "budget: {lut: -1}\n"), "dir/spec.yaml:4:15: error: lut -1 is not from 0 to 1e+09");
  EXPECT_EQ(error_of(head_ + "budget: {lut: 100}\n"),
            root_ +
                "/configs/synth/area_model.yaml: error: there is no area model yet\n"
                "  hint: 'tandem synth --fit 60' fits one (docs/synthesis.md)");
  write_model();
  EXPECT_EQ(error_of(head_ + "budget: {lut: 16000}\n"),
            "dir/spec.yaml:4:9: error: the base needs about 16100 lut, the budget is 16000\n"
            "  hint: raise the budget or name a smaller base");
}

}  // namespace
}  // namespace tandem::tuner
