#include <fmt/format.h>
#include <gtest/gtest.h>

#include "isa/instruction.h"
#include "support/rng.h"

namespace tandem::isa {
namespace {

/// Bits [high:low] of an instruction, as ../shared/vta/ISA.md writes them.
uint64_t field(const EncodedInstruction& encoded, int high, int low) {
  return (encoded.words[static_cast<size_t>(low / 64)] >> (low % 64)) & ((uint64_t{1} << (high - low + 1)) - 1);
}

std::string error_of(const EncodedInstruction& encoded) {
  const Result<Instruction> decoded = decode(HwConfig{}, encoded);
  return decoded.ok() ? "no error" : render(decoded.error());
}

TEST(Codec, LoadHasVtaBits) {
  Load load;
  load.pop_next = load.push_next = true;
  load.mem_type = Memory::kInp;
  load.sram_base = 0x1234;
  load.dram_base = 0x89abcdef;
  load.y_size = 3;
  load.x_size = 700;
  load.x_stride = 65535;
  load.y_pad_0 = 1;
  load.y_pad_1 = 2;
  load.x_pad_0 = 14;
  load.x_pad_1 = 15;
  const EncodedInstruction bits = encode(HwConfig{}, load);
  EXPECT_EQ(field(bits, 2, 0), 0u);
  EXPECT_EQ(field(bits, 6, 3), 0b1010u);
  EXPECT_EQ(field(bits, 9, 7), 2u);
  EXPECT_EQ(field(bits, 25, 10), 0x1234u);
  EXPECT_EQ(field(bits, 57, 26), 0x89abcdefu);
  EXPECT_EQ(field(bits, 79, 64), 3u);
  EXPECT_EQ(field(bits, 95, 80), 700u);
  EXPECT_EQ(field(bits, 111, 96), 65535u);
  EXPECT_EQ(field(bits, 115, 112), 1u);
  EXPECT_EQ(field(bits, 119, 116), 2u);
  EXPECT_EQ(field(bits, 123, 120), 14u);
  EXPECT_EQ(field(bits, 127, 124), 15u);
}

TEST(Codec, GemmAndAluHaveVtaBits) {
  Gemm gemm;
  gemm.reset = true;
  gemm.uop_bgn = 8191;
  gemm.uop_end = 8192;
  gemm.iter_out = 16383;
  gemm.iter_in = 2;
  gemm.dst_out = 2047;
  gemm.dst_in = 1;
  gemm.src_out = 1024;
  gemm.src_in = 3;
  gemm.wgt_out = 1023;
  gemm.wgt_in = 5;
  const EncodedInstruction bits = encode(HwConfig{}, gemm);
  EXPECT_EQ(field(bits, 2, 0), 2u);
  EXPECT_EQ(field(bits, 7, 7), 1u);
  EXPECT_EQ(field(bits, 20, 8), 8191u);
  EXPECT_EQ(field(bits, 34, 21), 8192u);
  EXPECT_EQ(field(bits, 48, 35), 16383u);
  EXPECT_EQ(field(bits, 62, 49), 2u);
  EXPECT_EQ(field(bits, 74, 64), 2047u);
  EXPECT_EQ(field(bits, 85, 75), 1u);
  EXPECT_EQ(field(bits, 96, 86), 1024u);
  EXPECT_EQ(field(bits, 107, 97), 3u);
  EXPECT_EQ(field(bits, 117, 108), 1023u);
  EXPECT_EQ(field(bits, 127, 118), 5u);

  Alu alu;
  alu.opcode = AluOp::kShr;
  alu.use_imm = true;
  alu.imm = -2;
  alu.iter_in = 9;
  const EncodedInstruction alu_bits = encode(HwConfig{}, alu);
  EXPECT_EQ(field(alu_bits, 2, 0), 4u);
  EXPECT_EQ(field(alu_bits, 62, 49), 9u);
  EXPECT_EQ(field(alu_bits, 110, 108), 3u);
  EXPECT_EQ(field(alu_bits, 111, 111), 1u);
  EXPECT_EQ(field(alu_bits, 127, 112), 0xfffeu);

  EXPECT_EQ(encode(HwConfig{}, Finish{}).words[0], 3u);
  EXPECT_EQ(encode_uop(HwConfig{}, Uop{2047, 1, 1023}), (uint64_t{1023} << 22) | (1 << 11) | 2047);
}

size_t flag_index(const InstructionInfo& info, const std::string& name) {
  size_t index = 0;
  while (name != info.fields[index].name) ++index;
  return index;
}

TEST(Codec, EveryLegalInstructionRoundTripsInEveryWidth) {
  Rng rng(1);
  HwConfig largest;
  largest.block_in = largest.block_out = 4;
  largest.uop_buffer_bytes = largest.inp_buffer_bytes = largest.wgt_buffer_bytes = largest.acc_buffer_bytes =
      2048 * 1024;
  HwConfig smallest = largest;
  smallest.prm_buffer_bytes = 2048;
  smallest.uop_buffer_bytes = smallest.inp_buffer_bytes = smallest.wgt_buffer_bytes = smallest.acc_buffer_bytes = 2048;
  for (const HwConfig& config : {HwConfig{}, largest, smallest}) {
    const Codec codec(config);
    for (const InstructionInfo& info : instruction_infos()) {
      for (int repeat = 0; repeat < 200; ++repeat) {
        FieldValues values{};
        for (size_t i = 0; i < info.fields.size(); ++i) {
          const int width = codec.places(info.opcode)[i].width;
          switch (info.fields[i].kind) {
            case FieldKind::kOpcode:
              values[i] = info.opcode % kExtensionStep;
              break;
            case FieldKind::kExtension:
              values[i] = info.opcode / kExtensionStep;
              break;
            case FieldKind::kFlag:
              values[i] = rng.uniform(0, 1);
              if (values[i] != 0 && *info.fields[i].excludes != '\0')
                values[flag_index(info, info.fields[i].excludes)] = 0;
              break;
            case FieldKind::kUnsigned:
              values[i] = info.fields[i].zero ? 0 : rng.uniform(0, (int64_t{1} << width) - 1);
              break;
            case FieldKind::kSigned:
              values[i] = rng.uniform(-(int64_t{1} << (width - 1)), (int64_t{1} << (width - 1)) - 1);
              break;
            case FieldKind::kMemory:
            case FieldKind::kAluOp:
            case FieldKind::kAluOpExtended:
            case FieldKind::kState:
              values[i] = rng.pick(known_codes(info.fields[i])).value;
              break;
            case FieldKind::kZero:
              break;
          }
        }
        const Instruction instruction = make_instruction(static_cast<Opcode>(info.opcode), values);
        EXPECT_EQ(field_values(instruction), values);
        const EncodedInstruction encoded = codec.encode(instruction);
        Bytes bytes;
        codec.append_bytes(encoded, bytes);
        EXPECT_EQ(bytes.size(), static_cast<size_t>(codec.instruction_bytes()));
        EXPECT_EQ(codec.from_bytes(bytes.data()), encoded);
        EXPECT_EQ(codec.decode(encoded).value(), instruction);
      }
    }
    const Uop uop = codec.limits().uop;
    EXPECT_EQ(codec.decode_uop(codec.encode_uop(uop)), uop);
  }
}

TEST(Codec, Limits) {
  const FieldLimits limits = isa::limits(HwConfig{});
  EXPECT_EQ(limits.load.x_size, 65535u);
  EXPECT_EQ(limits.load.x_pad_1, 15u);
  EXPECT_EQ(limits.store.x_pad_1, 0u);
  EXPECT_EQ(limits.gemm.iter_out, 16383u);
  EXPECT_EQ(limits.gemm.uop_end, 16383u);
  EXPECT_EQ(limits.gemm.wgt_in, 1023u);
  EXPECT_EQ(limits.alu.imm, 32767);
  EXPECT_EQ(limits.mac.wgt_out, 1023u);
  EXPECT_EQ(limits.requantize.prm, 63u);
  EXPECT_EQ(limits.alu_extended.iter_in, 16383u);
  EXPECT_EQ(limits.imm_min, -32768);
  EXPECT_EQ(limits.uop.wgt, 1023u);
  Gemm gemm;
  gemm.dst_in = 2048;
  EXPECT_EQ(Codec(HwConfig{}).first_misfit(gemm), "field dst_in: 2048 is not in [0, 2047]");
  Load load;
  load.mem_type = Memory::kOut;
  EXPECT_EQ(Codec(HwConfig{}).first_misfit(load), "field mem_type: out is not legal here");
  EXPECT_EQ(Codec(HwConfig{}).first_misfit(Uop{0, 0, 1023}), "");
}

TEST(CodecDiagnostics, DecodingRefuses) {
  EXPECT_EQ(error_of({{7 << 7, 0, 0, 0}}),
            "error: load with mem_type 7\n  legal: 0 (uop), 1 (wgt), 2 (inp), 3 (acc), 5 (acc8), 6 (prm)");
  EXPECT_EQ(error_of({{1, 0, 0, 0}}), "error: store with mem_type 0\n  legal: 4 (out)");
  EXPECT_EQ(error_of({{1 | 4 << 7, uint64_t{1} << 48, 0, 0}}), "error: store with y_pad_0 1, which must be zero");
  EXPECT_EQ(error_of({{4, uint64_t{7} << 44, 0, 0}}),
            "error: alu with unknown opcode 7\n  legal: 0 (min), 1 (max), 2 (add), 3 (shr), 4 (mul)");
  EXPECT_EQ(error_of({{uint64_t{1} << 63 | 1 << 7 | 2, 0, 0, 0}}), "error: gemm with both reset and overwrite");
  EXPECT_EQ(error_of({{7 | 66 << 8, 0, 0, 0}}),
            "error: config with unknown state 66\n  legal: 0 (inp_pad), 64 (acc_pad), 65 (alu_immediate)");
  std::string legal;  // as many as isa.yaml has
  for (const AluOpInfo& operation : alu_op_infos()) {
    if (operation.code < kFirstExtendedAluOp) continue;
    legal += fmt::format("{}{} ({})", legal.empty() ? "" : ", ", operation.code - kFirstExtendedAluOp, operation.name);
  }
  EXPECT_EQ(error_of({{7 | 1 << 7 | 127 << 8, 0, 0, 0}}),
            "error: alu_extended with unknown operation 127\n  legal: " + legal);
  EXPECT_EQ(error_of({{7 | 1 << 15, 0, 0, 0}}), "error: config with unused bit 15 set");
  EXPECT_EQ(error_of({{3, 0, 4, 0}}), "error: finish with unused bit 130 set");
  EXPECT_EQ(error_of({{4 | 1 << 7, 0, 0, 0}}), "error: alu with reserved 1, which must be zero");
}

TEST(CodecDiagnostics, WhatTheHardwareLacksIsRefused) {
  HwConfig bare;
  bare.chosen_requant_lanes = bare.chosen_depthwise_width = bare.extended_alu = 0;
  const Codec codec(bare);
  const Codec full{HwConfig{}};
  Load load;
  load.mem_type = Memory::kPrm;
  Mac mac;
  EXPECT_EQ(codec.first_misfit(mac), "");
  mac.depthwise = true;
  const std::vector<std::pair<Instruction, std::string>> cases = {
      {load, "load of prm needs requant_lanes of at least 1; the hardware has 0"},
      {mac, "mac with depthwise needs depthwise_width of at least 1; the hardware has 0"},
      {Requantize{}, "requantize needs requant_lanes of at least 1; the hardware has 0"},
      {Config{}, "config needs extended_alu of at least 1; the hardware has 0"},
      {AluExtended{}, "alu_extended needs extended_alu of at least 1; the hardware has 0"}};
  for (const auto& [instruction, problem] : cases) {
    EXPECT_EQ(codec.first_misfit(instruction), problem);
    // Where no index of a memory that is absent is involved, the places are those of the full design.
    EXPECT_EQ(codec.decode(full.encode(instruction)).error().what, problem);
  }
}

TEST(Codec, TheExtensionsUseWhatVtaLeavesFree) {
  Gemm gemm;
  gemm.overwrite = true;
  EXPECT_EQ(encode(HwConfig{}, gemm).words[0], uint64_t{1} << 63 | 2);
  Mac mac;
  mac.depthwise = mac.overwrite = true;
  mac.uop_end = 1;
  mac.wgt_in = 3;
  const EncodedInstruction mac_bits = encode(HwConfig{}, mac);
  EXPECT_EQ(mac_bits.words[0], uint64_t{1} << 63 | 1 << 21 | 1 << 7 | 5);
  EXPECT_EQ(field(mac_bits, 127, 118), 3u);
  Requantize requantize;
  requantize.keep = requantize.tflite = true;
  requantize.iter_out = 2;
  requantize.iter_in = 3;
  requantize.dst = 2047;
  requantize.src = 5;
  requantize.dst_out = 6;
  requantize.dst_in = 7;
  requantize.src_out = 8;
  requantize.src_in = 9;
  requantize.prm = 63;
  requantize.prm_out = 1;
  const EncodedInstruction bits = encode(HwConfig{}, requantize);
  EXPECT_EQ(field(bits, 2, 0), 6u);
  EXPECT_EQ(field(bits, 7, 7), 1u);
  EXPECT_EQ(field(bits, 21, 8), 2u);
  EXPECT_EQ(field(bits, 35, 22), 3u);
  EXPECT_EQ(field(bits, 46, 36), 2047u);
  EXPECT_EQ(field(bits, 57, 47), 5u);
  EXPECT_EQ(field(bits, 58, 58), 1u);
  EXPECT_EQ(field(bits, 74, 64), 6u);
  EXPECT_EQ(field(bits, 85, 75), 7u);
  EXPECT_EQ(field(bits, 96, 86), 8u);
  EXPECT_EQ(field(bits, 107, 97), 9u);
  EXPECT_EQ(field(bits, 113, 108), 63u);
  EXPECT_EQ(field(bits, 119, 114), 1u);
  Config config;
  config.state = State::kAccPad;
  config.value = -2;
  const EncodedInstruction config_bits = encode(HwConfig{}, config);
  EXPECT_EQ(config_bits.words[0], 7u | 64 << 8);
  EXPECT_EQ(config_bits.words[1], 0xfffffffeu);
  AluExtended alu;
  alu.operation = AluOp::kMac;
  alu.uop_end = 1;
  alu.iter_in = 5;
  alu.src_in = 4;
  alu.use_imm = true;
  const EncodedInstruction alu_bits = encode(HwConfig{}, alu);
  EXPECT_EQ(alu_bits.words[0], uint64_t{1} << 28 | 5 << 8 | 1 << 7 | 7);
  EXPECT_EQ(alu_bits.words[1], 5u | uint64_t{4} << 47 | uint64_t{1} << 58);
}

TEST(Codec, Engines) {
  Load load;
  load.mem_type = Memory::kWgt;
  EXPECT_EQ(engine_of(load), Engine::kLoad);
  load.mem_type = Memory::kAcc8;
  EXPECT_EQ(engine_of(load), Engine::kCompute);
  EXPECT_EQ(engine_of(Store{}), Engine::kStore);
  EXPECT_EQ(engine_of(Finish{}), Engine::kCompute);
  load.mem_type = Memory::kPrm;
  EXPECT_EQ(engine_of(load), Engine::kLoad);
  EXPECT_EQ(engine_of(Requantize{}), Engine::kCompute);
  Config config;
  config.state = State::kInpPad;
  EXPECT_EQ(engine_of(config), Engine::kLoad);
  config.state = State::kAluImmediate;
  EXPECT_EQ(engine_of(config), Engine::kCompute);
}

}  // namespace
}  // namespace tandem::isa
