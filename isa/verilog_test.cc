// The generated Verilog against the C++ from the same table, and that Verilator, Yosys and Icarus all read it.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <sstream>

#include "isa/builtins.h"
#include "isa/instruction.h"
#include "support/file.h"
#include "support/process.h"
#include "support/rng.h"

namespace tandem::isa {
namespace {

/// "uop_bgn" -> "UopBgn".
std::string upper_camel(const std::string& name) {
  std::string result;
  bool start = true;
  for (const char c : name) {
    if (c != '_') result += start ? static_cast<char>(std::toupper(c)) : c;
    start = c == '_';
  }
  return result;
}

/// A module that includes both files and uses a little of each.
constexpr char kModule[] = R"(module isa_probe #(
    parameter int Batch = 1,
    parameter int BlockIn = 16,
    parameter int BlockOut = 16,
    parameter int UopDepth = 8192,
    parameter int InpDepth = 2048,
    parameter int WgtDepth = 1024,
    parameter int AccDepth = 2048,
    parameter int PrmDepth = 64
) (
    input  logic               clk_i,
    input  logic        [63:0] insn_i,
    input  logic        [ 2:0] code_i,
    input  logic signed [31:0] a_i,
    input  logic signed [31:0] b_i,
    input  logic signed [31:0] c_i,
    input  logic        [ 6:0] operation_i,
    output logic signed [31:0] y_o,
    output logic signed [31:0] z_o,
    output logic               unused_bits_o
);
`include "isa.svh"
`include "alu_lane.svh"
  logic [InsnBits-1:0] insn;
  assign insn = {{(InsnBits-64){1'b0}}, insn_i};
  assign unused_bits_o = |(insn & ~GemmUsedMask) | |(insn & ~LoadUsedMask);
  always_ff @(posedge clk_i) y_o <= alu_op(code_i, a_i, b_i);
  always_ff @(posedge clk_i) z_o <= alu_extended_op(operation_i, a_i, b_i, c_i);
endmodule
)";

class Verilog : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = (std::filesystem::temp_directory_path() / fmt::format("tandem_isa_verilog_{}", ::getpid())).string();
    std::filesystem::create_directories(folder_);
    for (const char* file : {"isa.svh", "alu_lane.svh"}) {
      std::filesystem::copy_file(std::string(TANDEM_BUILD_DIR "/generated/isa/") + file, folder_ + "/" + file,
                                 std::filesystem::copy_options::overwrite_existing);
    }
    write("isa_probe.sv", kModule);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void write(const std::string& name, const std::string& text) {
    ASSERT_TRUE(write_file(folder_ + "/" + name, text).ok());
  }
  ProcessResult run(const std::vector<std::string>& argv) { return run_process(argv, folder_).value(); }
  /// What an Icarus simulation of `text` (module top) prints.
  std::string simulate(const std::string& text) {
    write("top.sv", text);
    const ProcessResult compiled = run({"iverilog", "-g2012", "-o", "top.vvp", "-s", "top", "top.sv"});
    EXPECT_EQ(compiled.exit_code, 0) << compiled.errors << compiled.output;
    return run({"vvp", "top.vvp"}).output;
  }

  std::string folder_;
};

TEST_F(Verilog, VerilatorLintsClean) {
  if (find_program("verilator").empty()) GTEST_SKIP() << "verilator is not installed";
  const ProcessResult result = run({"verilator", "--lint-only", "-Wall", "isa_probe.sv"});
  EXPECT_EQ(result.exit_code, 0) << result.errors;
  EXPECT_EQ(result.errors, "");
}

TEST_F(Verilog, YosysReads) {
  if (find_program("yosys").empty()) GTEST_SKIP() << "yosys is not installed";
  const ProcessResult result =
      run({"yosys", "-q", "-p",
           "read_verilog -sv isa_probe.sv; chparam -set UopDepth 262144 isa_probe; prep -top isa_probe"});
  EXPECT_EQ(result.exit_code, 0) << result.errors;
  EXPECT_EQ(result.errors, "");
}

TEST_F(Verilog, PlacesEqualTheEncoders) {
  if (find_program("iverilog").empty()) GTEST_SKIP() << "iverilog is not installed";
  std::vector<HwConfig> configs = {HwConfig{}};
  for (const auto& entry : std::filesystem::directory_iterator(TANDEM_SOURCE_DIR "/configs/hw/test")) {
    configs.push_back(load_hw(entry.path().string()).value());
  }
  std::string prints;
  std::string instances;
  std::string expected;
  const auto print = [&](const std::string& name) { prints += fmt::format("    $display(\"{0} %0d\", {0});\n", name); };
  size_t common = 5;
  for (const InstructionInfo& info : instruction_infos()) {
    for (size_t i = common; i < info.fields.size(); ++i) {
      const std::string name = upper_camel(info.name) + upper_camel(info.fields[i].name);
      print(name + "Lsb");
      print(name + "W");
    }
    print("Op" + upper_camel(info.name));
    if (info.fields.size() > common && info.fields[common].kind == FieldKind::kExtension)
      print(upper_camel(info.name) + "ExtensionCode");
  }
  for (const StateInfo& state : state_infos()) {
    print("State" + upper_camel(state.name));
    print("State" + upper_camel(state.name) + "W");
  }
  print("StateLegal");
  print("AluOpLegal");
  print("AluExtendedOpLegal");
  print("MemLoadedByLoad");
  print("MemLoadedByCompute");
  for (const char* name :
       {"UopDstLsb", "UopDstW", "UopSrcLsb", "UopSrcW", "UopWgtLsb", "UopWgtW", "UopBytes", "InsnBytes"})
    print(name);
  for (const MemoryInfo& memory : memory_infos()) print("Mem" + upper_camel(memory.name) + "Bits");
  for (size_t c = 0; c < configs.size(); ++c) {
    const HwConfig& config = configs[c];
    const Codec codec(config);
    instances += fmt::format(
        "  printer #(.Batch({}), .BlockIn({}), .BlockOut({}), .UopDepth({}), .InpDepth({}), .WgtDepth({}), "
        ".AccDepth({}), .PrmDepth({}), .Delay({})) p{}();\n",
        config.batch, config.block_in, config.block_out, config.depth(Memory::kUop), config.depth(Memory::kInp),
        config.depth(Memory::kWgt), config.depth(Memory::kAcc), config.depth(Memory::kPrm), c, c);
    for (const InstructionInfo& info : instruction_infos()) {
      for (size_t i = common; i < info.fields.size(); ++i) {
        const std::string name = upper_camel(info.name) + upper_camel(info.fields[i].name);
        expected += fmt::format("{0}Lsb {1}\n{0}W {2}\n", name, codec.places(info.opcode)[i].lsb,
                                codec.places(info.opcode)[i].width);
      }
      expected += fmt::format("Op{} {}\n", upper_camel(info.name), info.opcode % kExtensionStep);
      if (info.fields.size() > common && info.fields[common].kind == FieldKind::kExtension)
        expected += fmt::format("{}ExtensionCode {}\n", upper_camel(info.name), info.opcode / kExtensionStep);
    }
    for (const StateInfo& state : state_infos()) {
      expected += fmt::format("State{0} {1}\nState{0}W {2}\n", upper_camel(state.name), state.code, state.bits);
    }
    // 2^64 + 2^65 + 1; every operation that there is; memories 1, 2, 6 and 0, 3, 5.
    uint64_t plain = 0, extended = 0;
    for (const AluOpInfo& operation : alu_op_infos()) {
      const bool is_extended = operation.code >= kFirstExtendedAluOp;
      (is_extended ? extended : plain) |= uint64_t{1} << (operation.code - (is_extended ? kFirstExtendedAluOp : 0));
    }
    expected += fmt::format(
        "StateLegal 55340232221128654849\nAluOpLegal {}\nAluExtendedOpLegal {}\nMemLoadedByLoad 70\n"
        "MemLoadedByCompute 41\n",
        plain, extended);
    for (size_t i = 0; i < 3; ++i) {
      expected += fmt::format("Uop{0}Lsb {1}\nUop{0}W {2}\n", upper_camel(uop_field_infos()[i].name),
                              codec.uop_places()[i].lsb, codec.uop_places()[i].width);
    }
    expected += fmt::format("UopBytes {}\nInsnBytes {}\n", codec.uop_bytes(), codec.instruction_bytes());
    for (const MemoryInfo& memory : memory_infos()) {
      expected += fmt::format("Mem{}Bits {}\n", upper_camel(memory.name),
                              8 * config.element_bytes(static_cast<Memory>(memory.mem_type)));
    }
  }
  const std::string top = fmt::format(
      "module printer #(parameter int Batch = 1, parameter int BlockIn = 1, parameter int BlockOut = 1, parameter int "
      "UopDepth = 2,\n"
      "    parameter int InpDepth = 2, parameter int WgtDepth = 2, parameter int AccDepth = 2, parameter int PrmDepth "
      "= "
      "2, parameter int Delay = "
      "0) ();\n"
      "`include \"isa.svh\"\n  initial begin\n    #(Delay);\n{}  end\nendmodule\nmodule top;\n{}endmodule\n",
      prints, instances);
  EXPECT_EQ(simulate(top), expected);
}

TEST_F(Verilog, AluLanesEqualTheFunctions) {
  if (find_program("iverilog").empty()) GTEST_SKIP() << "iverilog is not installed";
  const std::vector<int32_t> edges = {0, 1, -1, 31, 32, 33, -31, -32, -33, 127, -128, INT32_MAX, INT32_MIN};
  Rng rng(11);
  std::string statements;
  std::string expected;
  const auto add = [&](int64_t code, int32_t a, int32_t b) {
    const bool extended = code >= kFirstExtendedAluOp;
    const auto c = static_cast<int32_t>(rng.next());
    const std::string operands = fmt::format("32'h{:x}, 32'h{:x}", static_cast<uint32_t>(a), static_cast<uint32_t>(b));
    statements += extended ? fmt::format("    $display(\"%0d\", alu_extended_op(7'd{}, {}, 32'h{:x}));\n",
                                         code - kFirstExtendedAluOp, operands, static_cast<uint32_t>(c))
                           : fmt::format("    $display(\"%0d\", alu_op(3'd{}, {}));\n", code, operands);
    expected += fmt::format("{}\n", alu(static_cast<AluOp>(code), a, b, c));
  };
  for (const AluOpInfo& op : alu_op_infos()) {
    for (const int32_t a : edges) {
      for (const int32_t b : edges) add(op.code, a, b);
    }
    for (int i = 0; i < 100; ++i) add(op.code, static_cast<int32_t>(rng.next()), static_cast<int32_t>(rng.next()));
  }
  statements += "    $display(\"%0d\", alu_op(3'd7, 32'd1, 32'd1));\n";
  statements += "    $display(\"%0d\", alu_extended_op(7'd127, 32'd1, 32'd1, 32'd1));\n";
  expected += "0\n0\n";
  EXPECT_EQ(simulate("module top #(parameter int Batch = 1, parameter int BlockIn = 16, parameter int BlockOut = 16, "
                     "parameter int UopDepth = 8192,\n"
                     "    parameter int InpDepth = 2048, parameter int WgtDepth = 1024, parameter int AccDepth = 2048, "
                     "parameter int PrmDepth = 64) ();\n"
                     "`include \"isa.svh\"\n`include \"alu_lane.svh\"\n  initial begin\n" +
                     statements + "  end\nendmodule\n"),
            expected);
}

TEST(Generator, RefusesAnUnknownKeyWithItsPlace) {
  const std::string folder =
      (std::filesystem::temp_directory_path() / fmt::format("tandem_isa_generator_{}", ::getpid())).string();
  std::filesystem::create_directories(folder);
  std::string table = read_text_file(TANDEM_SOURCE_DIR "/isa/isa.yaml").value();
  const size_t at = table.find("{name: dst_in, width");
  table.replace(at, 20, "{name: dst_in, widht");
  ASSERT_TRUE(write_file(folder + "/isa.yaml", table).ok());
  const auto line = 1 + std::count(table.begin(), table.begin() + static_cast<std::ptrdiff_t>(at), '\n');
  const ProcessResult result =
      run_process({TANDEM_BUILD_DIR "/isa/tandem_isa_generate", "isa.yaml", "out"}, folder).value();
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_EQ(result.errors, fmt::format("isa.yaml:{}:24: error: unknown key 'widht'\n  legal: name, kind, width, align, "
                                       "zero, memories, needs, excludes, doc\n"
                                       "  hint: did you mean 'width'?\n",
                                       line));
  EXPECT_FALSE(std::filesystem::exists(folder + "/out"));
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace tandem::isa
