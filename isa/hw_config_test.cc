#include "isa/hw_config.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <set>

#include "isa/instruction.h"

namespace tandem::isa {
namespace {

std::string error_of(const std::string& yaml) {
  const Result<HwConfig> parsed = parse_hw(yaml, "hw.yaml");
  return parsed.ok() ? "no error" : render(parsed.error());
}

std::vector<std::string> test_configs() {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator(TANDEM_SOURCE_DIR "/configs/hw/test")) {
    paths.push_back(entry.path().string());
  }
  return paths;
}

TEST(HwConfig, DefaultIsVta) {
  const HwConfig config = load_hw(TANDEM_SOURCE_DIR "/configs/hw/vta_default.yaml").value();
  EXPECT_EQ(config, HwConfig{});
  EXPECT_EQ(config.name, "vta_default");
  EXPECT_EQ(config.depth(Memory::kUop), 8192);
  EXPECT_EQ(config.depth(Memory::kInp), 2048);
  EXPECT_EQ(config.depth(Memory::kWgt), 1024);
  EXPECT_EQ(config.depth(Memory::kAcc), 2048);
  EXPECT_EQ(config.depth(Memory::kOut), 2048);
  EXPECT_EQ(config.element_bytes(Memory::kUop), 4);
  EXPECT_EQ(config.element_bytes(Memory::kInp), 16);
  EXPECT_EQ(config.element_bytes(Memory::kWgt), 256);
  EXPECT_EQ(config.element_bytes(Memory::kAcc), 64);
  EXPECT_EQ(config.element_bytes(Memory::kAcc8), 16);
  EXPECT_EQ(config.out_buffer_bytes(), 32 * 1024);
  EXPECT_EQ(config.macs_per_uop(), 256);
  EXPECT_TRUE(check(config).empty());
}

TEST(HwConfig, YamlRoundTripsAndTheNameIsNotIdentity) {
  for (const std::string& path : test_configs()) {
    const HwConfig config = load_hw(path).value();
    const HwConfig again = parse_hw(to_yaml(config), "other.yaml").value();
    EXPECT_EQ(config, again) << path;
    EXPECT_EQ(config.name, again.name);
    HwConfig renamed = config;
    renamed.name = "other";
    EXPECT_EQ(hash(config), hash(renamed));
    EXPECT_NE(hash(config), hash(HwConfig{}));
  }
}

TEST(HwConfig, TestDesignsTogetherDifferFromTheDefaultInEveryParameter) {
  std::set<std::string> different;
  const std::vector<RtlParameter> standard = rtl_parameters(HwConfig{});
  for (const std::string& path : test_configs()) {
    const std::vector<RtlParameter> own = rtl_parameters(load_hw(path).value());
    for (size_t i = 0; i < own.size(); ++i) {
      if (own[i].value != standard[i].value) different.insert(own[i].name);
    }
  }
  EXPECT_EQ(different.size(), standard.size());
}

TEST(HwConfig, WidthsAreDerived) {
  const HwConfig large = load_hw(TANDEM_SOURCE_DIR "/configs/hw/test/b1_32x32.yaml").value();
  EXPECT_EQ(uop_bytes(large), 8);
  EXPECT_EQ(instruction_bytes(large), 24);
  EXPECT_EQ(large.depth(Memory::kUop), 64 * 1024 / 8);
  HwConfig largest;
  largest.block_in = largest.block_out = 4;
  largest.uop_buffer_bytes = largest.inp_buffer_bytes = largest.wgt_buffer_bytes = largest.acc_buffer_bytes =
      2048 * 1024;
  EXPECT_TRUE(check(largest).empty());
  EXPECT_EQ(uop_bytes(largest), 8);
  EXPECT_EQ(instruction_bytes(largest), 32);
}

TEST(HwConfig, RtlParameters) {
  std::string text;
  for (const RtlParameter& parameter : rtl_parameters(HwConfig{}))
    text += parameter.name + "=" + std::to_string(parameter.value) + " ";
  EXPECT_EQ(text,
            "Batch=1 BlockIn=16 BlockOut=16 BusBytes=8 OutstandingReads=64 CommandQueueDepth=512 TokenQueueDepth=512 "
            "RequantLanes=16 DepthwiseWidth=1 AluLanes=16 ExtendedAlu=1 DspPacking=0 "
            "UopDepth=8192 InpDepth=2048 WgtDepth=1024 AccDepth=2048 PrmDepth=64 ");
}

TEST(HwConfigDiagnostics, BrokenRulesNameTheNearestLegalValue) {
  EXPECT_EQ(error_of("batch: 1\nblock_in: 24\n"),
            "hw.yaml:2:11: error: block_in 24 is not a power of two from 4 to 64\n"
            "  hint: the nearest legal value is 16");
  EXPECT_EQ(error_of("block_out: 128\n"),
            "hw.yaml:1:12: error: block_out 128 is not a power of two from 4 to 64\n"
            "  hint: the nearest legal value is 64");
  EXPECT_EQ(error_of("wgt_buffer_bytes: 3000 KiB\n"),
            "hw.yaml:1:19: error: wgt_buffer_bytes 3000 KiB is not a power of two from 2 KiB to 2048 KiB\n"
            "  hint: the nearest legal value is 2048 KiB");
  EXPECT_EQ(error_of("outstanding_reads: 0\n"),
            "hw.yaml:1:20: error: outstanding_reads 0 is not a number from 1 to 64\n"
            "  hint: the nearest legal value is 1");
  EXPECT_EQ(error_of("token_queue_depth: 99999999999\n"),
            "hw.yaml:1:20: error: token_queue_depth 99999999999 is not a power of two from 4 to 4096\n"
            "  hint: the nearest legal value is 4096");
  EXPECT_EQ(error_of("batch: 4\nblock_in: 64\nblock_out: 32\n"),
            "hw.yaml:1:8: error: batch 4 x block_in 64 x block_out 32 = 8192 multipliers are more than 4096\n"
            "  hint: the nearest legal design has batch 2, block_in 64, block_out 32");
  EXPECT_EQ(error_of("block_in: 64\nblock_out: 64\nwgt_buffer_bytes: 4 KiB\n"),
            "hw.yaml:3:19: error: wgt_buffer_bytes 4 KiB holds 1 elements of 4096 bytes; at least 2 are needed\n"
            "  hint: the nearest legal value is 8 KiB");
}

TEST(HwConfig, UnitsFollowTheBlocksWhereTheyAreNotChosen) {
  HwConfig config;
  config.batch = 2;
  config.block_out = 4;
  EXPECT_EQ(config.requant_lanes(), 4);
  EXPECT_EQ(config.depthwise_width(), 0);
  EXPECT_EQ(config.alu_lanes(), 8);
  EXPECT_EQ(config.depth(Memory::kPrm), 256);
  EXPECT_TRUE(check(config).empty());
  HwConfig chosen = config;
  chosen.chosen_requant_lanes = 4;
  EXPECT_EQ(config, chosen);
  EXPECT_EQ(hash(config), hash(chosen));
  chosen.chosen_requant_lanes = 0;
  EXPECT_NE(hash(config), hash(chosen));
  EXPECT_EQ(chosen.depth(Memory::kPrm), 0);
}

TEST(HwConfigDiagnostics, UnitsThatDoNotFitTheBlocks) {
  EXPECT_EQ(error_of("requant_lanes: 3\n"),
            "hw.yaml:1:16: error: requant_lanes 3 is not 0 or a power of two from 1 to 64\n"
            "  hint: the nearest legal value is 2");
  EXPECT_EQ(error_of("requant_lanes: 16\nblock_out: 8\n"),
            "hw.yaml:1:16: error: requant_lanes 16 is more than block_out 8\n  hint: the nearest legal value is 8");
  EXPECT_EQ(error_of("alu_lanes: 0\n"),
            "hw.yaml:1:12: error: alu_lanes 0 is not a power of two from 1 to 512\n"
            "  hint: the nearest legal value is 1");
  EXPECT_EQ(error_of("alu_lanes: 32\n"),
            "hw.yaml:1:12: error: alu_lanes 32 is more than batch 1 x block_out 16 = 16\n"
            "  hint: the nearest legal value is 16");
  EXPECT_EQ(error_of("depthwise_width: 8\n"),
            "hw.yaml:1:18: error: depthwise_width 8 is not 0 or a power of two from 1 to 4\n"
            "  hint: the nearest legal value is 4");
  EXPECT_EQ(error_of("depthwise_width: 1\nblock_in: 8\n"),
            "hw.yaml:1:18: error: depthwise_width 1 needs equal blocks; block_in is 8 and block_out 16\n"
            "  hint: the nearest legal value is 0");
  EXPECT_EQ(error_of("extended_alu: 2\n"),
            "hw.yaml:1:15: error: extended_alu 2 is not a number from 0 to 1\n  hint: the nearest legal value is 1");
}

TEST(HwConfig, ParametersByName) {
  HwConfig config;
  int64_t value = 3;
  for (const std::string& name : parameter_names()) {
    const HwConfig changed = with_parameter(config, name, value);
    EXPECT_FALSE(changed == config) << name;
    config = changed;
    value *= 2;
  }
  EXPECT_EQ(config.batch, 3);
  EXPECT_EQ(config.block_in, 6);
  EXPECT_EQ(config.token_queue_depth, 3 << 11);
  EXPECT_EQ(config.requant_lanes(), 3 << 12);
  EXPECT_EQ(parameter(config, "dsp_packing"), 3 << 16);
}

TEST(HwConfigDiagnostics, EveryBrokenRuleOfAValueIsTold) {
  HwConfig config;
  config.batch = 0;
  config.bus_bytes = 4;
  std::vector<std::string> texts;
  for (const Diagnostic& diagnostic : check(config, {"spec.yaml", 7, 3})) texts.push_back(render(diagnostic));
  EXPECT_THAT(texts, testing::ElementsAre("spec.yaml:7:3: error: batch 0 is not a power of two from 1 to 8\n"
                                          "  hint: the nearest legal value is 1",
                                          "spec.yaml:7:3: error: bus_bytes 4 is not a power of two from 8 to 64\n"
                                          "  hint: the nearest legal value is 8"));
}

TEST(HwConfigDiagnostics, UnknownKey) {
  EXPECT_EQ(error_of("blockin: 16\n"),
            "hw.yaml:1:1: error: unknown key 'blockin'\n"
            "  legal: name, batch, block_in, block_out, uop_buffer_bytes, inp_buffer_bytes, wgt_buffer_bytes, "
            "acc_buffer_bytes, prm_buffer_bytes, "
            "bus_bytes, outstanding_reads, command_queue_depth, token_queue_depth, requant_lanes, depthwise_width, "
            "alu_lanes, extended_alu, dsp_packing\n"
            "  hint: did you mean 'block_in'?");
}

}  // namespace
}  // namespace tandem::isa
