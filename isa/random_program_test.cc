#include "isa/random_program.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <set>

namespace tandem::isa {
namespace {

std::vector<HwConfig> designs() {
  std::vector<HwConfig> configs = {HwConfig{}};
  for (const auto& entry : std::filesystem::directory_iterator(TANDEM_SOURCE_DIR "/configs/hw/test")) {
    configs.push_back(load_hw(entry.path().string()).value());
  }
  return configs;
}

TEST(RandomProgram, IsLegalOnEveryTestDesign) {
  for (const HwConfig& config : designs()) {
    int with_random_waits = 0;
    for (uint64_t seed = 0; seed < 60; ++seed) {
      Rng rng(seed);
      const RandomProgramOptions options{24, false, seed % 3 != 0};
      const Program program = random_program(config, rng, options);
      const std::vector<Fault> faults = check(program, {true});
      EXPECT_TRUE(faults.empty()) << config.name << " seed " << seed << ": " << faults.front().instruction << ": "
                                  << faults.front().what;
      Rng again(seed);
      EXPECT_EQ(random_program(config, again, options), program);
      Rng eager(seed);
      with_random_waits += random_program(config, eager, {24, true, options.extensions}) == program ? 0 : 1;
    }
    EXPECT_GT(with_random_waits, 30) << config.name;
  }
}

TEST(RandomProgram, HasEverythingOverSomeSeeds) {
  std::set<std::string> seen;
  const HwConfig config;
  const Codec codec(config);
  for (uint64_t seed = 0; seed < 120; ++seed) {
    Rng rng(seed);
    const Program program = random_program(config, rng, {24, false, seed >= 60});
    for (const EncodedInstruction& encoded : program.code) {
      const Instruction instruction = codec.decode(encoded).value();
      if (const auto* load = std::get_if<Load>(&instruction)) {
        const bool moves = load->x_size > 0 && load->y_size > 0;
        seen.insert(std::string("load ") + info(load->mem_type).name + (moves ? "" : " nothing"));
        if (moves && load->y_pad_0 > 0 && load->y_pad_1 > 0 && load->x_pad_0 > 0 && load->x_pad_1 > 0)
          seen.insert("padded");
        if (moves && load->y_size > 1 && load->x_stride < load->x_size) seen.insert("rows overlap");
      } else if (const auto* store = std::get_if<Store>(&instruction)) {
        seen.insert(store->x_size == 0 || store->y_size == 0 ? "store nothing"
                    : store->y_size > 1                      ? "store rows"
                                                             : "store row");
      } else if (const auto* gemm = std::get_if<Gemm>(&instruction)) {
        seen.insert(gemm->reset ? "reset" : gemm->overwrite ? "gemm overwrite" : "gemm");
        if (gemm->iter_out == 0 || gemm->iter_in == 0 || gemm->uop_bgn == gemm->uop_end) seen.insert("gemm nothing");
      } else if (const auto* alu = std::get_if<Alu>(&instruction)) {
        seen.insert(std::string(info(alu->opcode).name) + (alu->use_imm ? " imm" : ""));
        if (alu->opcode == AluOp::kShr && alu->use_imm && alu->imm < 0) seen.insert("shift left");
      } else if (const auto* mac = std::get_if<Mac>(&instruction)) {
        const bool nothing = mac->iter_out == 0 || mac->iter_in == 0 || mac->uop_bgn == mac->uop_end;
        seen.insert(nothing          ? "mac nothing"
                    : mac->depthwise ? mac->overwrite ? "depthwise overwrite" : "depthwise"
                    : mac->overwrite ? "mac overwrite"
                                     : "mac");
      } else if (const auto* requantize = std::get_if<Requantize>(&instruction)) {
        const bool nothing = requantize->iter_out == 0 || requantize->iter_in == 0;
        seen.insert(nothing
                        ? "requantize nothing"
                        : std::string(requantize->tflite ? "tflite" : "single") + (requantize->keep ? " keep" : ""));
      } else if (const auto* set = std::get_if<Config>(&instruction)) {
        seen.insert(info(set->state).name);
      } else if (const auto* extended = std::get_if<AluExtended>(&instruction)) {
        seen.insert(std::string(info(extended->operation).name) + (extended->use_imm ? " imm" : ""));
      }
    }
  }
  const std::set<std::string> expected = {"load uop",
                                          "load wgt",
                                          "load inp",
                                          "load acc",
                                          "load acc8",
                                          "load uop nothing",
                                          "padded",
                                          "rows overlap",
                                          "store row",
                                          "store rows",
                                          "reset",
                                          "store nothing",
                                          "gemm",
                                          "gemm nothing",
                                          "min",
                                          "min imm",
                                          "max",
                                          "max imm",
                                          "add",
                                          "add imm",
                                          "shr",
                                          "shr imm",
                                          "mul",
                                          "mul imm",
                                          "shift left",
                                          "load prm",
                                          "gemm overwrite",
                                          "mac",
                                          "mac overwrite",
                                          "depthwise",
                                          "depthwise overwrite",
                                          "mac nothing",
                                          "requantize nothing",
                                          "single",
                                          "single keep",
                                          "tflite",
                                          "tflite keep",
                                          "inp_pad",
                                          "acc_pad",
                                          "alu_immediate",
                                          "sub",
                                          "sub imm",
                                          "mul_high",
                                          "rounding_shift",
                                          "saturate_i8",
                                          "abs",
                                          "mac imm"};
  for (const std::string& kind : expected) EXPECT_EQ(seen.count(kind), 1u) << kind;
}

TEST(RandomProgram, SavesAndAssemblesBack) {
  for (const HwConfig& config : designs()) {
    Rng rng(7);
    const Program program = random_program(config, rng, {24, false, true});
    const Result<Program> again = assemble(disassemble(program), "random.asm");
    ASSERT_TRUE(again.ok()) << render(again.error());
    EXPECT_EQ(*again, program) << config.name;
  }
}

TEST(RandomProgram, LosingATokenIsFound) {
  // The checker is what makes the programs trustworthy: without any one token they are refused.
  const HwConfig config;
  const Codec codec(config);
  Rng rng(3);
  const Program program = random_program(config, rng, {24, true});
  int tried = 0;
  for (size_t i = 0; i < program.code.size(); ++i) {
    Instruction instruction = codec.decode(program.code[i]).value();
    TokenFlags flags = token_flags(instruction);
    if (!flags.pop_prev) continue;
    flags.pop_prev = false;
    set_token_flags(instruction, flags);
    Program broken = program;
    broken.code[i] = codec.encode(instruction);
    EXPECT_FALSE(check(broken).empty()) << i;
    ++tried;
  }
  EXPECT_GT(tried, 3);
}

TEST(IllegalProgram, TheCheckerFindsEveryMistake) {
  std::set<std::string> seen;
  for (const HwConfig& config : designs()) {
    for (uint64_t seed = 0; seed < 200; ++seed) {
      Rng rng(seed);
      const IllegalProgram illegal = illegal_program(config, rng, {12, seed % 2 == 0, seed % 4 < 2});
      EXPECT_FALSE(check(illegal.program).empty()) << config.name << " seed " << seed << ": " << illegal.mistake;
      const size_t colon = illegal.mistake.find(": ");
      seen.insert(illegal.mistake.substr(colon == std::string::npos ? 0 : colon + 2));
    }
  }
  for (const char* mistake :
       {"micro-ops beyond their buffer", "an index beyond its buffer by dst_out",
        "an index beyond its buffer by prm_out", "a block beyond DRAM", "a block beyond its buffer", "an unknown state",
        "reset and overwrite", "push_prev without a neighbour", "pop_prev is lost", "push_next is lost",
        "FINISH is missing", "FINISH before the end"}) {
    EXPECT_EQ(seen.count(mistake), 1u) << mistake;
  }
}

}  // namespace
}  // namespace tandem::isa
