#include <gtest/gtest.h>

#include "compiler/loop/parser.h"
#include "isa/instruction.h"
#include "tensorize/declaration.h"
#include "tensorize/intrinsic.h"

namespace tandem::tensorize {
namespace {

isa::HwConfig hardware() {
  isa::HwConfig config;
  config.batch = 2;
  config.block_in = 4;
  config.block_out = 8;
  return config;
}

constexpr char kBuffers[] =
    "kernel k(x: i8[3, 2, 4] in inp, w: i8[5, 8, 4] in wgt, acc: i32[3, 2, 8] in acc, more: i32[3, 2, 8] in acc, d: "
    "i8[3, 2, 4]) {\n"
    "  for t in 0..3 {\n";

/// Matches the body of the loop t.
std::string matched(const std::string& intrinsic, const std::string& text) {
  const Result<IntrinsicSet> set = IntrinsicSet::load("accel", hardware());
  EXPECT_TRUE(set.ok()) << render(set.error());
  const Result<loop::Kernel> kernel = loop::parse_kernel(kBuffers + text + "}\n}\n", "k.loop");
  if (!kernel.ok()) return render(kernel.error());
  const Result<loop::Stmt> stmt = match(*set->find(intrinsic), std::get<loop::For>(kernel->body->node).body);
  if (!stmt.ok()) return render(stmt.error());
  const std::string all = to_text(*stmt);
  return all.substr(0, all.find(" {"));
}

TEST(Match, FindsGemmWhateverTheOrder) {
  EXPECT_EQ(matched("gemm",
                    "for i in 0..4 { for one in 0..1 { for o in 0..8 { for b in 0..2 {\n"
                    "acc[t, b + one, o] = i32(w[t + 1, o, i]) * i32(x[2 - t, b, i]) + acc[t, b, o]; } } } }"),
            "@gemm(acc[t, 0, 0], x[2 - t, 0, 0], w[t + 1, 0, 0])");
}

TEST(Match, FindsResetAndAlu) {
  EXPECT_EQ(matched("gemm_reset", "for b in 0..2 { for o in 0..8 { acc[t, b, o] = 0; } }"),
            "@gemm_reset(acc[t, 0, 0])");
  EXPECT_EQ(matched("alu_max_imm", "for b in 0..2 { for o in 0..8 { acc[t, b, o] = max(-128, acc[t, b, o]); } }"),
            "@alu_max_imm(acc[t, 0, 0]; i32(-128))");
  EXPECT_EQ(matched("alu_shr_imm", "for b in 0..2 { for o in 0..8 { acc[t, b, o] = shift_right(acc[t, b, o], 5); } }"),
            "@alu_shr_imm(acc[t, 0, 0]; i32(5))");
  EXPECT_EQ(matched("alu_add", "for b in 0..2 { for o in 0..8 { acc[t, b, o] = acc[t, b, o] + more[0, b, o]; } }"),
            "@alu_add(acc[t, 0, 0], more[0, 0, 0])");
  EXPECT_EQ(matched("alu_add", "for b in 0..2 { for o in 0..8 { acc[t, b, o] = more[0, b, o] + acc[t, b, o]; } }"),
            "@alu_add(acc[t, 0, 0], more[0, 0, 0])");
}

TEST(Match, SaysWhichConditionFails) {
  EXPECT_EQ(
      matched("alu_add", "for b in 0..2 { for o in 0..8 { acc[t, b, o] = more[0, b, o] + more[1, b, o]; } }"),
      "k.loop:3:1: error: this is no 'alu_add': 'dst' of the pattern would be two places: in 'acc' and in 'more'\n"
      "  hint: the statement must update its target in place");
  EXPECT_EQ(matched("alu_add_imm", "for b in 0..2 { for o in 0..8 { acc[t, b, o] = acc[t, b, o] + more[1, b, o]; } }"),
            "k.loop:3:1: error: this is no 'alu_add_imm': 'imm' must be a constant of type i32, it is more[1, b, o]\n"
            "  hint: use the form of the intrinsic that takes a second buffer");
  EXPECT_EQ(matched("alu_max_imm", "for b in 0..2 { for o in 0..8 { acc[t, b, o] = min(-128, acc[t, b, o]); } }"),
            "k.loop:3:1: error: this is no 'alu_max_imm': the value min(-128, acc[t, b, o]) has not the form "
            "max(dst[b, o], imm)\n"
            "  hint: choose another intrinsic");
  EXPECT_EQ(matched("gemm_reset", "for b in 0..2 { for o in 0..4 { acc[t, b, o] = 0; } }"),
            "k.loop:3:1: error: this is no 'gemm_reset': loop 'o' has 4 iterations, 'o' of the pattern has 8\n"
            "  hint: split 'o' by 8, or pad it to a multiple of that first");
  EXPECT_EQ(
      matched("gemm_reset", "for o in 0..8 { acc[t, 0, o] = 0; }"),
      "k.loop:3:1: error: this is no 'gemm_reset': 1 loops [o] have more than one iteration, the pattern has 2 [b, o]\n"
      "  hint: split and reorder so that exactly the intrinsic's loops are innermost, then name the outermost of them");
  EXPECT_EQ(matched("gemm",
                    "for b in 0..2 { for o in 0..8 { for i in 0..4 {\n"
                    "acc[t, b, o] = acc[t, b, o] + i32(d[t, b, i]) * i32(w[t, o, i]); } } }"),
            "k.loop:3:1: error: this is no 'gemm': 'd' lives in 'dram', 'src' of the pattern in 'inp'\n  hint: stage "
            "'d' in 'inp'");
  EXPECT_EQ(matched("gemm",
                    "for b in 0..2 { for o in 0..8 { for i in 0..4 {\n"
                    "acc[t, b, o] = acc[t, b, o] + i32(x[b, b, i]) * i32(w[t, o, i]); } } }"),
            "k.loop:3:1: error: this is no 'gemm': axis 0 of 'x' is indexed by b, which moves with the intrinsic's own "
            "loop 'b'\n"
            "  hint: pack 'x' so that only its last axes use 'b'");
  EXPECT_EQ(
      matched("gemm_reset", "for b in 0..2 { for o in 0..8 { acc[t, b, 7 - o] = 0; } }"),
      "k.loop:3:1: error: this is no 'gemm_reset': axis 2 of 'acc' is indexed by 7 - o, where the pattern needs o\n"
      "  hint: pack or reorder 'acc' so that the loops of the intrinsic run over its last axes");
  EXPECT_EQ(matched("gemm_reset", "for b in 0..2 { for o in 0..8 { if (o < 3) { acc[t, b, o] = 0; } } }"),
            "k.loop:3:1: error: this is no 'gemm_reset': it is no perfect nest of loops around one store\n"
            "  hint: split the nest with fission");
}

/// Equal blocks and two taps of depthwise.
isa::HwConfig square() {
  isa::HwConfig config = hardware();
  config.block_in = config.block_out = 8;
  config.chosen_depthwise_width = 2;
  return config;
}

std::string matched_depthwise(const isa::HwConfig& config, const std::string& weights, const std::string& index) {
  const Result<IntrinsicSet> set = IntrinsicSet::load("accel", config);
  EXPECT_TRUE(set.ok()) << render(set.error());
  const std::string text = "kernel k(x: i8[6, 9, 2, 8] in inp, w: i8" + weights +
                           R"( in wgt, acc: i32[6, 8, 2, 8] in acc) {
  for r in 0..3 { for y in 0..4 { for q in 0..8 {
for b in 0..2 { for o in 0..8 { for t in 0..2 {
  acc[y, q, b, o] = acc[y, q, b, o] + i32(x[y + r, q + t, b, o]) * i32()" +
                           index + "); } } } } } } }";
  const Result<loop::Kernel> kernel = loop::parse_kernel(text, "k.loop");
  if (!kernel.ok()) return render(kernel.error());
  loop::Stmt stmt = kernel->body;
  for (int i = 0; i < 3; ++i) stmt = std::get<loop::For>(stmt->node).body;
  const Result<loop::Stmt> match = tensorize::match(*set->find("mac_depthwise"), stmt);
  if (!match.ok()) return render(match.error());
  const std::string all = to_text(*match);
  return all.substr(0, all.find(" {"));
}

TEST(Match, TakesWindowsThatSlideAlongTheFirstAxis) {
  EXPECT_EQ(matched_depthwise(square(), "[3, 4, 8]", "w[r, t, o]"),
            "@mac_depthwise(acc[y, q, 0, 0], x[r + y, q, 0, 0], w[r, 0, 0])");
  EXPECT_EQ(matched_depthwise(square(), "[3, 4, 8]", "w[r, t + 2, o]"),
            "@mac_depthwise(acc[y, q, 0, 0], x[r + y, q, 0, 0], w[r, 2, 0])");
}

TEST(Match, ChecksWhatTheIntrinsicAsksFor) {
  EXPECT_EQ(matched_depthwise(square(), "[3, 4, 8]", "w[r, t + 1, o]"),
            "k.loop:3:1: error: this is no 'mac_depthwise': the operand 'wgt' begins at 1 of axis 1 of 'w' [3, 4, 8], "
            "which is no multiple of 16 values\n"
            "  hint: split its loop by a multiple, or pad and pack 'w' so that each operand is whole");
  EXPECT_EQ(matched_depthwise(square(), "[3, 3, 8]", "w[r, t, o]"),
            "k.loop:3:1: error: this is no 'mac_depthwise': the operand 'wgt' begins at r of axis 0 of 'w' [3, 3, 8], "
            "which is no multiple of 16 values\n"
            "  hint: split its loop by a multiple, or pad and pack 'w' so that each operand is whole");
  EXPECT_EQ(
      matched_depthwise(hardware(), "[3, 4, 8]", "w[r, t, o]"),
      "k.loop:3:1: error: this is no 'mac_depthwise': it needs depthwise_width of at least 1, the hardware has 0\n"
      "  hint: another intrinsic, or a hardware configuration with depthwise_width");
  EXPECT_EQ(matched("alu_add_imm", "for b in 0..2 { for o in 0..8 { acc[t, b, o] = acc[t, b, o] + 40000; } }"),
            "k.loop:3:1: error: this is no 'alu_add_imm': 'imm' would be 40000, its field holds -32768 to 32767\n"
            "  hint: stage the constant in a buffer, and use the form of the intrinsic that takes a second one");
}

TEST(Match, FindsExtendedOperations) {
  EXPECT_EQ(matched("alu_sub_imm", "for b in 0..2 { for o in 0..8 { acc[t, b, o] = acc[t, b, o] - 40000; } }"),
            "@alu_sub_imm(acc[t, 0, 0]; i32(40000))");
  EXPECT_EQ(matched("alu_abs",
                    "for b in 0..2 { for o in 0..8 { acc[t, b, o] = select(acc[t, b, o] < 0, -acc[t, b, o], acc[t, b, "
                    "o]); } }"),
            "@alu_abs(acc[t, 0, 0])");
  EXPECT_EQ(matched("alu_mac", "for b in 0..2 { for o in 0..8 { acc[t, b, o] = more[1, b, o] * 3 + acc[t, b, o]; } }"),
            "@alu_mac(acc[t, 0, 0], more[1, 0, 0]; i32(3))");
}

TEST(Declarations, EveryPatternMatchesItself) {
  const Result<IntrinsicSet> set = IntrinsicSet::load("accel", square());
  ASSERT_TRUE(set.ok()) << render(set.error());
  for (const IntrinsicDeclaration& declaration : set->all()) {
    if (!declaration.pattern.scalars.empty()) continue;
    EXPECT_TRUE(match(declaration, declaration.pattern.body).ok()) << declaration.name;
  }
}

TEST(Declarations, CoverEveryOperationOfTheTable) {
  const Result<IntrinsicSet> set = IntrinsicSet::load("accel", hardware());
  ASSERT_TRUE(set.ok()) << render(set.error());
  for (const isa::AluOpInfo& operation : isa::alu_op_infos())
    EXPECT_TRUE(set->find(std::string("alu_") + operation.name)) << operation.name;
}

std::string declaration_error(const std::string& text) {
  const Result<IntrinsicDeclaration> declaration = parse_declaration(text, "x.yaml", hardware());
  return declaration.ok() ? "no error" : render(declaration.error());
}

TEST(Declarations, SayWhatIsWrong) {
  EXPECT_EQ(
      declaration_error("name: a\ntarget: accel\npattern: |\n  kernel a(d: i32[bacth]) { d[0] = 0; }\nemission: {}\n"),
      "x.yaml:4:17: error: unknown variable 'bacth'\n  legal: batch, block_in, block_out, depthwise_width\n  hint: did "
      "you mean "
      "'batch'?");
  EXPECT_EQ(
      declaration_error("name: a\ntarget: accel\npattern: |\n  kernel b(d: i32[4]) { d[0] = 0; }\nemission: {}\n"),
      "x.yaml:3:10: error: the pattern's kernel is called 'b', the intrinsic 'a'\n  hint: give them one name");
  EXPECT_EQ(declaration_error("name: a\ntarget: accel\npatern: x\n"),
            "x.yaml:3:1: error: unknown key 'patern'\n  legal: name, target, for_each, pattern, needs, align, given, "
            "emission\n  hint: did you mean 'pattern'?");
  const std::string head = "name: a\ntarget: accel\npattern: |\n  kernel a(d: i32[batch, block_out] in acc, s: i32[";
  EXPECT_EQ(declaration_error(
                head + "batch, 7] in acc) { d[0, 0] = s[0, 0]; }\nemission: {instruction: alu, dst: d, src: s}\n"),
            "x.yaml:5:43: error: a step has 16 values of src, the pattern's 's' 14 ([2, 7])");
  EXPECT_EQ(
      declaration_error(
          head + "batch, block_out] in inp) { d[0, 0] = s[0, 0]; }\nemission: {instruction: alu, dst: d, src: s}\n"),
      "x.yaml:5:43: error: the instruction has its src in 'acc', the pattern's 's' lives in 'inp'\n  hint: declare "
      "'s' in acc");
  EXPECT_EQ(declaration_error(
                head + "batch, block_out] in acc) { d[0, 0] = s[0, 0]; }\nemission: {instruction: alu, dst: d}\n"),
            "x.yaml:5:11: error: the emission does not use the pattern's parameter 's'\n  legal: dst, src, wgt, prm\n  "
            "hint: give it a field");
  EXPECT_EQ(
      declaration_error(
          head +
          "batch, block_out] in acc) { d[0, 0] = s[0, 0]; }\nemission: {instruction: alu, opcode: madd, dst: d}\n"),
      "x.yaml:5:38: error: 'madd' is no value of the field 'opcode'\n  legal: min, max, add, shr, mul");
  EXPECT_EQ(
      declaration_error(
          head +
          "batch, block_out] in acc, i: i32) { d[0, 0] = s[0, 0]; }\nemission: {instruction: alu, dst: d, src: s}\n"),
      "x.yaml:5:11: error: the emission does not use the pattern's scalar 'i'\n  hint: give it a field or a state");
  const Result<IntrinsicSet> unknown = IntrinsicSet::load("acel", hardware());
  EXPECT_EQ(render(unknown.error()), "error: unknown target 'acel'\n  legal: accel, cpu\n  hint: did you mean 'accel'?");
}

}  // namespace
}  // namespace tandem::tensorize
