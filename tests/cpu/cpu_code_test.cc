// LLVM code run by sim/cpu against the loop IR's interpreter: every built-in on edge values, every operator, random
// kernels.
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "compiler/codegen/llvm/llvm_codegen.h"
#include "compiler/loop/interpreter.h"
#include "compiler/loop/parser.h"
#include "compiler/loop/random_kernel.h"
#include "isa/builtin.h"
#include "sim/cpu/cpu_jit.h"
#include "support/rng.h"

namespace tandem {
namespace {

using Tensors = std::map<std::string, Tensor>;

class CpuCodeTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { jit_ = sim::CpuJit::create().value().release(); }
  static void TearDownTestSuite() { delete jit_; }

  /// Runs the kernel compiled and interpreted on the same buffers (packed shapes) and compares every parameter.
  static void expect_equal(const loop::Kernel& kernel, const Tensors& inputs,
                           const std::map<std::string, int64_t>& scalars = {}) {
    Tensors interpreted = inputs;
    const Result<void> oracle = loop::interpret(kernel, interpreted, scalars);
    ASSERT_TRUE(oracle.ok()) << render(oracle.error());

    const codegen::CpuCode code = codegen::compile_cpu(kernel).value();
    const Result<sim::CpuFunction> function = jit_->add(code.llvm_ir, code.entry);
    ASSERT_TRUE(function.ok()) << render(function.error()) << code.llvm_ir;
    Tensors compiled = inputs;
    std::vector<void*> parameters;
    for (const loop::Param& param : kernel.params) {
      Tensor& tensor = compiled[param.buffer->name];
      if (tensor.data.empty()) tensor = Tensor(loop::tensor_type(param.buffer->type), param.buffer->shape);
      parameters.push_back(tensor.data.data());
    }
    std::vector<int64_t> values;  // little endian: the low bytes are the value in any narrower type
    for (const loop::VarRef& scalar : kernel.scalars) values.push_back(scalars.at(scalar->name));
    for (int64_t& value : values) parameters.push_back(&value);
    ASSERT_EQ(parameters.size(), code.parameters.size());
    (*function)(parameters);
    for (size_t i = 0; i < kernel.params.size(); ++i) {
      const std::string& name = kernel.params[i].buffer->name;
      EXPECT_EQ(code.parameters[i].name, name);
      EXPECT_EQ(code.parameters[i].size_bytes, static_cast<int64_t>(compiled[name].data.size()));
      ASSERT_EQ(compiled[name].data, interpreted[name].data) << name << " of\n" << loop::to_text(kernel);
    }
  }

  static loop::Kernel parsed(const std::string& text) {
    Result<loop::Kernel> kernel = loop::parse_kernel(text, "k.loop");
    EXPECT_TRUE(kernel.ok()) << render(kernel.error());
    return std::move(kernel).value();
  }

  static sim::CpuJit* jit_;
};
sim::CpuJit* CpuCodeTest::jit_ = nullptr;

/// Edge values of a type, as a tensor.
template <typename T>
Tensor edges(DType type) {
  std::vector<int64_t> values{0,
                              1,
                              -1,
                              2,
                              -2,
                              3,
                              -7,
                              7,
                              30,
                              31,
                              32,
                              33,
                              63,
                              64,
                              65,
                              -31,
                              -32,
                              -33,
                              -64,
                              127,
                              -128,
                              std::numeric_limits<T>::max(),
                              std::numeric_limits<T>::min()};
  Tensor tensor(type, {static_cast<int64_t>(values.size())});
  for (size_t i = 0; i < values.size(); ++i) tensor.as<T>()[i] = static_cast<T>(values[i]);
  return tensor;
}

/// The edge values of all operands against each other: tensors a and b with one entry for each pair.
Tensors pairs(const Tensor& edge) {
  const int64_t count = edge.size(), size = size_bytes(edge.type);
  Tensor a(edge.type, {count * count}), b(edge.type, {count * count});
  for (int64_t i = 0; i < count * count; ++i) {
    std::copy_n(edge.data.begin() + i / count * size, size, a.data.begin() + i * size);
    std::copy_n(edge.data.begin() + i % count * size, size, b.data.begin() + i * size);
  }
  return {{"a", a}, {"b", b}};
}

TEST_F(CpuCodeTest, EveryBuiltinOnEdgeValues) {
  const Tensors operands = pairs(edges<int32_t>(DType::kI32));
  const int64_t count = operands.at("a").size();
  for (const isa::Builtin& builtin : isa::builtins()) {
    std::string call = builtin.name + "(";
    for (size_t i = 0; i < builtin.function.arguments.size(); ++i) {
      const std::string value = i % 2 == 0 ? "a[i]" : "b[i]";
      const isa::ScalarType type = builtin.function.arguments[i].type;
      call +=
          (i == 0 ? "" : ", ") + (type == isa::ScalarType::kI32 ? value : std::string(name(type)) + "(" + value + ")");
    }
    const std::string n = std::to_string(count);
    expect_equal(parsed("kernel k(a: i32[" + n + "], b: i32[" + n + "], out y: i64[" + n + "]) { for i in 0.." + n +
                        " { y[i] = i64(" + call + ")); } }"),
                 operands);
  }
}

TEST_F(CpuCodeTest, EveryOperatorOnEdgeValuesOfEveryIntegerType) {
  const std::vector<std::pair<std::string, Tensor>> types{
      {"i8", edges<int8_t>(DType::kI8)}, {"i32", edges<int32_t>(DType::kI32)}, {"i64", edges<int64_t>(DType::kI64)}};
  for (const auto& [type, edge] : types) {
    const Tensors operands = pairs(edge);
    const std::string n = std::to_string(operands.at("a").size());
    const auto run = [&](const std::string& result, const std::string& value) {
      expect_equal(parsed("kernel k(a: " + type + "[" + n + "], b: " + type + "[" + n + "], out y: " + result + "[" +
                          n + "]) { for i in 0.." + n + " { y[i] = " + value + "; } }"),
                   operands);
    };
    for (const char* op : {"+", "-", "*"}) run(type, std::string("a[i] ") + op + " b[i]");
    // No divisor is zero: the interpreter refuses that.
    for (const char* op : {"/", "%"}) run(type, std::string("a[i] ") + op + " select(b[i] == 0, 1, b[i])");
    for (const char* op : {"<", "<=", ">", ">=", "==", "!="}) run("bool", std::string("a[i] ") + op + " b[i]");
    run(type, "min(a[i], b[i])");
    run(type, "max(a[i], b[i])");
    run("bool", "a[i] < b[i] && a[i] > 0 || b[i] == 1");
    for (const char* to : {"i8", "i32", "i64", "f32"}) run(to, std::string(to) + "(a[i])");
  }
}

TEST_F(CpuCodeTest, Floats) {
  Tensor edge(DType::kF32, {8});
  const std::vector<float> values{0.0f, -0.0f, 1.0f, -1.5f, 1e30f, -1e-30f, 3.0f, 0.1f};
  std::copy(values.begin(), values.end(), edge.as<float>());
  const Tensors operands = pairs(edge);
  for (const char* value :
       {"a[i] + b[i]", "a[i] - b[i]", "a[i] * b[i]", "a[i] / b[i]", "min(a[i], b[i])", "max(a[i], b[i])",
        "select(a[i] < b[i], a[i], 0.5)", "select(a[i] == b[i] || a[i] != a[i], b[i], a[i] * b[i] + 1.0)"}) {
    expect_equal(parsed(std::string("kernel k(a: f32[64], b: f32[64], out y: f32[64]) { for i in 0..64 { y[i] = ") +
                        value + "; } }"),
                 operands);
  }
}

TEST_F(CpuCodeTest, OnlyTheChosenSideOfASelectReadsMemory) {
  Tensor x(DType::kI8, {3});
  x.data = {5, 6, 7};
  expect_equal(
      parsed(
          "kernel k(x: i8[3], out y: i8[4096]) { for i in 0..4096 { y[i] = select(1 <= i && i < 4, x[i - 1], -1); } }"),
      {{"x", x}});
}

TEST_F(CpuCodeTest, BuffersAreZeroedEachTime) {
  // A small one on the stack, a large one on the heap, each inside a loop.
  expect_equal(parsed("kernel k(out y: i32[4], out z: i32[4]) { for i in 0..4 { alloc t: i32[8] { t[i] = t[i] + 1; "
                      "t[0] = t[0] + 2;\n"
                      "  for j in 0..8 { y[i] = y[i] + t[j]; } }\n"
                      "alloc u: i32[300, 100] { u[i, i] = u[i, i] + 1; for m in 0..4 { z[i] = z[i] + u[m, m]; } } } }"),
               {});
}

TEST_F(CpuCodeTest, LoopKindsScalarsIntrinsicsAndConditions) {
  expect_equal(parsed("kernel k(out y: i32[8, 8], imm: i32) { parallel i in 0..8 { vectorized j in 0..8 { y[i, j] = "
                      "i32(i * j) + imm; } }\n"
                      "  unrolled p in 0..8 { if (p % 3 == 1) { @alu_add(y[p, 0]; imm) { for q in 0..8 { y[p, q] = "
                      "y[p, q] + imm; } } } } }"),
               {}, {{"imm", -5}});
  // What a CPU has not runs one after another.
  expect_equal(parsed("kernel k(out y: i32[4, 2, 8]) { block.x i in 0..4 { block.z l in 0..2 { thread.x j in 0..8 { "
                      "y[i, l, j] = i32(i * 64 + l * 8 + j); } } } }"),
               {}, {});
}

TEST_F(CpuCodeTest, RandomKernels) {
  for (uint64_t seed = 0; seed < 60; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Rng rng(seed);
    const loop::Kernel kernel = loop::random_kernel(rng);
    const Tensors logical = loop::random_inputs(kernel, rng);
    Tensors packed;
    for (const loop::Param& param : kernel.params) {
      const auto found = logical.find(param.buffer->name);
      if (found != logical.end()) packed[param.buffer->name] = loop::pack(param.layout, found->second);
    }
    expect_equal(kernel, packed);
    if (HasFatalFailure()) return;
  }
}

TEST_F(CpuCodeTest, TheJitSaysWhatIsWrongWithAModule) {
  EXPECT_EQ(render(jit_->add("nonsense", "f").error()),
            "error: LLVM refuses the module for 'f': line 1: expected top-level entity");
  EXPECT_EQ(render(jit_->add("", "f").error()), "error: the module has no function 'f'");
}

}  // namespace
}  // namespace tandem
