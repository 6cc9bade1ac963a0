#include "compiler/codegen/accel/program_builder.h"

#include <gtest/gtest.h>

#include "compiler/loop/parser.h"
#include "tensorize/intrinsic.h"

namespace tandem::codegen {
namespace {

loop::Kernel kernel(const std::string& text) {
  auto parsed = loop::parse_kernel(text, "k.loop");
  EXPECT_TRUE(parsed.ok()) << (parsed.ok() ? "" : render(parsed.error()));
  return parsed.ok() ? *parsed : loop::Kernel{};
}

/// The message of a kernel `k(x: i8[...], out y: i8[...])`.
std::string error_of(const std::string& text) {
  const loop::Kernel k = kernel(text);
  ProgramBuilder builder("p", isa::HwConfig{});
  std::vector<DramTensor> arguments;
  for (const loop::Param& param : k.params) {
    const std::string& name = param.buffer->name;
    arguments.push_back(param.is_output ? builder.output(name, DType::kI8, param.buffer->shape)
                                        : builder.input(name, DType::kI8, param.buffer->shape));
  }
  const auto added = builder.add_layer("first", k, arguments);
  return added.ok() ? "" : render(added.error());
}

TEST(ProgramBuilder, CopiesThroughTheAccumulators) {
  const loop::Kernel k = kernel(
      "kernel k(x: i8[8, 1, 16], out y: i8[8, 1, 16]) { alloc a: i32[8, 1, 16] in acc {\n"
      "for i in 0..8 { for b in 0..1 { for j in 0..16 { a[i, b, j] = i32(x[i, b, j]); } } }\n"
      "for p in 0..8 { for c in 0..1 { for k in 0..16 { y[p, c, k] = i8(a[p, c, k]); } } } } }");
  ProgramBuilder builder("p", isa::HwConfig{});
  const DramTensor x = builder.input("x", DType::kI8, {8, 1, 16}), y = builder.output("y", DType::kI8, {8, 1, 16});
  ASSERT_TRUE(builder.add_layer("first", k, {x, y}).ok());
  const auto program = builder.finish();
  ASSERT_TRUE(program.ok());
  const isa::Codec codec{isa::HwConfig{}};
  ASSERT_EQ(program->code.size(), 3u) << "LOAD, STORE, FINISH";
  const auto load = codec.decode(program->code[0]);
  ASSERT_TRUE(load.ok());
  EXPECT_EQ(std::get<isa::Load>(*load).mem_type, isa::Memory::kAcc8);
  EXPECT_EQ(std::get<isa::Load>(*load).x_size, 8u);
  EXPECT_TRUE(std::get<isa::Load>(*load).push_next);
  EXPECT_EQ(program->bindings.size(), 2u);
  EXPECT_EQ(program->marks[0].name, "first");
}

/// Every operation of isa.yaml has some.
std::string names_of_intrinsics() {
  std::string names;
  const auto set = tensorize::IntrinsicSet::load("accel", isa::HwConfig{});
  for (const tensorize::IntrinsicDeclaration& declaration : set->all())
    names += (names.empty() ? "" : ", ") + declaration.name;
  return names;
}

TEST(ProgramBuilder, SaysWhatItCannotLower) {
  EXPECT_EQ(error_of("kernel k(x: i8[16], out y: i8[16]) { for i in 0..16 { y[i] = x[i]; } }"),
            "k.loop:1:38: error: layer 'first': a copy from 'x' (dram) to 'y' (dram) is neither a LOAD nor a STORE\n"
            "  hint: copies go between dram and one scratchpad");
  EXPECT_EQ(error_of("kernel k(x: i8[16], out y: i8[16]) {\n  alloc a: i8[2100, 16] in inp { for i in 0..16 { a[0, i] "
                     "= x[i]; } }\n}"),
            "k.loop:2:3: error: layer 'first': buffer 'a' needs 2100 elements of 'inp', which has 2048 (32768 bytes); "
            "nothing else lives there\n"
            "  hint: choose smaller tiles");
  EXPECT_EQ(
      error_of(
          "kernel k(x: i8[16], out y: i8[16]) {\n  alloc a: i8[2000, 16] in inp { alloc b: i8[50, 16] in inp { } }\n}"),
      "k.loop:2:34: error: layer 'first': buffer 'b' needs 50 elements of 'inp', which has 2048 (32768 bytes); there "
      "live already: 'a' "
      "(2000)\n  hint: choose smaller tiles");
  EXPECT_EQ(error_of("kernel k(x: i8[16], out y: i8[16]) { alloc a: i8[4] in local { } }"),
            "k.loop:1:38: error: layer 'first': buffer 'a' is in scope 'local', which the accelerator does not have\n"
            "  legal: inp, wgt, acc, out, prm\n  hint: stage it into one of its scratchpads");
  EXPECT_EQ(error_of("kernel k(x: i8[16], out y: i8[16]) { alloc a: i32[16] in inp { } }"),
            "k.loop:1:38: error: layer 'first': buffer 'a' is i32 in scope 'inp', whose lanes are i8");
  EXPECT_EQ(
      error_of("kernel k(x: i8[16], out y: i8[16]) { alloc a: i8[20] in inp { } }"),
      "k.loop:1:38: error: layer 'first': buffer 'a' [20] is not made of whole elements of 'inp', which have 16 lanes\n"
      "  hint: pack it so that its last axes make 16");
  EXPECT_EQ(
      error_of(
          "kernel k(x: i8[32], out y: i8[16]) { alloc a: i8[2, 16] in inp { for i in 0..8 { a[0, i] = x[i]; } } }"),
      "k.loop:1:66: error: layer 'first': a copy between 'a' and 'x' does not move whole elements of 'inp' (16 lanes)\n"
      "  hint: pack 'x' so that its last axes are one element");
  EXPECT_EQ(
      error_of("kernel k(x: i8[16], out y: i8[16]) { alloc a: i32[16] in acc { for i in 0..16 { a[i] = i32(x[i]) * 3; "
               "} } }"),
      "k.loop:1:64: error: layer 'first': the value stored to 'a' is neither a copy nor an intrinsic: i32(x[i]) * 3\n"
      "  hint: tensorize it");
  EXPECT_EQ(
      error_of(
          "kernel k(x: i8[16], out y: i8[16]) { alloc a: i32[16] in acc { for i in 0..16 { y[i] = i8(a[i]); } } }"),
      "k.loop:1:64: error: layer 'first': a STORE to 'y' reads element 0 of buffer 'a' before anything has written it\n"
      "  hint: a scratchpad does not start as zeros: reset or load the buffer first");
  EXPECT_EQ(error_of("kernel k(x: i8[16], out y: i8[16]) { alloc a: i32[1, 16] in acc { @alu_ad(a[0, 0], a[0, 0]) { "
                     "a[0, 0] = a[0, 0] + a[0, 0]; } } }"),
            "k.loop:1:67: error: layer 'first': unknown intrinsic 'alu_ad'\n  legal: " + names_of_intrinsics() +
                "\n  hint: did you mean 'alu_add'?");
  EXPECT_EQ(error_of("kernel k(x: i8[16], out y: i8[16]) { alloc a: i32[1, 16] in acc { @alu_add_imm(a[0, 0]; "
                     "i32(40000)) { a[0, 0] = a[0, 0]; } } }"),
            "k.loop:1:67: error: layer 'first': the immediate 40000 of 'alu_add_imm' does not fit its field, [-32768, "
            "32767]");
}

TEST(ProgramBuilder, ArgumentsMustBeTheParameters) {
  const loop::Kernel k = kernel("kernel k(x: i8[16], out y: i8[16]) { }");
  ProgramBuilder builder("p", isa::HwConfig{});
  const DramTensor x = builder.input("in", DType::kI8, {32}), y = builder.output("y", DType::kI8, {16});
  EXPECT_EQ(render(builder.add_layer("first", k, {x}).error()),
            "error: layer 'first': kernel 'k' has 2 parameters, but 1 arguments are given");
  EXPECT_EQ(render(builder.add_layer("first", k, {x, y}).error()),
            "error: layer 'first': parameter 'x' is i8 [16], but tensor 'in' is i8 [32]\n  hint: pack the tensor as "
            "the parameter's layout says");
  const DramTensor z = builder.input("z", DType::kI8, {16});
  EXPECT_EQ(render(builder.add_layer("first", k, {z, z}).error()),
            "error: layer 'first' writes 'z', which is an input");
}

}  // namespace
}  // namespace tandem::codegen
