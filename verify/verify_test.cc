// Every intrinsic against its pattern: on the functional simulator, on RTL and on this CPU; and what a wrong one shows.
#include "verify/verify.h"

#include <gtest/gtest.h>

#include "sim/functional/functional_simulator.h"
#include "sim/rtl/rtl_simulator.h"

namespace tandem::verify {
namespace {

isa::HwConfig fleet(const std::string& name) {
  auto config = isa::load_hw(std::string(TANDEM_SOURCE_DIR) + "/configs/hw/" + name + ".yaml");
  EXPECT_TRUE(config.ok()) << (config.ok() ? "" : render(config.error()));
  return config.ok() ? *config : isa::HwConfig{};
}

/// "" where all intrinsics agree, else what differs.
std::string differences(const tensorize::IntrinsicSet& set, Executor& executor, int cases) {
  std::string text;
  for (const tensorize::IntrinsicDeclaration& declaration : set.all()) {
    if (!declaration.lacks.empty()) continue;
    const auto found = verify(declaration, executor, cases, 1);
    if (!found.ok()) {
      text += declaration.name + ": " + render(found.error()) + "\n";
    } else if (*found) {
      text += declaration.name + ": " + to_text(declaration, **found) + "\n";
    }
  }
  return text;
}

class VerifyAccel : public testing::TestWithParam<std::string> {};

TEST_P(VerifyAccel, AllAgreeOnFunctional) {
  const isa::HwConfig hardware = fleet(GetParam());
  const auto set = tensorize::IntrinsicSet::load("accel", hardware);
  ASSERT_TRUE(set.ok()) << render(set.error());
  const auto simulator = sim::make_functional_simulator(hardware);
  EXPECT_EQ(differences(*set, *make_accel_executor(*simulator, hardware), 64), "");
}

INSTANTIATE_TEST_SUITE_P(Fleet, VerifyAccel,
                         testing::Values("vta_default", "test/b1_4x4", "test/b2_8x8", "test/b1_16x32", "test/b1_32x32",
                                         "test/b4_32x8"));

class VerifyOnRtl : public testing::TestWithParam<std::string> {};

TEST_P(VerifyOnRtl, AllAgree) {
  const isa::HwConfig hardware = fleet(GetParam());
  const auto set = tensorize::IntrinsicSet::load("accel", hardware);
  ASSERT_TRUE(set.ok()) << render(set.error());
  sim::RtlModelOptions options;
  options.assertions = hardware.name == "b1_4x4";  // the models that all tests share
  const auto simulator = sim::make_rtl_simulator(hardware, {}, options);
  ASSERT_TRUE(simulator.ok()) << render(simulator.error());
  EXPECT_EQ(differences(*set, *make_accel_executor(**simulator, hardware), 24), "");
}

INSTANTIATE_TEST_SUITE_P(Fleet, VerifyOnRtl, testing::Values("test/b1_4x4", "test/b2_8x8"));

TEST(VerifyCpu, AllAgree) {
  const auto jit = sim::CpuJit::create();
  ASSERT_TRUE(jit.ok()) << render(jit.error());
  const auto set = tensorize::IntrinsicSet::load("cpu", {}, (*jit)->features());
  ASSERT_TRUE(set.ok()) << render(set.error());
  EXPECT_EQ(differences(*set, *make_cpu_executor(**jit, *set), 64), "");
}

TEST(VerifyCpu, ALesserCpuHasThePortableOnes) {
  const auto jit = sim::CpuJit::create("all");
  ASSERT_TRUE(jit.ok()) << render(jit.error());
  const auto set = tensorize::IntrinsicSet::load("cpu", {}, (*jit)->features());
  ASSERT_TRUE(set.ok()) << render(set.error());
  std::string usable;
  for (const tensorize::IntrinsicDeclaration& declaration : set->all()) {
    if (declaration.lacks.empty()) usable += declaration.name + " ";
  }
  EXPECT_EQ(usable, "dot4_i8_portable multiply_add_f32_portable ");
  EXPECT_EQ(differences(*set, *make_cpu_executor(**jit, *set), 64), "");
  EXPECT_EQ(render(sim::CpuJit::create("avx51bw").error()),
            "error: unknown feature of the CPU 'avx51bw'\n  hint: did you mean 'avx512bw'?");
}

std::string verdict_on_functional(const std::string& declaration) {
  const isa::HwConfig hardware = fleet("test/b1_4x4");
  const auto set = tensorize::IntrinsicSet::parse({{"x.yaml", declaration}}, hardware);
  if (!set.ok()) return render(set.error());
  const auto simulator = sim::make_functional_simulator(hardware);
  return differences(*set, *make_accel_executor(*simulator, hardware), 64);
}

TEST(Verify, ShrinksWhatDiffers) {
  EXPECT_EQ(verdict_on_functional(R"(name: larger
target: accel
pattern: |
  kernel larger(dst: i32[batch, block_out] in acc, src: i32[batch, block_out] in acc) {
    for b in 0..batch { for o in 0..block_out { dst[b, o] = max(dst[b, o], src[b, o]); } }
  }
emission: {instruction: alu, opcode: min, dst: dst, src: src}
)"),
            "larger: src[0, 0] = 1, all else 0\ndst[0, 0]: expected 1, got 0\n");
  EXPECT_EQ(verdict_on_functional(R"(name: subtract
target: accel
pattern: |
  kernel subtract(dst: i32[batch, block_out] in acc, src: i32[batch, block_out] in acc) {
    for b in 0..batch { for o in 0..block_out { dst[b, o] = dst[b, o] - src[b, o]; } }
  }
emission: {instruction: alu_extended, operation: sub, dst: src, src: dst}
)"),
            "subtract: src[0, 0] = 1, all else 0\ndst[0, 0]: expected -1, got 0\n");
  EXPECT_EQ(verdict_on_functional(R"(name: shift
target: accel
pattern: |
  kernel shift(dst: i32[batch, block_out] in acc, imm: i32) {
    for b in 0..batch { for o in 0..block_out { dst[b, o] = rounding_shift_right(dst[b, o], imm); } }
  }
emission: {instruction: alu, opcode: shr, use_imm: 1, dst: dst, src: dst, imm: imm}
)"),
            "shift: dst[0, 2] = 1, imm = 1, all else 0\ndst[0, 2]: expected 1, got 0\n");
}

std::string verdict_on_cpu(const std::string& llvm) {
  const std::string declaration = R"(name: sum
target: cpu
pattern: |
  kernel sum(dst: i32[4] in any, src: i32[4] in any) { for l in 0..4 { dst[l] = dst[l] + src[l]; } }
emission:
  llvm: |
)" + llvm;
  const auto jit = sim::CpuJit::create();
  const auto set = tensorize::IntrinsicSet::parse({{"x.yaml", declaration}}, {}, {});
  if (!set.ok()) return render(set.error());
  return differences(*set, *make_cpu_executor(**jit, *set), 64);
}

TEST(VerifyCpu, FindsWhatDiffers) {
  EXPECT_EQ(verdict_on_cpu("    %a = load <4 x i32>, ptr %dst, align 4\n    %b = load <4 x i32>, ptr %src, align 4\n"
                           "    %c = or <4 x i32> %a, %b\n    store <4 x i32> %c, ptr %dst, align 4\n"),
            "sum: dst[3] = 1, src[3] = 1, all else 0\ndst[3]: expected 2, got 1\n");
  EXPECT_EQ(verdict_on_cpu("    %a = load <4 x i32>, ptr %dst, align 4\n    %c = plus <4 x i32> %a, %a\n"),
            "sum: x.yaml:8: error: LLVM does not accept what 'sum' emits: expected instruction opcode\n");
}

}  // namespace
}  // namespace tandem::verify
