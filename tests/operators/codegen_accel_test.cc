// Operators and small networks through templates, code generation and the functional simulator, against the
// interpreter: equal to the bit on every configuration of the fleet.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>

#include "compiler/codegen/accel/program_builder.h"
#include "compiler/loop/interpreter.h"
#include "isa/program.h"
#include "sim/functional/functional_simulator.h"
#include "tests/operators/random_operators.h"

namespace tandem {
namespace {

std::vector<std::string> configurations() {
  const std::string dir = std::string(TANDEM_SOURCE_DIR) + "/configs/hw/";
  return {dir + "vta_default.yaml", dir + "test/b1_16x32.yaml", dir + "test/b1_32x32.yaml",
          dir + "test/b1_4x4.yaml", dir + "test/b2_8x8.yaml",   dir + "test/b4_32x8.yaml"};
}

/// A network in one program: layers that exchange tensors through DRAM without the host, with a residual connection.
struct NetworkLayer {
  ops::Operator op;
  std::vector<std::string> tensors;  // by parameter; "weight" and "bias" get the layer's own constants
};

std::string network_difference(Rng& rng, const std::vector<NetworkLayer>& layers, const isa::HwConfig& hw) {
  codegen::ProgramBuilder builder("network", hw);
  std::map<std::string, Tensor> values;  // logical
  std::map<std::string, codegen::DramTensor> dram;
  sim::Buffers inputs;
  loop::Layout result_layout;
  for (size_t l = 0; l < layers.size(); ++l) {
    const ops::Operator& op = layers[l].op;
    const auto knobs = ops::default_knobs(op, hw);
    if (!knobs.ok()) return render(knobs.error());
    const auto scheduled = ops::schedule_for_accel(op, hw, random_knobs(rng, op, hw, *knobs));
    if (!scheduled.ok()) return render(scheduled.error());
    const loop::Kernel definition = ops::define(op);
    std::map<std::string, Tensor> logical;
    std::vector<codegen::DramTensor> arguments;
    for (size_t i = 0; i < definition.params.size(); ++i) {
      const loop::Param& packed = scheduled->kernel.params[i];
      const std::string& name = packed.buffer->name;
      std::string tensor = layers[l].tensors[i];
      if (tensor == "weight" || tensor == "bias") {
        logical[name] = random_operand(rng, definition.params[i]);
        arguments.push_back(
            builder.constant(fmt::format("{}.{}", tensor, l), loop::pack(packed.layout, logical[name])));
        continue;
      }
      const DType type = loop::tensor_type(packed.buffer->type);
      if (dram.count(tensor) == 0) {
        if (packed.is_output) {
          const bool last = l + 1 == layers.size();
          dram[tensor] = last ? builder.output(tensor, type, packed.buffer->shape)
                              : builder.scratch(tensor, type, packed.buffer->shape);
          result_layout = packed.layout;
        } else {
          dram[tensor] = builder.input(tensor, type, packed.buffer->shape);
          values[tensor] = random_operand(rng, definition.params[i]);
          inputs[tensor] = loop::pack(packed.layout, values[tensor]).data;
        }
      }
      arguments.push_back(dram[tensor]);
      if (!packed.is_output) logical[name] = values.at(tensor);
    }
    const auto added = builder.add_layer(fmt::format("layer{}", l), scheduled->kernel, arguments);
    if (!added.ok()) return render(added.error());
    const auto interpreted = loop::interpret_logical(definition, logical);
    if (!interpreted.ok()) return render(interpreted.error());
    values[layers[l].tensors.back()] = logical.at("y");
  }
  const auto program = builder.finish();
  if (!program.ok()) return render(program.error());
  const std::string& last = layers.back().tensors.back();
  for (const int64_t interleave : {-1, 1, 2, 3}) {
    sim::FunctionalOptions options;
    if (interleave >= 0) options.interleave_seed = static_cast<uint64_t>(interleave);
    const auto run = sim::make_functional_simulator(hw, options)->run(*program, inputs);
    if (!run.ok()) return render(run.error());
    Tensor packed(DType::kI8, {});
    packed.shape = loop::pack(result_layout, values.at(last)).shape;
    packed.data = run->outputs.at(last);
    if (!(loop::unpack(result_layout, packed) == values.at(last)))
      return fmt::format("the result differs (interleaving {})", interleave);
  }
  return "";
}

class CodegenAccel : public testing::TestWithParam<std::string> {};

TEST_P(CodegenAccel, ConvolutionsAndDenseLayersEqualTheInterpreter) {
  const auto hw = isa::load_hw(GetParam());
  ASSERT_TRUE(hw.ok()) << render(hw.error());
  for (uint64_t i = 0; i < 300; ++i) {
    Rng rng(seed_of_tests() * 1000003 + i);
    const ops::Operator op = random_conv(rng, *hw);
    const OperatorOutcome outcome = try_operator(rng, op, *hw, i % 2 == 1);
    ASSERT_EQ(outcome.refused + outcome.difference, "")
        << ops::key(op) << " (TANDEM_SEED=" << seed_of_tests() << ", case " << i << ")";
  }
}

TEST_P(CodegenAccel, PoolsAdditionsAndClipsEqualTheInterpreter) {
  const auto hw = isa::load_hw(GetParam());
  ASSERT_TRUE(hw.ok()) << render(hw.error());
  for (uint64_t i = 0; i < 100; ++i) {
    Rng rng(seed_of_tests() * 1000003 + i);
    const ops::Operator op = random_other(rng, *hw);
    const OperatorOutcome outcome = try_operator(rng, op, *hw, i % 2 == 1);
    ASSERT_EQ(outcome.refused + outcome.difference, "")
        << ops::key(op) << " (TANDEM_SEED=" << seed_of_tests() << ", case " << i << ")";
  }
}

TEST_P(CodegenAccel, NetworksInOneProgramEqualTheInterpreter) {
  const auto hw = isa::load_hw(GetParam());
  ASSERT_TRUE(hw.ok()) << render(hw.error());
  if (hw->block_in != hw->block_out) GTEST_SKIP() << "outputs of one layer are not laid out as inputs of the next";
  for (uint64_t i = 0; i < 20; ++i) {
    Rng rng(seed_of_tests() * 1000003 + i);
    const int64_t c = random_channels(rng, hw->block_in), h = rng.uniform(3, 8), w = rng.uniform(3, 8);
    ops::Conv2d first, second;
    first.c = random_channels(rng, hw->block_in);
    first.o = second.c = second.o = c;
    first.h = second.h = h;
    first.w = second.w = w;
    first.kernel_h = first.kernel_w = second.kernel_h = second.kernel_w = 3;
    for (ops::Conv2d* conv : {&first, &second}) {
      conv->pad_top = conv->pad_left = conv->pad_bottom = conv->pad_right = 1;
      conv->requantize.shift = 9;
      conv->bias_bits = 16;
    }
    const ops::Add add{1, c, h, w, 1, 0, {1, 0, 127}};
    const ops::MaxPool pool{1, c, h, w, 2, 2, 2, 2};
    const std::vector<NetworkLayer> layers = {{first, {"x", "weight", "bias", "first"}},
                                              {second, {"first", "weight", "bias", "second"}},
                                              {add, {"first", "second", "sum"}},
                                              {pool, {"sum", "y"}}};
    ASSERT_EQ(network_difference(rng, layers, *hw), "")
        << ops::key(first) << " (TANDEM_SEED=" << seed_of_tests() << ", case " << i << ")";
  }
}

INSTANTIATE_TEST_SUITE_P(Configurations, CodegenAccel, testing::ValuesIn(configurations()), [](const auto& instance) {
  const std::string& path = instance.param;
  const size_t slash = path.rfind('/') + 1;
  return path.substr(slash, path.rfind('.') - slash);
});

}  // namespace
}  // namespace tandem
