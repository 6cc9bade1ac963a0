#include "compiler/ops/sample.h"

#include <algorithm>
#include <cmath>

#include "compiler/loop/interpreter.h"
#include "support/check.h"

namespace tandem::ops {
namespace {

constexpr int64_t kMostWeight = 8;  // so that few results of a shift saturate

/// Parameters of `count` channels whose sums have the standard deviation `spread`.
Tensor sample_channels(int64_t count, double spread, Rng& rng) {
  std::vector<ChannelParameters> channels;
  for (int64_t i = 0; i < count; ++i) {
    ChannelParameters channel = *channel_scale(50 / spread * static_cast<double>(rng.uniform(50, 150)) / 100);
    const auto bias = static_cast<int64_t>(spread);
    channel.bias = static_cast<int32_t>(rng.uniform(-bias, bias));
    channel.zero_point = static_cast<int>(rng.uniform(-30, 30));
    channel.low = static_cast<int>(rng.uniform(-128, channel.zero_point));
    channels.push_back(channel);
  }
  return pack_parameters(channels);
}

/// Of a sum of `terms` products of activations and weights, both uniform.
double spread_of(int64_t terms) {
  return std::sqrt(static_cast<double>(terms)) * 127 / std::sqrt(3.0) * kMostWeight / std::sqrt(3.0);
}

}  // namespace

Tensor sample(const Operator& op, const loop::Param& param, Rng& rng) {
  const auto* conv = std::get_if<Conv2d>(&op);
  if (param.buffer->name == "channels") {
    const auto* pool = std::get_if<AveragePool>(&op);
    const int64_t terms = conv != nullptr   ? conv->group_c() * conv->kernel_h * conv->kernel_w
                          : pool != nullptr ? pool->kernel_h * pool->kernel_w
                                            : 1;
    Tensor channels = sample_channels(element_count(param.buffer->shape) / 4, spread_of(terms), rng);
    channels.shape = param.buffer->shape;
    return channels;
  }
  Tensor tensor(loop::tensor_type(param.buffer->type), param.buffer->shape);
  const int64_t most = param.buffer->name == "weight" ? kMostWeight : 127;
  int64_t most_bias = 2000;
  if (conv != nullptr) most_bias = std::min(most_bias, (int64_t{1} << (conv->bias_bits - 1)) - 1);
  for (int64_t i = 0; i < tensor.size(); ++i) {
    if (tensor.type == DType::kI8) {
      tensor.as<int8_t>()[i] = static_cast<int8_t>(rng.uniform(-most, most));
    } else {
      TANDEM_CHECK(tensor.type == DType::kI32, "operands are i8 or i32");
      tensor.as<int32_t>()[i] = static_cast<int32_t>(rng.uniform(-most_bias, most_bias));
    }
  }
  return tensor;
}

}  // namespace tandem::ops
