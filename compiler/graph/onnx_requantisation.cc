// How the importer folds scales and zero points into the integers of a layer: shifts, or multipliers.
#include <fmt/format.h>

#include <algorithm>

#include "compiler/graph/onnx_importer.h"

namespace tandem::graph {
namespace {

constexpr int kMaxShift = 31;
constexpr int kMaxLeftShift = 22;  // of ops::Add, and of what is before a multiplication

/// A real bound as an integer: halves to even, as QuantizeLinear has it, or away from zero, as TFLite's
/// CalculateActivationRange. Infinite bounds are those of int8.
int bound(double real, const Quantisation& to, Arithmetic arithmetic) {
  const double exact = real / to.scale(0);
  const double integer = arithmetic == Arithmetic::kShifts ? std::nearbyint(exact) : std::round(exact);
  return static_cast<int>(std::clamp(integer + to.zero_point, -128.0, 127.0));
}

}  // namespace

void OnnxImporter::requantize(OnnxMeaning& sum, const Quantisation& to) {
  ops::ChannelParameters result;
  result.zero_point = to.zero_point;
  result.low = bound(sum.low, to, arithmetic_);
  result.high = bound(sum.high, to, arithmetic_);
  Layer& layer = sum.layer;
  if (auto* pool = std::get_if<ops::AveragePool>(&layer.op)) return divide(layer, *pool, sum, result, to);
  auto* conv = std::get_if<ops::Conv2d>(&layer.op);
  if (arithmetic_ == Arithmetic::kMultipliers) {
    if (conv != nullptr) return multiply(layer, *conv, sum, result, to);
    return multiply(layer, std::get<ops::Add>(layer.op), sum, result, to);
  }
  shift(sum, to.exponent().value_or(0));
  ops::Requantize& requantize = conv != nullptr ? conv->requantize : std::get<ops::Add>(layer.op).requantize;
  requantize.low = result.low;
  requantize.high = result.high;
}

/// From the accumulator's scale to 2^to. The operands of an addition are brought to the finer of their scales first.
void OnnxImporter::shift(OnnxMeaning& sum, int to) {
  const auto exponent = [&](size_t operand) { return sum.operands[operand].exponent().value_or(0); };
  int from = 0;
  ops::Requantize* requantize = nullptr;
  if (auto* conv = std::get_if<ops::Conv2d>(&sum.layer.op)) {
    from = exponent(0) + sum.weight.exponent().value_or(0);
    requantize = &conv->requantize;
  } else {
    auto& add = std::get<ops::Add>(sum.layer.op);
    from = std::min(exponent(0), exponent(1));
    add.left_shift_a = exponent(0) - from;
    add.left_shift_b = exponent(1) - from;
    requantize = &add.requantize;
    if (std::max(add.left_shift_a, add.left_shift_b) > kMaxLeftShift) {
      return reason(fmt::format("its inputs' scales are 2^{} and 2^{}; a ratio of up to 2^{} is supported", exponent(0),
                                exponent(1), kMaxLeftShift));
    }
  }
  requantize->shift = to - from;
  if (requantize->shift < -kMaxShift || requantize->shift > kMaxShift) {
    reason(fmt::format("its result must be shifted by {}; shifts from -{} to {} are supported", requantize->shift,
                       kMaxShift, kMaxShift));
  }
}

ops::ChannelParameters OnnxImporter::scaled(double scale) {
  const Result<ops::ChannelParameters> parameters = ops::channel_scale(scale);
  if (parameters.ok()) return *parameters;
  reason(parameters.error().what);
  return {};
}

/// sum x*w + (bias - zero point * sum w), times input scale * weight scale / output scale (TFLite's
/// PopulateConvolutionQuantizationParams).
void OnnxImporter::multiply(Layer& layer, ops::Conv2d& op, const OnnxMeaning& sum, const ops::ChannelParameters& result,
                            const Quantisation& to) {
  const Quantisation& x = sum.operands[0];
  const int64_t weights = layer.weight.size() / op.o;
  if (sum.weight.scales.size() > 1 && static_cast<int64_t>(sum.weight.scales.size()) != op.o) {
    return reason(fmt::format("its weight has {} scales for {} output channels", sum.weight.scales.size(), op.o));
  }
  std::vector<ops::ChannelParameters> channels;
  for (int64_t o = 0; o < op.o; ++o) {
    ops::ChannelParameters channel = scaled(x.scale(0) * sum.weight.scale(o) / to.scale(0));
    const int8_t* row = layer.weight.as<int8_t>() + o * weights;
    int64_t total = 0;
    for (int64_t i = 0; i < weights; ++i) total += row[i];
    // (sums wrap)
    channel.bias = static_cast<int32_t>(static_cast<uint32_t>(layer.bias.as<int32_t>()[o] - x.zero_point * total));
    channel.zero_point = result.zero_point;
    channel.low = result.low;
    channel.high = result.high;
    channels.push_back(channel);
  }
  op.per_channel = rounding_;
  op.bias_bits = ops::Conv2d{}.bias_bits;
  layer.bias = ops::pack_parameters(channels);
}

/// Each operand, less its zero point and moved to the left by 20, times its scale by twice the larger one; then their
/// sum times what is left (TFLite's PrepareGeneralAdd).
void OnnxImporter::multiply(Layer& layer, ops::Add& op, const OnnxMeaning& sum, const ops::ChannelParameters& result,
                            const Quantisation& to) {
  constexpr int kLeft = 20;
  const double twice = 2 * std::max(sum.operands[0].scale(0), sum.operands[1].scale(0));
  std::vector<ops::ChannelParameters> rows;
  for (const Quantisation& operand : sum.operands) {
    ops::ChannelParameters row = scaled(operand.scale(0) / twice);
    row.bias = -operand.zero_point;
    row.left += kLeft;
    rows.push_back(row);
  }
  ops::ChannelParameters last = scaled(twice / (std::ldexp(1.0, kLeft) * to.scale(0)));
  last.zero_point = result.zero_point;
  last.low = result.low;
  last.high = result.high;
  rows.push_back(last);
  std::vector<ops::ChannelParameters> channels;
  for (const ops::ChannelParameters& row : rows) channels.insert(channels.end(), static_cast<size_t>(op.c), row);
  op.rescaled = rounding_;
  layer.bias = ops::pack_parameters(channels);
  layer.bias.shape = {static_cast<int64_t>(rows.size()), op.c, 4};
}

/// The sum over the window's elements, moved to the left as far as int32 allows, so that the rounding of the product
/// cannot turn that of the quotient. Where input and output stand for the same, the integers themselves are averaged,
/// zero points included, and halves go away from zero under either rule: TFLite's AveragePool.
void OnnxImporter::divide(Layer& layer, ops::AveragePool& op, const OnnxMeaning& sum,
                          const ops::ChannelParameters& result, const Quantisation& to) {
  const Quantisation& x = sum.operands[0];
  const bool same = x == to;
  const auto elements = static_cast<double>(op.kernel_h * op.kernel_w);
  ops::ChannelParameters channel = scaled((same ? 1.0 : x.scale(0) / to.scale(0)) / elements);
  int left = 0;
  while (left < kMaxLeftShift - 7 && std::ldexp(256 * elements, left + 1) < 2147483648.0 &&
         channel.right + left < kMaxShift && channel.left + left < kMaxShift) {
    ++left;
  }
  channel.left += left;
  channel.right += left;
  channel.bias = same ? 0 : static_cast<int32_t>(-x.zero_point * op.kernel_h * op.kernel_w);
  channel.zero_point = same ? 0 : result.zero_point;
  channel.low = result.low;
  channel.high = result.high;
  op.rounding = ops::Rounding::kTflite;
  layer.bias = ops::pack_parameters(std::vector<ops::ChannelParameters>(static_cast<size_t>(op.c), channel));
}

}  // namespace tandem::graph
