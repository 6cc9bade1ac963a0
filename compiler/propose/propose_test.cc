#include "compiler/propose/propose.h"

#include <gtest/gtest.h>

#include "compiler/loop/interpreter.h"
#include "compiler/loop/parser.h"
#include "support/rng.h"

namespace tandem::propose {
namespace {

isa::HwConfig hardware() {
  isa::HwConfig config;
  config.batch = 2;
  config.block_in = config.block_out = 8;
  return config;
}

loop::Kernel parsed(const std::string& text) {
  auto kernel = loop::parse_kernel(text, "k.loop");
  EXPECT_TRUE(kernel.ok()) << (kernel.ok() ? "" : render(kernel.error()));
  return kernel.ok() ? *kernel : loop::Kernel{};
}

/// Both kernels on the same random tensors of the user's shapes.
void expect_same_meaning(const loop::Kernel& a, const loop::Kernel& b) {
  Rng rng(1);
  std::map<std::string, Tensor> first;
  for (const loop::Param& param : a.params) {
    Tensor tensor(loop::tensor_type(param.buffer->type), param.buffer->shape);
    if (param.is_output) continue;
    for (uint8_t& byte : tensor.data) byte = static_cast<uint8_t>(rng.next());
    first.emplace(param.buffer->name, std::move(tensor));
  }
  auto second = first;
  loop::Kernel logical = a;
  for (loop::Param& param : logical.params) param.layout = {param.buffer->shape, {}};
  const auto ran = loop::interpret_logical(logical, first), ran_too = loop::interpret_logical(b, second);
  ASSERT_TRUE(ran.ok()) << render(ran.error());
  ASSERT_TRUE(ran_too.ok()) << render(ran_too.error()) << to_text(b);
  for (const loop::Param& param : a.params) EXPECT_EQ(first[param.buffer->name], second[param.buffer->name]);
}

/// All proposals as text; each computes the same.
std::string proposals(const std::string& text, const std::string& target = "accel",
                      const std::set<std::string>& features = {}) {
  const loop::Kernel kernel = parsed(text);
  const auto set = tensorize::IntrinsicSet::load(target, hardware(), features);
  EXPECT_TRUE(set.ok()) << render(set.error());
  std::string all;
  for (const Proposal& proposal : propose(kernel, *set)) {
    all += proposal.intrinsic + " (" + proposal.loops + "): " + to_text(proposal.steps) + "\n";
    expect_same_meaning(kernel, proposal.result);
  }
  return all;
}

constexpr char kDense[] = R"(kernel dense(x: i8[4, 20], w: i8[24, 20], out y: i32[4, 24]) {
  for n in 0..4 { for k in 0..24 {
    y[n, k] = 0;
    for c in 0..20 { y[n, k] = y[n, k] + i32(x[n, c]) * i32(w[k, c]); }
  } }
}
)";

TEST(Propose, PadsSplitsPacksOrdersAndStages) {
  EXPECT_EQ(proposals(kDense),
            "gemm_reset (b = n, o = k): fission(k), fission(n), split(n, 2, guard), split(k, 8, guard), pack(y, 0, 2), "
            "pack(y, 1, 8), reorder([n_outer, k_outer, n_inner, k_inner]), stage_write(y, acc), tensorize(n_inner, "
            "gemm_reset)\n"
            "gemm_reset (b = k, o = n): fission(k), fission(n), pad([n, n_2], 8), split(k, 2, guard), pack(y, 1, 2), "
            "pack(y, 0, 8), reorder([k_outer, k_inner, n]), stage_write(y, acc), tensorize(k_inner, gemm_reset)\n"
            "gemm (b = n_2, o = k_2, i = c): fission(k), fission(n), split(n_2, 2, guard), split(k_2, 8, guard), "
            "pad([c], 8), split(c, 8, guard), pack(y, 0, 2), pack(y, 1, 8), pack(x, 0, 2), pack(x, 1, 8), pack(w, 0, "
            "8), pack(w, 1, 8), reorder([n_2_outer, k_2_outer, c_outer, n_2_inner, k_2_inner, c_inner]), "
            "stage_write(y, acc), stage(x, inp, c_outer), stage(w, wgt, c_outer), tensorize(n_2_inner, gemm)\n"
            "gemm (b = k_2, o = n_2, i = c): fission(k), fission(n), pad([n, n_2], 8), split(k_2, 2, guard), pad([c], "
            "8), split(c, 8, guard), pack(y, 1, 2), pack(y, 0, 8), pack(w, 0, 2), pack(w, 1, 8), pack(x, 0, 8), "
            "pack(x, 1, 8), reorder([k_2_outer, c_outer, k_2_inner, n_2, c_inner]), stage_write(y, acc), stage(w, inp, "
            "c_outer), stage(x, wgt, c_outer), tensorize(k_2_inner, gemm)\n"
            "mac (b = n_2, o = k_2, i = c): fission(k), fission(n), split(n_2, 2, guard), split(k_2, 8, guard), "
            "pad([c], 8), split(c, 8, guard), pack(y, 0, 2), pack(y, 1, 8), pack(x, 0, 2), pack(x, 1, 8), pack(w, 0, "
            "8), pack(w, 1, 8), reorder([n_2_outer, k_2_outer, c_outer, n_2_inner, k_2_inner, c_inner]), "
            "stage_write(y, acc), stage(x, inp, c_outer), stage(w, wgt, c_outer), tensorize(n_2_inner, mac)\n"
            "mac (b = k_2, o = n_2, i = c): fission(k), fission(n), pad([n, n_2], 8), split(k_2, 2, guard), pad([c], "
            "8), split(c, 8, guard), pack(y, 1, 2), pack(y, 0, 8), pack(w, 0, 2), pack(w, 1, 8), pack(x, 0, 8), "
            "pack(x, 1, 8), reorder([k_2_outer, c_outer, k_2_inner, n_2, c_inner]), stage_write(y, acc), stage(w, inp, "
            "c_outer), stage(x, wgt, c_outer), tensorize(k_2_inner, mac)\n");
}

TEST(Propose, IntrinsicsOfTheCpu) {
  EXPECT_EQ(proposals(kDense, "cpu"),
            "dot4_i8_portable (l = k_2, i = c): fission(k), fission(n), split(k_2, 4, guard), split(c, 4, guard), "
            "pack(w, 0, 4), pack(w, 1, 4), reorder([n_2, k_2_outer, c_outer, k_2_inner, c_inner]), "
            "tensorize(k_2_inner, dot4_i8_portable)\n"
            "dot4_i8_portable (l = n_2, i = c): fission(k), fission(n), split(c, 4, guard), pack(y, 0, 4), pack(x, 0, "
            "4), pack(x, 1, 4), reorder([k_2, c_outer, n_2, c_inner]), tensorize(n_2, dot4_i8_portable)\n");
}

TEST(Propose, DepthwiseAndPooling) {
  EXPECT_EQ(proposals(R"(kernel depthwise(x: i8[2, 16, 6, 7], w: i8[16, 3, 3], out y: i32[2, 16, 4, 5]) {
  for n in 0..2 { for c in 0..16 { for p in 0..4 { for q in 0..5 { for r in 0..3 { for s in 0..3 {
    y[n, c, p, q] = y[n, c, p, q] + i32(x[n, c, p + r, q + s]) * i32(w[c, r, s]);
  } } } } } }
}
)"),
            "mac_depthwise (b = n, o = c): split(c, 8, guard), pack(y, 0, 2), pack(y, 1, 8), pack(x, 0, 2), pack(x, 1, "
            "8), pack(w, 0, 8), reorder([c_outer, p, q, r, s, n, c_inner]), stage_write(y, acc), stage(x, inp, s), "
            "stage(w, wgt, s), tensorize(n, mac_depthwise)\n");
  EXPECT_EQ(proposals(R"(kernel pool(x: i32[2, 16, 8], out y: i32[2, 16, 4]) {
  for n in 0..2 { for c in 0..16 { for p in 0..4 { for r in 0..2 {
    y[n, c, p] = max(y[n, c, p], x[n, c, p * 2 + r]);
  } } } }
}
)"),
            "alu_max (b = n, o = c): split(c, 8, guard), pack(y, 0, 2), pack(y, 1, 8), pack(x, 0, 2), pack(x, 1, 8), "
            "reorder([c_outer, p, r, n, c_inner]), stage_write(y, acc), stage(x, acc, r), tensorize(n, alu_max)\n"
            "alu_max (b = c, o = n): pad([n], 8), split(c, 2, guard), pack(y, 1, 2), pack(y, 0, 8), pack(x, 1, 2), "
            "pack(x, 0, 8), reorder([c_outer, p, r, c_inner, n]), stage_write(y, acc), stage(x, acc, r), "
            "tensorize(c_inner, alu_max)\n");
}

TEST(Propose, NothingWhereNothingApplies) {
  EXPECT_EQ(proposals("kernel k(x: f32[16], out y: f32[16]) { for i in 0..16 { y[i] = x[i] * x[i]; } }"), "");
}

std::string explanations(const std::string& text, const std::string& intrinsic) {
  const auto set = tensorize::IntrinsicSet::load("accel", hardware());
  EXPECT_TRUE(set.ok()) << render(set.error());
  std::string all;
  for (const Explanation& part : explain(parsed(text), *set->find(intrinsic), *set)) {
    all += part.statement + "\n  ";
    all += part.matches ? "is one at " + part.loop : part.mismatch.condition + "; " + part.mismatch.fix;
    for (const Proposal& proposal : part.proposals) all += "\n  " + to_text(proposal.steps);
    all += "\n";
  }
  return all;
}

TEST(Explain, SaysWhatMatchesAndWhatNot) {
  EXPECT_EQ(
      explanations(kDense, "gemm"),
      "y[n, k] = 0;\n  it is no perfect nest of loops around one store; split the nest with fission\n"
      "y[n, k] = y[n, k] + i32(x[n, c]) * i32(w[k, c]);\n  it is no perfect nest of loops around one store; split the "
      "nest with fission\n  fission(k), fission(n), split(n_2, 2, guard), split(k_2, 8, guard), pad([c], 8), split(c, "
      "8, guard), pack(y, 0, 2), pack(y, 1, 8), pack(x, 0, 2), pack(x, 1, 8), pack(w, 0, 8), pack(w, 1, 8), "
      "reorder([n_2_outer, k_2_outer, c_outer, n_2_inner, k_2_inner, c_inner]), stage_write(y, acc), stage(x, inp, "
      "c_outer), stage(w, wgt, c_outer), tensorize(n_2_inner, gemm)\n  fission(k), fission(n), pad([n, n_2], 8), "
      "split(k_2, 2, guard), pad([c], 8), split(c, 8, guard), pack(y, 1, 2), pack(y, 0, 8), pack(w, 0, 2), pack(w, 1, "
      "8), pack(x, 0, 8), pack(x, 1, 8), reorder([k_2_outer, c_outer, k_2_inner, n_2, c_inner]), stage_write(y, acc), "
      "stage(w, inp, c_outer), stage(x, wgt, c_outer), tensorize(k_2_inner, gemm)\n");
  EXPECT_EQ(explanations("kernel k(t: i32[5, 2, 8] in acc) { for i in 0..5 { for b in 0..2 { for o in 0..8 { t[i, b, "
                         "o] = max(t[i, b, o], 0); } } } }",
                         "alu_max_imm"),

            "t[i, b, o] = max(t[i, b, o], 0);\n  is one at b\n");
}

}  // namespace
}  // namespace tandem::propose
