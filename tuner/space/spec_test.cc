#include "tuner/space/spec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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

}  // namespace
}  // namespace tandem::tuner
