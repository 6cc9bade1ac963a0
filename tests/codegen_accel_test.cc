// Operators through template, code generation and the functional simulator, against the interpreter: equal to the bit
// on every configuration.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>

#include "compiler/codegen/accel/program_builder.h"
#include "compiler/loop/interpreter.h"
#include "compiler/ops/operator.h"
#include "compiler/ops/template.h"
#include "isa/program.h"
#include "sim/functional/functional_simulator.h"
#include "support/rng.h"

namespace tandem {
namespace {

std::vector<std::string> configurations() {
  const std::string dir = std::string(TANDEM_SOURCE_DIR) + "/configs/hw/";
  return {dir + "vta_default.yaml", dir + "test/b1_16x32.yaml", dir + "test/b1_32x32.yaml",
          dir + "test/b1_4x4.yaml", dir + "test/b2_8x8.yaml",   dir + "test/b4_32x8.yaml"};
}

uint64_t seed() {
  const char* text = std::getenv("TANDEM_SEED");
  return text == nullptr ? 1 : std::strtoull(text, nullptr, 10);
}

/// What a convolution's channels are requantised by: scales under which results spread, saturate, or vanish.
Tensor random_channels(Rng& rng, int64_t count) {
  std::vector<ops::ChannelParameters> channels;
  for (int64_t o = 0; o < count; ++o) {
    ops::ChannelParameters channel;
    channel.bias = static_cast<int32_t>(rng.chance(0.1) ? rng.uniform(INT32_MIN, INT32_MAX) : rng.uniform(-9999, 9999));
    channel.multiplier = static_cast<int32_t>(rng.uniform(rng.chance(0.1) ? 0 : 1 << 30, INT32_MAX));
    channel.left = static_cast<int>(rng.chance(0.1) ? rng.uniform(0, 31) : 0);
    channel.right = static_cast<int>(rng.chance(0.1) ? rng.uniform(0, 31) : rng.uniform(4, 12));
    channel.zero_point = static_cast<int>(rng.uniform(-128, 127));
    channel.low = static_cast<int>(rng.chance(0.5) ? -128 : rng.uniform(-128, 20));
    channel.high = static_cast<int>(rng.chance(0.5) ? 127 : rng.uniform(channel.low, 127));
    channels.push_back(channel);
  }
  return ops::pack_parameters(channels);
}

Tensor random_tensor(Rng& rng, const loop::Param& param) {
  if (param.buffer->name == "channels") return random_channels(rng, param.buffer->shape[0]);
  Tensor tensor(loop::tensor_type(param.buffer->type), param.buffer->shape);
  const bool extreme = rng.chance(0.2);
  for (int64_t i = 0; i < tensor.size(); ++i) {
    if (tensor.type == DType::kI8) {
      tensor.as<int8_t>()[i] = static_cast<int8_t>(extreme ? (rng.chance(0.5) ? -128 : 127) : rng.uniform(-128, 127));
    } else {
      tensor.as<int32_t>()[i] = static_cast<int32_t>(rng.uniform(-20000, 20000));
    }
  }
  return tensor;
}

ops::Requantize random_requantize(Rng& rng) {
  ops::Requantize r;
  r.shift = static_cast<int>(rng.chance(0.1) ? rng.uniform(-9, 35) : rng.uniform(0, 14));
  if (rng.chance(0.5)) r.low = 0;
  if (rng.chance(0.2)) r.low = static_cast<int>(rng.uniform(-128, 20));
  if (rng.chance(0.2)) r.high = static_cast<int>(rng.uniform(r.low, 127));
  return r;
}

/// 1, tile-1, tile, tile+1, a prime, around `block`.
int64_t channels(Rng& rng, int64_t block) {
  return std::max<int64_t>(
      1, rng.pick(std::vector<int64_t>{1, block - 1, block, block + 1, 3, 7, 2 * block, 2 * block + 1}));
}

ops::Conv2d random_conv(Rng& rng, const isa::HwConfig& hw) {
  ops::Conv2d op;
  op.n = rng.chance(0.3) ? rng.uniform(1, 2 * hw.batch + 1) : 1;
  op.c = channels(rng, hw.block_in);
  op.o = channels(rng, hw.block_out);
  if (rng.chance(0.3)) {  // a dense layer
    op.h = op.kernel_h = rng.uniform(1, 3);
    op.w = op.kernel_w = rng.uniform(1, 3);
  } else {
    op.h = rng.uniform(1, 9);
    op.w = rng.uniform(1, 9);
    op.kernel_h = rng.uniform(1, std::min<int64_t>(op.h, 4));
    op.kernel_w = rng.uniform(1, std::min<int64_t>(op.w, 4));
    op.stride_h = rng.uniform(1, 3);
    op.stride_w = rng.uniform(1, 3);
    if (rng.chance(0.6)) {
      const int64_t most = rng.chance(0.1) ? 20 : 2;
      op.pad_top = rng.uniform(0, most);
      op.pad_left = rng.uniform(0, most);
      op.pad_bottom = rng.uniform(0, 2);
      op.pad_right = rng.uniform(0, 2);
    }
  }
  op.requantize = random_requantize(rng);
  op.bias_bits = rng.chance(0.7) ? 16 : 32;
  if (hw.requant_lanes() > 0 && rng.chance(0.5)) {
    op.per_channel = rng.chance(0.5) ? ops::Rounding::kSingle : ops::Rounding::kTflite;
    if (hw.extended_alu != 0 && rng.chance(0.7)) op.pad_value = static_cast<int>(rng.uniform(-128, 127));
  }
  return op;
}

ops::Operator random_other(Rng& rng, const isa::HwConfig& hw) {
  const int64_t n = rng.uniform(1, hw.batch + 1), c = channels(rng, hw.block_out), h = rng.uniform(1, 11),
                w = rng.uniform(1, 11);
  switch (rng.uniform(0, 2)) {
    case 0: {
      ops::MaxPool op{n,
                      c,
                      h,
                      w,
                      rng.uniform(1, std::min<int64_t>(3, h)),
                      rng.uniform(1, std::min<int64_t>(3, w)),
                      rng.uniform(1, 3),
                      rng.uniform(1, 3)};
      if (rng.chance(0.5)) {
        op.pad_top = rng.uniform(0, 2);
        op.pad_left = rng.uniform(0, 2);
        op.pad_bottom = rng.uniform(0, 2);
        op.pad_right = rng.uniform(0, 2);
      }
      return op;
    }
    case 1:
      return ops::Add{
          n, c, h, w, static_cast<int>(rng.uniform(0, 8)), static_cast<int>(rng.uniform(0, 8)), random_requantize(rng)};
    default:
      return ops::Clip{n, c, h, w, static_cast<int>(rng.uniform(-128, 10)), static_cast<int>(rng.uniform(10, 127))};
  }
}

ops::KnobValues random_knobs(Rng& rng, const ops::Operator& op, const isa::HwConfig& hw,
                             const ops::KnobValues& defaults) {
  for (int attempt = 0; attempt < 20; ++attempt) {
    ops::KnobValues values;
    for (const ops::Knob& knob : ops::knobs(op, hw)) values[knob.name] = rng.pick(knob.choices);
    if (ops::infeasible(op, hw, values).empty()) return values;
  }
  return defaults;
}

/// "" where the accelerator's result is the interpreter's, in several interleavings.
std::string difference(Rng& rng, const ops::Operator& op, const isa::HwConfig& hw, bool tuned) {
  const auto defaults = ops::default_knobs(op, hw);
  if (!defaults.ok()) return render(defaults.error());
  const ops::KnobValues values = tuned ? random_knobs(rng, op, hw, *defaults) : *defaults;
  const auto scheduled = ops::schedule_for_accel(op, hw, values);
  if (!scheduled.ok()) return render(scheduled.error());
  const loop::Kernel definition = ops::define(op);

  codegen::ProgramBuilder builder("test", hw);
  std::map<std::string, Tensor> logical;
  std::vector<codegen::DramTensor> arguments;
  sim::Buffers inputs;
  for (size_t i = 0; i < definition.params.size(); ++i) {
    const loop::Param& packed = scheduled->kernel.params[i];
    const std::string& name = packed.buffer->name;
    const DType type = loop::tensor_type(packed.buffer->type);
    if (packed.is_output) {
      arguments.push_back(builder.output(name, type, packed.buffer->shape));
      continue;
    }
    logical[name] = random_tensor(rng, definition.params[i]);
    const Tensor data = loop::pack(packed.layout, logical[name]);
    if (name == "weight" || name == "bias" || name == "channels") {
      arguments.push_back(builder.constant(name, data));
    } else {
      arguments.push_back(builder.input(name, type, packed.buffer->shape));
      inputs[name] = data.data;
    }
  }
  const auto added = builder.add_layer("layer", scheduled->kernel, arguments);
  if (!added.ok()) return render(added.error());
  const auto program = builder.finish();
  if (!program.ok()) return render(program.error());
  const auto expected = loop::interpret_logical(definition, logical);
  if (!expected.ok()) return render(expected.error());
  for (const int64_t interleave : {-1, 1}) {
    sim::FunctionalOptions options;
    if (interleave >= 0) options.interleave_seed = static_cast<uint64_t>(interleave);
    const auto run = sim::make_functional_simulator(hw, options)->run(*program, inputs);
    if (!run.ok()) return render(run.error());
    Tensor packed(DType::kI8, scheduled->kernel.params.back().buffer->shape);
    packed.data = run->outputs.at("y");
    const Tensor result = loop::unpack(scheduled->kernel.params.back().layout, packed);
    const Tensor& wanted = logical.at("y");
    for (int64_t i = 0; i < wanted.size(); ++i) {
      if (result.as<int8_t>()[i] == wanted.as<int8_t>()[i]) continue;
      std::string text = fmt::format("element {} is {}, not {} (interleaving {}; knobs", i, result.as<int8_t>()[i],
                                     wanted.as<int8_t>()[i], interleave);
      for (const auto& [name, value] : values) text += fmt::format(" {}={}", name, value);
      return text + ")";
    }
  }
  return "";
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
        logical[name] = random_tensor(rng, definition.params[i]);
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
          values[tensor] = random_tensor(rng, definition.params[i]);
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
    Rng rng(seed() * 1000003 + i);
    const ops::Operator op = random_conv(rng, *hw);
    ASSERT_EQ(difference(rng, op, *hw, i % 2 == 1), "")
        << ops::key(op) << " (TANDEM_SEED=" << seed() << ", case " << i << ")";
  }
}

TEST_P(CodegenAccel, PoolsAdditionsAndClipsEqualTheInterpreter) {
  const auto hw = isa::load_hw(GetParam());
  ASSERT_TRUE(hw.ok()) << render(hw.error());
  for (uint64_t i = 0; i < 60; ++i) {
    Rng rng(seed() * 1000003 + i);
    const ops::Operator op = random_other(rng, *hw);
    ASSERT_EQ(difference(rng, op, *hw, i % 2 == 1), "")
        << ops::key(op) << " (TANDEM_SEED=" << seed() << ", case " << i << ")";
  }
}

TEST_P(CodegenAccel, NetworksInOneProgramEqualTheInterpreter) {
  const auto hw = isa::load_hw(GetParam());
  ASSERT_TRUE(hw.ok()) << render(hw.error());
  if (hw->block_in != hw->block_out) GTEST_SKIP() << "outputs of one layer are not laid out as inputs of the next";
  for (uint64_t i = 0; i < 20; ++i) {
    Rng rng(seed() * 1000003 + i);
    const int64_t c = channels(rng, hw->block_in), h = rng.uniform(3, 8), w = rng.uniform(3, 8);
    ops::Conv2d first, second;
    first.c = channels(rng, hw->block_in);
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
        << ops::key(first) << " (TANDEM_SEED=" << seed() << ", case " << i << ")";
  }
}

INSTANTIATE_TEST_SUITE_P(Configurations, CodegenAccel, testing::ValuesIn(configurations()), [](const auto& instance) {
  const std::string& path = instance.param;
  const size_t slash = path.rfind('/') + 1;
  return path.substr(slash, path.rfind('.') - slash);
});

}  // namespace
}  // namespace tandem
