#include "tests/operators/random_operators.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <map>

#include "compiler/codegen/accel/program_builder.h"
#include "compiler/loop/interpreter.h"
#include "compiler/ops/lowering.h"
#include "isa/program.h"
#include "sim/functional/functional_simulator.h"

namespace tandem {

uint64_t seed_of_tests() {
  const char* text = std::getenv("TANDEM_SEED");
  return text == nullptr ? 1 : std::strtoull(text, nullptr, 10);
}

namespace {

/// What a convolution's channels are requantised by: scales under which results spread, saturate, or vanish.
Tensor random_parameters(Rng& rng, int64_t count) {
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

}  // namespace

Tensor random_operand(Rng& rng, const loop::Param& param) {
  if (param.buffer->name == "channels") {
    Tensor channels = random_parameters(rng, element_count(param.buffer->shape) / 4);
    channels.shape = param.buffer->shape;
    return channels;
  }
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

namespace {

ops::Requantize random_requantize(Rng& rng) {
  ops::Requantize r;
  r.shift = static_cast<int>(rng.chance(0.1) ? rng.uniform(-9, 35) : rng.uniform(0, 14));
  if (rng.chance(0.5)) r.low = 0;
  if (rng.chance(0.2)) r.low = static_cast<int>(rng.uniform(-128, 20));
  if (rng.chance(0.2)) r.high = static_cast<int>(rng.uniform(r.low, 127));
  return r;
}

}  // namespace

int64_t random_channels(Rng& rng, int64_t block) {
  return std::max<int64_t>(
      1, rng.pick(std::vector<int64_t>{1, block - 1, block, block + 1, 3, 7, 2 * block, 2 * block + 1}));
}

ops::Conv2d random_conv(Rng& rng, const isa::HwConfig& hw) {
  ops::Conv2d op;
  op.n = rng.chance(0.3) ? rng.uniform(1, 2 * hw.batch + 1) : 1;
  op.c = random_channels(rng, hw.block_in);
  op.o = random_channels(rng, hw.block_out);
  if (rng.chance(0.3)) {  // a dense layer
    op.h = op.kernel_h = rng.uniform(1, 3);
    op.w = op.kernel_w = rng.uniform(1, 3);
  } else {
    op.h = rng.uniform(1, 9);
    op.w = rng.uniform(1, 9);
    op.kernel_h = rng.uniform(1, std::min<int64_t>(op.h, 4));
    op.kernel_w = rng.uniform(1, std::min<int64_t>(op.w, 4));
    if (rng.chance(0.2)) {
      const auto most = [](int64_t size, int64_t kernel) {
        return kernel == 1 ? 3 : std::max<int64_t>(1, (size - 1) / (kernel - 1));
      };
      op.dilation_h = rng.uniform(1, std::min<int64_t>(3, most(op.h, op.kernel_h)));
      op.dilation_w = rng.uniform(1, std::min<int64_t>(3, most(op.w, op.kernel_w)));
    }
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
  if (rng.chance(0.3)) {
    if (rng.chance(0.5)) {  // depthwise
      op.groups = op.c;
      op.o = op.c * (rng.chance(0.8) ? 1 : 2);
    } else {
      op.groups = rng.uniform(2, 4);
      op.c = op.groups * (rng.chance(0.3) ? hw.block_in : rng.uniform(1, 5));
      op.o = op.groups * (rng.chance(0.3) ? hw.block_out : rng.uniform(1, 5));
    }
  }
  op.requantize = random_requantize(rng);
  op.bias_bits = rng.chance(0.7) ? 16 : 32;
  if (hw.requant_lanes() > 0 && rng.chance(0.5)) {
    op.per_channel = rng.chance(0.5) ? ops::Rounding::kSingle : ops::Rounding::kTflite;
    if (rng.chance(0.7)) op.pad_value = static_cast<int>(rng.uniform(-128, 127));
  }
  return op;
}

ops::Operator random_other(Rng& rng, const isa::HwConfig& hw) {
  const int64_t n = rng.uniform(1, hw.batch + 1), c = random_channels(rng, hw.block_out), h = rng.uniform(1, 11),
                w = rng.uniform(1, 11);
  const ops::Rounding rounding = rng.chance(0.5) ? ops::Rounding::kSingle : ops::Rounding::kTflite;
  switch (rng.uniform(0, hw.requant_lanes() > 0 ? 4 : 2)) {
    case 3: {
      ops::Add op;
      op.n = n, op.c = c, op.h = h, op.w = w;
      op.rescaled = rounding;
      return op;
    }
    case 4: {
      ops::AveragePool op;
      op.n = n, op.c = c, op.h = h, op.w = w;
      op.kernel_h = rng.uniform(1, h), op.kernel_w = rng.uniform(1, w);
      op.stride_h = rng.uniform(1, 3), op.stride_w = rng.uniform(1, 3);
      if (rng.chance(0.3)) op.pad_top = 1, op.pad_right = 2, op.pad_value = static_cast<int>(rng.uniform(-128, 127));
      op.rounding = rounding;
      return op;
    }
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
        op.pad_top = rng.uniform(0, op.kernel_h - 1);
        op.pad_left = rng.uniform(0, op.kernel_w - 1);
        op.pad_bottom = rng.uniform(0, op.kernel_h - 1);
        op.pad_right = rng.uniform(0, op.kernel_w - 1);
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

namespace {

/// What the accelerator is given for an operator's parameter: the host's work done.
Result<Tensor> lowered_operand(const ops::Operator& op, const ops::Lowered& lowered, const std::string& name,
                               const Tensor& logical) {
  if (name == "weight") return ops::lower_weight(op, lowered, logical);
  if (name != "x" || !lowered.expansion) return logical;
  std::map<std::string, Tensor> operands = {{"x", logical}};
  TANDEM_TRY(loop::interpret_logical(ops::define(*lowered.expansion), operands));
  return std::move(operands.at("y"));
}

std::string difference(Rng& rng, const ops::Operator& definition_op, const ops::Lowered& lowered,
                       const isa::HwConfig& hw, const ops::KnobValues& values) {
  const ops::Operator& op = lowered.op;
  const auto scheduled = ops::schedule_for_accel(op, hw, values);
  if (!scheduled.ok()) return render(scheduled.error());
  const loop::Kernel definition = ops::define(definition_op);

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
    logical[name] = random_operand(rng, definition.params[i]);
    const auto operand = lowered_operand(definition_op, lowered, name, logical[name]);
    if (!operand.ok()) return render(operand.error());
    const Tensor data = loop::pack(packed.layout, *operand);
    if (ops::is_constant(name)) {
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

}  // namespace

OperatorOutcome try_operator(Rng& rng, const ops::Operator& op, const isa::HwConfig& hw, bool tuned) {
  const ops::Lowered lowered = ops::lower(op, hw);
  const auto defaults = ops::default_knobs(lowered.op, hw);
  if (!defaults.ok()) return {render(defaults.error()), ""};
  return {"", difference(rng, op, lowered, hw, tuned ? random_knobs(rng, lowered.op, hw, *defaults) : *defaults)};
}

}  // namespace tandem
