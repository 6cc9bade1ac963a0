#include "isa/program.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "isa/assembly.h"

namespace tandem::isa {
namespace {

/// A program with one of everything.
Program sample() {
  Program program;
  program.name = "sample \"quoted\"";
  program.hardware = load_hw(TANDEM_SOURCE_DIR "/configs/hw/test/b2_8x8.yaml").value();
  program.dram_bytes = 0x10000;
  program.code_address = 0x8000;
  const Codec codec(program.hardware);
  Segment uops{"uop", 0x1000, {}, true};
  codec.append_uop_bytes(Uop{0, 1, 2}, uops.bytes);
  codec.append_uop_bytes(Uop{127, 15, 0}, uops.bytes);
  program.segments.push_back(uops);
  Bytes data(200);
  data[0] = 0xab;
  data[199] = 0x01;
  program.segments.push_back({"weights", 0x2000, data, false});
  program.segments.push_back({"no whole micro-ops", 0x3000, {1, 2, 3}, true});
  program.bindings.push_back({"in", Role::kInput, DType::kI8, {1, 2, 4}, "NC4c", 0x4000, {}});
  program.bindings.push_back({"out", Role::kOutput, DType::kI32, {4}, "N", 0x5000, Bytes(16, 9)});
  program.bindings.push_back({"tmp", Role::kScratch, DType::kI8, {}, "", 0x6000, {}});
  Load load;
  load.mem_type = Memory::kAcc8;
  load.dram_base = 0x40;
  load.y_size = load.x_size = load.x_stride = 2;
  load.x_pad_1 = 3;
  load.push_prev = true;
  Gemm gemm;
  gemm.reset = true;
  gemm.uop_end = 2;
  gemm.iter_out = gemm.iter_in = 1;
  gemm.wgt_in = 3;
  Alu alu;
  alu.opcode = AluOp::kShr;
  alu.use_imm = true;
  alu.imm = -3;
  alu.pop_prev = alu.pop_next = alu.push_next = true;
  Store store;
  store.mem_type = Memory::kOut;
  store.dram_base = 0x500;
  store.y_size = store.x_size = 1;
  for (const Instruction& instruction : std::vector<Instruction>{load, gemm, alu, store, Finish{}}) {
    program.code.push_back(codec.encode(instruction));
  }
  program.code.push_back({{0xf000000000000007u, 1, 0, 0}});
  program.marks.push_back({"first", 0, 100, 50});
  program.marks.push_back({"second", 3, 0, 0});
  program.marks.push_back({"end", 6, 1, 1});
  return program;
}

constexpr char kSampleText[] = R"(program "sample \"quoted\""

hardware {
  name: b2_8x8
  batch: 2
  block_in: 8
  block_out: 8
  uop_buffer_bytes: 8 KiB
  inp_buffer_bytes: 8 KiB
  wgt_buffer_bytes: 16 KiB
  acc_buffer_bytes: 16 KiB
  prm_buffer_bytes: 4 KiB
  bus_bytes: 8
  outstanding_reads: 1
  command_queue_depth: 64
  token_queue_depth: 16
  requant_lanes: 4
  depthwise_width: 4
  alu_lanes: 4
  extended_alu: 1
  dsp_packing: 1
}

dram 0x10000

segment "uop" at 0x1000 uops {
  uop dst=0 src=1 wgt=2
  uop dst=127 src=15 wgt=0
}

segment "weights" at 0x2000 {
  hex ab00000000000000000000000000000000000000000000000000000000000000
  zero 167
  hex 01
}

segment "no whole micro-ops" at 0x3000 uops {
  hex 010203
}

binding "in" input i8 [1,2,4] layout "NC4c" at 0x4000

binding "out" output i32 [4] layout "N" at 0x5000 expected {
  hex 09090909090909090909090909090909
}

binding "tmp" scratch i8 [] layout "" at 0x6000

code at 0x8000 {
mark "first" macs=100 roofline=50
  load acc8 sram=0 dram=0x40 y=2 x=2 stride=2 pad=(0,0,0,3) push_prev
  gemm reset uop=[0,2) iter=(1,1) dst=(0,0) src=(0,0) wgt=(0,3)
  alu shr use_imm imm=-3 uop=[0,0) iter=(0,0) dst=(0,0) src=(0,0) pop_prev pop_next push_next
mark "second" macs=0 roofline=0
  store out sram=0 dram=0x500 y=1 x=1 stride=0
  finish
  raw 0xf000000000000007 0x1  # config with unused bit 60 set
mark "end" macs=1 roofline=1
}
)";

TEST(Assembly, DisassemblyIsReadableAndParsesBack) {
  const Program program = sample();
  EXPECT_EQ(disassemble(program), kSampleText);
  const Result<Program> again = assemble(kSampleText, "sample.asm");
  ASSERT_TRUE(again.ok()) << render(again.error());
  EXPECT_EQ(*again, program);
}

TEST(Assembly, GroupsComeInAnyOrderAndCommentsAreSkipped) {
  const Codec codec{HwConfig{}};
  const Result<Instruction> parsed =
      parse_instruction(codec, "load inp push_next x=0x10 y=1 stride=16 dram=64 sram=0x20 # first", {"a.asm", 1, 1});
  ASSERT_TRUE(parsed.ok()) << render(parsed.error());
  EXPECT_EQ(to_text(*parsed), "load inp sram=32 dram=0x40 y=1 x=16 stride=16 push_next");
}

TEST(Assembly, ExtensionsAsText) {
  const Codec codec{HwConfig{}};
  for (const char* text :
       {"load prm sram=1 dram=0x10 y=1 x=2 stride=2 push_next",
        "gemm overwrite uop=[0,1) iter=(1,1) dst=(0,0) src=(0,0) wgt=(0,0)",
        "mac depthwise overwrite uop=[0,9) iter=(7,7) dst=(7,1) src=(9,1) wgt=(0,0) pop_prev",
        "requantize keep tflite iter=(2,3) dst=4+(3,1) src=5+(3,1) prm=6+1 push_prev push_next",
        "requantize iter=(1,1) dst=0+(0,0) src=0+(0,0) prm=0+0", "config inp_pad value=-128", "config acc_pad value=7",
        "alu_extended mac use_imm uop=[0,1) iter=(1,2) dst=(0,1) src=(0,2) pop_next"}) {
    const Result<Instruction> parsed = parse_instruction(codec, text, {"a.asm", 1, 1});
    ASSERT_TRUE(parsed.ok()) << render(parsed.error());
    EXPECT_EQ(to_text(*parsed), text);
    EXPECT_EQ(codec.decode(codec.encode(*parsed)).value(), *parsed);
  }
}

std::string instruction_error(const std::string& text) {
  const Result<Instruction> parsed = parse_instruction(Codec{HwConfig{}}, text, {"a.asm", 3, 5});
  return parsed.ok() ? "no error" : render(parsed.error());
}

TEST(AssemblyDiagnostics, Instructions) {
  EXPECT_EQ(
      instruction_error("gem uop=[0,1)"),
      "a.asm:3:5: error: unknown instruction 'gem'\n  legal: load, store, gemm, finish, alu, mac, requantize, config, "
      "alu_extended\n  hint: did you mean 'gemm'?");
  EXPECT_EQ(
      instruction_error("load imp sram=0 dram=0 y=1 x=1 stride=1"),
      "a.asm:3:10: error: unknown memory 'imp'\n  legal: uop, wgt, inp, acc, acc8, prm\n  hint: did you mean 'inp'?");
  EXPECT_EQ(instruction_error("load out sram=0 dram=0 y=1 x=1 stride=1"),
            "a.asm:3:10: error: unknown memory 'out'\n  legal: uop, wgt, inp, acc, acc8, prm");
  EXPECT_EQ(instruction_error("alu sub uop=[0,1) iter=(1,1) dst=(0,0) src=(0,0)"),
            "a.asm:3:9: error: unknown ALU operation 'sub'\n  legal: min, max, add, shr, mul");
  EXPECT_EQ(instruction_error("gemm uop=[0,1) itr=(1,1)"),
            "a.asm:3:20: error: unknown part of gemm 'itr='\n"
            "  legal: reset, overwrite, uop=, iter=, dst=, src=, wgt=, pop_prev, pop_next, push_prev, push_next\n"
            "  hint: did you mean 'iter='?");
  EXPECT_EQ(instruction_error("gemm uop=0,1"),
            "a.asm:3:10: error: 'uop=0,1' is malformed\n  hint: write 'uop=[UOP_BGN,UOP_END)', without blanks");
  EXPECT_EQ(instruction_error("gemm uop=[0,x)"),
            "a.asm:3:17: error: 'x' is not a number\n  hint: write it as 64 or 0x40");
  EXPECT_EQ(instruction_error("gemm uop=[0,1) uop=[0,1)"),
            "a.asm:3:20: error: 'uop=[0,1)' is given twice\n  hint: remove one of the two");
  EXPECT_EQ(instruction_error("gemm uop=[0,1) iter=(1,1) dst=(0,0) src=(0,0)"),
            "a.asm:3:5: error: gemm without 'wgt=(WGT_OUT,WGT_IN)'");
  EXPECT_EQ(instruction_error("gemm uop=[0,1) iter=(16384,1) dst=(0,0) src=(0,0) wgt=(0,0)"),
            "a.asm:3:5: error: gemm: field iter_out: 16384 is not in [0, 16383]");
  EXPECT_EQ(instruction_error("load sram=0"), "a.asm:3:5: error: load without 'MEM_TYPE'");
  EXPECT_EQ(
      instruction_error("config inp_pda value=3"),
      "a.asm:3:12: error: unknown state 'inp_pda'\n  legal: inp_pad, acc_pad, alu_immediate\n  hint: did you mean "
      "'inp_pad'?");
  std::string legal;  // as many as isa.yaml has
  for (const AluOpInfo& operation : alu_op_infos()) {
    if (operation.code >= kFirstExtendedAluOp) legal += (legal.empty() ? "" : ", ") + std::string(operation.name);
  }
  EXPECT_EQ(instruction_error("alu_extended min uop=[0,1) iter=(1,1) dst=(0,0) src=(0,0)"),
            "a.asm:3:18: error: unknown ALU operation 'min'\n  legal: " + legal);
  EXPECT_EQ(instruction_error("gemm reset overwrite uop=[0,1) iter=(1,1) dst=(0,0) src=(0,0) wgt=(0,0)"),
            "a.asm:3:5: error: gemm: gemm with both reset and overwrite");
  EXPECT_EQ(instruction_error("requantize iter=(1,1) dst=0 src=0+(0,0) prm=0+0"),
            "a.asm:3:27: error: 'dst=0' is malformed\n  hint: write 'dst=DST+(DST_OUT,DST_IN)', without blanks");
}

std::string program_error(const std::string& text) {
  const Result<Program> parsed = assemble(text, "a.asm");
  return parsed.ok() ? "no error" : render(parsed.error());
}

TEST(AssemblyDiagnostics, Programs) {
  EXPECT_EQ(program_error("programm \"x\"\n"),
            "a.asm:1:1: error: unknown statement 'programm'\n  legal: program, hardware, dram, segment, binding, code\n"
            "  hint: did you mean 'program'?");
  EXPECT_EQ(program_error("dram 16\n"),
            "a.asm: error: the program has no code\n  hint: add 'code at ADDRESS {', instructions and '}'");
  EXPECT_EQ(program_error("hardware {\n  batch: 1\n  blockin: 4\n}\n").substr(0, 41),
            "a.asm:3:3: error: unknown key 'blockin'\n ");
  EXPECT_EQ(program_error("hardware {\n"), "a.asm:1:10: error: the block of 'hardware' has no closing '}'");
  EXPECT_EQ(program_error("segment \"a\" at 0 {\n}\nhardware {\n}\n"),
            "a.asm:3:10: error: 'hardware' after a segment or the code\n"
            "  hint: put it before both: their encoding depends on it");
  EXPECT_EQ(program_error("segment a at 0 {\n"), "a.asm:1:9: error: expected a name in quotes, found 'a'");
  EXPECT_EQ(program_error("segment \"a at 0 {\n"), "a.asm:1:9: error: the closing quote is missing");
  EXPECT_EQ(program_error("segment \"a\" at -1 {\n"), "a.asm:1:16: error: -1 is negative");
  EXPECT_EQ(program_error("segment \"a\" at 0 {\n  hex 012\n"),
            "a.asm:2:7: error: 3 hexadecimal digits are no whole bytes");
  EXPECT_EQ(program_error("segment \"a\" at 0 {\n  hex 01x2\n"), "a.asm:2:9: error: 'x' is no hexadecimal digit");
  EXPECT_EQ(program_error("segment \"a\" at 0 {\n  zero 99999999999\n"),
            "a.asm:2:8: error: 99999999999 bytes are not from 0 to 4294967296");
  EXPECT_EQ(
      program_error("segment \"a\" at 0 {\n  uop dst=0 scr=1\n"),
      "a.asm:2:13: error: unknown field of a micro-op 'scr'\n  legal: dst, src, wgt\n  hint: did you mean 'src'?");
  EXPECT_EQ(program_error("segment \"a\" at 0 {\n  uop dst=2048\n"),
            "a.asm:2:7: error: micro-op: field dst: 2048 is not in [0, 2047]");
  EXPECT_EQ(program_error("segment \"a\" at 0 {\n  hx 01\n"),
            "a.asm:2:3: error: unknown data 'hx'\n  legal: hex, zero, uop\n  hint: did you mean 'hex'?");
  EXPECT_EQ(program_error("segment \"a\" at 0 {\n  hex 01\n"),
            "a.asm:1:1: error: the block of segment 'a' has no closing '}'");
  EXPECT_EQ(program_error("binding \"a\" inout i8 [1] layout \"N\" at 0\n"),
            "a.asm:1:13: error: unknown role 'inout'\n  legal: input, output, scratch\n  hint: did you mean 'input'?");
  EXPECT_EQ(program_error("binding \"a\" input i8 1 layout \"N\" at 0\n"),
            "a.asm:1:22: error: '1' is not a shape\n  hint: write '[1,16,7,7]', without blanks");
  EXPECT_EQ(program_error("code at 0 {\n  mark \"a\" macs=1\n}\n"),
            "a.asm:2:18: error: expected 'roofline=NUMBER', found the end of the line");
  EXPECT_EQ(program_error("code at 0 {\n  finish\n"), "a.asm:1:1: error: the block of 'code' has no closing '}'");
  EXPECT_EQ(program_error("code at 0 {\n}\ncode at 0 {\n}\n"),
            "a.asm:3:1: error: a second 'code'\n  hint: put all instructions into one block");
}

class ProgramFile : public testing::Test {
 protected:
  void SetUp() override {
    path_ = (std::filesystem::temp_directory_path() / ("tandem_program_test_" + std::to_string(::getpid()))).string();
    ASSERT_TRUE(save_program(path_, sample()).ok());
    bytes_ = read_file(path_).value();
  }
  void TearDown() override { std::filesystem::remove(path_); }

  std::string error_of(const Bytes& bytes) {
    EXPECT_TRUE(write_file(path_, bytes).ok());
    const Result<Program> program = load_program(path_);
    if (program.ok()) return "no error";
    return render(program.error()).substr(path_.size());
  }

  std::string path_;
  Bytes bytes_;
};

TEST_F(ProgramFile, LoadsBackEqual) { EXPECT_EQ(load_program(path_).value(), sample()); }

TEST_F(ProgramFile, Refuses) {
  EXPECT_EQ(error_of({'P', 'K', 3, 4}),
            ": error: not a Tandem program\n  hint: 'tandem compile' and 'tandem asm' make programs");
  EXPECT_EQ(error_of({}), ": error: not a Tandem program\n  hint: 'tandem compile' and 'tandem asm' make programs");
  EXPECT_EQ(error_of(Bytes(bytes_.begin(), bytes_.begin() + 20)),
            ": error: truncated: 20 bytes are less than a header\n  hint: copy or compile it again");
  EXPECT_EQ(error_of(Bytes(bytes_.begin(), bytes_.begin() + 100)),
            ": error: truncated: 100 of " + std::to_string(bytes_.size()) + " bytes\n  hint: copy or compile it again");
  Bytes newer = bytes_;
  newer[16] = 9;
  EXPECT_EQ(error_of(newer), ": error: program format 9; this tandem reads format 1\n  hint: compile it again");
  Bytes damaged = bytes_;
  damaged[200] ^= 4;
  EXPECT_EQ(error_of(damaged), ": error: damaged: the checksum does not match\n  hint: copy or compile it again");
  Bytes longer = bytes_;
  longer.push_back(0);
  EXPECT_EQ(error_of(longer), ": error: damaged: the checksum does not match\n  hint: copy or compile it again");
}

TEST_F(ProgramFile, EveryTruncationIsRefused) {
  for (size_t size = 0; size < bytes_.size(); ++size) {
    EXPECT_NE(error_of(Bytes(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(size))), "no error") << size;
  }
}

TEST(Assembly, SharedProgramsRoundTrip) {
  const char* given = std::getenv("TANDEM_DATA");
  const std::string shared = given != nullptr ? given : TANDEM_SOURCE_DIR "/../shared";
  const std::string manifest = shared + "/vta/programs/onera_shipped/lenet5_layer1/manifest.txt";
  if (!std::filesystem::exists(manifest)) GTEST_SKIP() << "no shared VTA programs";
  const Program program = load_manifest(manifest, HwConfig{}).value();
  const Result<Program> again = assemble(disassemble(program), "lenet5_layer1.asm");
  ASSERT_TRUE(again.ok()) << render(again.error());
  EXPECT_EQ(*again, program);
}

}  // namespace
}  // namespace tandem::isa
