// Intrinsics in a kernel, through code generation: states of the engine are set where an instruction needs another
// value.
#include <gtest/gtest.h>

#include "compiler/codegen/accel/program_builder.h"
#include "compiler/loop/interpreter.h"
#include "compiler/loop/parser.h"
#include "compiler/schedule/schedule.h"
#include "sim/functional/functional_simulator.h"
#include "support/rng.h"

namespace tandem::verify {
namespace {

/// What the kernel leaves in y, interpreted and on the functional simulator, with the loops named as intrinsics.
void expect_lowered(const std::string& text, const std::vector<std::pair<std::string, std::string>>& intrinsics) {
  const isa::HwConfig hardware;
  const auto kernel = loop::parse_kernel(text, "k.loop");
  ASSERT_TRUE(kernel.ok()) << render(kernel.error());
  const auto set = tensorize::IntrinsicSet::load("accel", hardware);
  ASSERT_TRUE(set.ok()) << render(set.error());
  schedule::Schedule schedule(*kernel);
  for (const auto& [loop, name] : intrinsics) {
    const auto done = schedule::tensorize(schedule, loop, name, *set);
    ASSERT_TRUE(done.ok()) << render(done.error());
  }
  codegen::ProgramBuilder builder("k", hardware);
  std::vector<codegen::DramTensor> arguments;
  std::map<std::string, Tensor> tensors;
  sim::Buffers inputs;
  Rng rng(1);
  for (const loop::Param& param : schedule.kernel.params) {
    const loop::Buffer& buffer = *param.buffer;
    const DType type = loop::tensor_type(buffer.type);
    arguments.push_back(param.is_output ? builder.output(buffer.name, type, buffer.shape)
                                        : builder.input(buffer.name, type, buffer.shape));
    if (param.is_output) continue;
    Tensor& tensor = tensors.emplace(buffer.name, Tensor(type, buffer.shape)).first->second;
    for (uint8_t& byte : tensor.data) byte = static_cast<uint8_t>(rng.next());
    inputs[buffer.name] = tensor.data;
  }
  const auto added = builder.add_layer("k", schedule.kernel, arguments);
  ASSERT_TRUE(added.ok()) << render(added.error());
  const auto program = builder.finish();
  ASSERT_TRUE(program.ok()) << render(program.error());
  EXPECT_TRUE(isa::check(*program, {/*unwritten_reads=*/true}).empty());
  const auto run = sim::make_functional_simulator(hardware)->run(*program, inputs);
  ASSERT_TRUE(run.ok()) << render(run.error());
  const auto interpreted = loop::interpret(*kernel, tensors);
  ASSERT_TRUE(interpreted.ok()) << render(interpreted.error());
  EXPECT_EQ(run->outputs.at("y"), tensors.at("y").data);
}

TEST(Lowering, ExtendedOperationsHaveTheirImmediates) {
  expect_lowered(R"(kernel k(x: i8[4, 16], z: i8[4, 16], out y: i8[4, 16]) {
  alloc t: i32[4, 16] in acc { alloc u: i32[4, 16] in acc {
    for p1 in 0..4 { for q1 in 0..16 { t[p1, q1] = i32(x[p1, q1]); } }
    for p2 in 0..4 { for q2 in 0..16 { u[p2, q2] = i32(z[p2, q2]); } }
    for p3 in 0..4 { for a in 0..16 { t[p3, a] = t[p3, a] - 70000; } }
    for p4 in 0..4 { for b in 0..16 { t[p4, b] = t[p4, b] < 0 ? -t[p4, b] : t[p4, b]; } }
    for p5 in 0..4 { for c in 0..16 { t[p5, c] = t[p5, c] + u[p5, c] * 321; } }
    for p6 in 0..4 { for d in 0..16 { t[p6, d] = t[p6, d] - 70000; } }
    for p7 in 0..4 { for e in 0..16 { t[p7, e] = rounding_shift_right(t[p7, e], 8); } }
    for p8 in 0..4 { for f in 0..16 { t[p8, f] = saturate_i8(t[p8, f]); } }
    for p9 in 0..4 { for q9 in 0..16 { y[p9, q9] = i8(t[p9, q9]); } }
  } }
}
)",
                 {{"a", "alu_sub_imm"},
                  {"b", "alu_abs"},
                  {"c", "alu_mac"},
                  {"d", "alu_sub_imm"},
                  {"e", "alu_rounding_shift_imm"},
                  {"f", "alu_saturate_i8"}});
}

TEST(Lowering, DepthwiseTakesOneVectorOfWeights) {
  expect_lowered(R"(kernel k(x: i8[9, 16], w: i8[16, 16], out y: i8[7, 16]) {
  alloc a: i8[9, 16] in inp { alloc v: i8[16, 16] in wgt { alloc t: i32[7, 16] in acc {
    for p10 in 0..9 { for q10 in 0..16 { a[p10, q10] = x[p10, q10]; } }
    for p11 in 0..16 { for q11 in 0..16 { v[p11, q11] = w[p11, q11]; } }
    for p12 in 0..7 { for b in 0..16 { t[p12, b] = 0; } }
    for s in 0..3 { for p13 in 0..7 { for c in 0..16 { t[p13, c] = t[p13, c] + i32(a[p13 + s, c]) * i32(v[s + 5, c]); } } }
    for p14 in 0..7 { for d in 0..16 { t[p14, d] = shift_right(t[p14, d], 8); } }
    for p15 in 0..7 { for q15 in 0..16 { y[p15, q15] = i8(t[p15, q15]); } }
  } } }
}
)",
                 {{"b", "gemm_reset"}, {"c", "mac_depthwise"}, {"d", "alu_shr_imm"}});
}

}  // namespace
}  // namespace tandem::verify
