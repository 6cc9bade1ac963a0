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

TEST(Codec, EveryLegalInstructionRoundTripsInEveryWidth) {
  Rng rng(1);
  HwConfig largest;
  largest.block_in = largest.block_out = 4;
  largest.uop_buffer_bytes = largest.inp_buffer_bytes = largest.wgt_buffer_bytes = largest.acc_buffer_bytes =
      2048 * 1024;
  HwConfig smallest = largest;
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
              values[i] = info.opcode;
              break;
            case FieldKind::kFlag:
              values[i] = rng.uniform(0, 1);
              break;
            case FieldKind::kUnsigned:
              values[i] = info.fields[i].zero ? 0 : rng.uniform(0, (int64_t{1} << width) - 1);
              break;
            case FieldKind::kSigned:
              values[i] = rng.uniform(-(int64_t{1} << (width - 1)), (int64_t{1} << (width - 1)) - 1);
              break;
            case FieldKind::kMemory:
              do values[i] = rng.uniform(0, 5);
              while (((info.fields[i].memory_set >> values[i]) & 1) == 0);
              break;
            case FieldKind::kAluOp:
              values[i] = rng.pick(alu_op_infos()).code;
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
  EXPECT_EQ(error_of({{5, 0, 0, 0}}),
            "error: unknown opcode 5\n  legal: 0 (load), 1 (store), 2 (gemm), 3 (finish), 4 (alu)");
  EXPECT_EQ(error_of({{6 << 7, 0, 0, 0}}),
            "error: load with mem_type 6\n  legal: 0 (uop), 1 (wgt), 2 (inp), 3 (acc), 5 (acc8)");
  EXPECT_EQ(error_of({{1, 0, 0, 0}}), "error: store with mem_type 0\n  legal: 4 (out)");
  EXPECT_EQ(error_of({{1 | 4 << 7, uint64_t{1} << 48, 0, 0}}), "error: store with y_pad_0 1, which must be zero");
  EXPECT_EQ(error_of({{4, uint64_t{7} << 44, 0, 0}}),
            "error: alu with unknown opcode 7\n  legal: 0 (min), 1 (max), 2 (add), 3 (shr), 4 (mul)");
  EXPECT_EQ(error_of({{uint64_t{1} << 63 | 2, 0, 0, 0}}), "error: gemm with unused bit 63 set");
  EXPECT_EQ(error_of({{3, 0, 4, 0}}), "error: finish with unused bit 130 set");
  EXPECT_EQ(error_of({{4 | 1 << 7, 0, 0, 0}}), "error: alu with reserved 1, which must be zero");
}

TEST(Codec, Engines) {
  Load load;
  load.mem_type = Memory::kWgt;
  EXPECT_EQ(engine_of(load), Engine::kLoad);
  load.mem_type = Memory::kAcc8;
  EXPECT_EQ(engine_of(load), Engine::kCompute);
  EXPECT_EQ(engine_of(Store{}), Engine::kStore);
  EXPECT_EQ(engine_of(Finish{}), Engine::kCompute);
}

}  // namespace
}  // namespace tandem::isa
