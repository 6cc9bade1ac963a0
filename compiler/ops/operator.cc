#include "compiler/ops/operator.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "support/check.h"

namespace tandem::ops {
namespace {

Diagnostic rule(const Operator& op, const std::string& what, const std::string& hint = "") {
  return Diagnostic{{}, to_string(op) + ": " + what, {}, hint};
}

std::string requantize_text(const Requantize& r) { return fmt::format("q{},{},{}", r.shift, r.low, r.high); }

Result<void> check_clamp(const Operator& op, int low, int high) {
  if (low > high || low < -128 || high > 127) {
    return rule(op, fmt::format("the clamp [{}, {}] must be a non-empty part of [-128, 127]", low, high));
  }
  return {};
}

Result<void> check_pad_value(const Operator& op, int value) {
  if (value >= -128 && value <= 127) return {};
  return rule(op, fmt::format("the pad value {} must lie in [-128, 127]", value));
}

/// Operators with a window share these; it spans so many rows and columns.
template <typename Window>
Result<void> check_window(const Operator& op, const Window& w, int64_t span_h, int64_t span_w) {
  if (std::min({w.n, w.c, w.h, w.w, w.kernel_h, w.kernel_w, w.stride_h, w.stride_w}) < 1) {
    return rule(op, "sizes, kernel and strides must be at least 1");
  }
  if (std::min({w.pad_top, w.pad_left, w.pad_bottom, w.pad_right}) < 0) return rule(op, "pads must not be negative");
  const int64_t padded_h = w.h + w.pad_top + w.pad_bottom, padded_w = w.w + w.pad_left + w.pad_right;
  if (padded_h < span_h || padded_w < span_w) {
    return rule(op, fmt::format("the kernel {}x{} is larger than the padded input {}x{}, so there is no output", span_h,
                                span_w, padded_h, padded_w));
  }
  return {};
}

template <typename Window>
Result<void> check_dilation(const Operator& op, const Window& w) {
  if (std::min(w.dilation_h, w.dilation_w) >= 1) return {};
  return rule(op, "dilations must be at least 1");
}

template <typename Window>
std::string dilation(const Window& o, const char* format) {
  return o.dilation_h == 1 && o.dilation_w == 1 ? "" : fmt::format(fmt::runtime(format), o.dilation_h, o.dilation_w);
}

struct Text {
  std::string operator()(const Conv2d& o) const {
    return fmt::format("conv2d {}x{}x{}x{} -> {}, {}x{} stride {}x{} pad {},{},{},{}", o.n, o.c, o.h, o.w, o.o,
                       o.kernel_h, o.kernel_w, o.stride_h, o.stride_w, o.pad_top, o.pad_left, o.pad_bottom,
                       o.pad_right) +
           dilation(o, " dilation {}x{}") + (o.groups == 1 ? "" : fmt::format(" in {} groups", o.groups));
  }
  std::string operator()(const MaxPool& o) const {
    return fmt::format("max_pool {}x{}x{}x{}, {}x{} stride {}x{} pad {},{},{},{}", o.n, o.c, o.h, o.w, o.kernel_h,
                       o.kernel_w, o.stride_h, o.stride_w, o.pad_top, o.pad_left, o.pad_bottom, o.pad_right);
  }
  std::string operator()(const AveragePool& o) const {
    return fmt::format("average_pool {}x{}x{}x{}, {}x{} stride {}x{} pad {},{},{},{}", o.n, o.c, o.h, o.w, o.kernel_h,
                       o.kernel_w, o.stride_h, o.stride_w, o.pad_top, o.pad_left, o.pad_bottom, o.pad_right);
  }
  std::string operator()(const Add& o) const { return fmt::format("add {}x{}x{}x{}", o.n, o.c, o.h, o.w); }
  std::string operator()(const Clip& o) const {
    return fmt::format("clip {}x{}x{}x{} to [{}, {}]", o.n, o.c, o.h, o.w, o.low, o.high);
  }
  std::string operator()(const Im2col& o) const {
    return fmt::format("im2col {}x{}x{}x{}, {}x{} stride {}x{} pad {},{},{},{}", o.n, o.c, o.h, o.w, o.kernel_h,
                       o.kernel_w, o.stride_h, o.stride_w, o.pad_top, o.pad_left, o.pad_bottom, o.pad_right) +
           dilation(o, " dilation {}x{}");
  }
};

struct Key {
  std::string operator()(const Conv2d& o) const {
    const std::string requantize =
        o.per_channel ? name(*o.per_channel) : fmt::format("{}_b{}", requantize_text(o.requantize), o.bias_bits);
    return fmt::format("conv2d_n{}c{}h{}w{}o{}_k{}x{}_s{}x{}_p{},{},{},{}{}{}{}_{}", o.n, o.c, o.h, o.w, o.o,
                       o.kernel_h, o.kernel_w, o.stride_h, o.stride_w, o.pad_top, o.pad_left, o.pad_bottom, o.pad_right,
                       o.pad_value == 0 ? "" : fmt::format("z{}", o.pad_value), dilation(o, "_d{}x{}"),
                       o.groups == 1 ? "" : fmt::format("_g{}", o.groups), requantize);
  }
  std::string operator()(const MaxPool& o) const {
    return fmt::format("max_pool_n{}c{}h{}w{}_k{}x{}_s{}x{}_p{},{},{},{}", o.n, o.c, o.h, o.w, o.kernel_h, o.kernel_w,
                       o.stride_h, o.stride_w, o.pad_top, o.pad_left, o.pad_bottom, o.pad_right);
  }
  std::string operator()(const Add& o) const {
    if (o.rescaled) return fmt::format("add_n{}c{}h{}w{}_{}", o.n, o.c, o.h, o.w, name(*o.rescaled));
    return fmt::format("add_n{}c{}h{}w{}_l{},{}_{}", o.n, o.c, o.h, o.w, o.left_shift_a, o.left_shift_b,
                       requantize_text(o.requantize));
  }
  std::string operator()(const AveragePool& o) const {
    return fmt::format("average_pool_n{}c{}h{}w{}_k{}x{}_s{}x{}_p{},{},{},{}z{}_{}", o.n, o.c, o.h, o.w, o.kernel_h,
                       o.kernel_w, o.stride_h, o.stride_w, o.pad_top, o.pad_left, o.pad_bottom, o.pad_right,
                       o.pad_value, name(o.rounding));
  }
  std::string operator()(const Clip& o) const {
    return fmt::format("clip_n{}c{}h{}w{}_{},{}", o.n, o.c, o.h, o.w, o.low, o.high);
  }
  std::string operator()(const Im2col& o) const {
    return fmt::format("im2col_n{}c{}h{}w{}_k{}x{}_s{}x{}_p{},{},{},{}z{}", o.n, o.c, o.h, o.w, o.kernel_h, o.kernel_w,
                       o.stride_h, o.stride_w, o.pad_top, o.pad_left, o.pad_bottom, o.pad_right, o.pad_value) +
           dilation(o, "_d{}x{}");
  }
};

}  // namespace

int bias_bits(const Tensor& bias) {
  TANDEM_CHECK(bias.type == DType::kI32, "a bias is i32");
  int64_t most = 0;  // largest magnitude in two's complement: v or -v-1
  for (int64_t i = 0; i < bias.size(); ++i) {
    const int64_t v = bias.as<int32_t>()[i];
    most = std::max(most, v < 0 ? -v - 1 : v);
  }
  int bits = 1;
  while ((int64_t{1} << (bits - 1)) <= most) ++bits;
  return bits;
}

const char* name(Rounding rounding) { return rounding == Rounding::kSingle ? "single" : "tflite"; }

Result<ChannelParameters> channel_scale(double scale) {
  if (!(scale >= 0 && scale < 2147483648.0)) {
    return Diagnostic{{}, fmt::format("no multiplier stands for the scale {}", scale), {}, "scales lie in [0, 2^31)"};
  }
  int exponent = 0;
  auto multiplier = static_cast<int64_t>(std::llround(std::ldexp(std::frexp(scale, &exponent), 31)));
  if (multiplier == int64_t{1} << 31) {
    multiplier /= 2;
    ++exponent;
  }
  ChannelParameters channel;
  if (exponent < -31) return channel;  // nothing is left of any sum
  channel.multiplier = static_cast<int32_t>(multiplier);
  channel.left = std::max(exponent, 0);
  channel.right = std::max(-exponent, 0);
  return channel;
}

Tensor pack_parameters(const std::vector<ChannelParameters>& channels) {
  Tensor packed(DType::kI32, {static_cast<int64_t>(channels.size()), 4});
  int32_t* words = packed.as<int32_t>();
  const auto byte = [](int value, int position) {
    return static_cast<uint32_t>(static_cast<uint8_t>(value)) << (8 * position);
  };
  for (const ChannelParameters& channel : channels) {
    *words++ = channel.bias;
    *words++ = channel.multiplier;
    *words++ = static_cast<int32_t>(byte(channel.left, 0) | byte(channel.right, 1));
    *words++ = static_cast<int32_t>(byte(channel.zero_point, 0) | byte(channel.low, 1) | byte(channel.high, 2));
  }
  return packed;
}

void narrow_parameters(Tensor& packed, int low, int high) {
  constexpr int kWords = 4, kBounds = 3;  // of a channel's parameters; where zero point, low and high are
  int32_t* words = packed.as<int32_t>();
  for (int64_t i = kBounds; i < packed.size(); i += kWords) {
    auto word = static_cast<uint32_t>(words[i]);
    for (const int position : {8, 16}) {
      const int bound = static_cast<int8_t>(word >> position);
      const auto narrowed = static_cast<uint8_t>(std::clamp(bound, low, high));
      word = (word & ~(uint32_t{0xff} << position)) | uint32_t{narrowed} << position;
    }
    words[i] = static_cast<int32_t>(word);
  }
}

Result<void> check(const Operator& op) {
  if (const auto* o = std::get_if<Conv2d>(&op)) {
    TANDEM_TRY(check_dilation(op, *o));
    TANDEM_TRY(check_window(op, *o, o->span_h(), o->span_w()));
    if (o->o < 1) return rule(op, "there must be at least 1 output channel");
    if (o->groups < 1 || o->c % o->groups != 0 || o->o % o->groups != 0) {
      return rule(op, fmt::format("{} groups must divide {} input and {} output channels", o->groups, o->c, o->o));
    }
    TANDEM_TRY(check_pad_value(op, o->pad_value));
    if (o->bias_bits < 1 || o->bias_bits > 32)
      return rule(op, fmt::format("bias_bits {} must lie in [1, 32]", o->bias_bits));
    return check_clamp(op, o->requantize.low, o->requantize.high);
  }
  if (const auto* o = std::get_if<MaxPool>(&op)) {
    TANDEM_TRY(check_window(op, *o, o->kernel_h, o->kernel_w));
    if (std::max(o->pad_top, o->pad_bottom) < o->kernel_h && std::max(o->pad_left, o->pad_right) < o->kernel_w)
      return {};
    return rule(op, fmt::format("pads must be smaller than the kernel {}x{}: a window of pads alone has no maximum",
                                o->kernel_h, o->kernel_w));
  }
  if (const auto* o = std::get_if<AveragePool>(&op)) {
    TANDEM_TRY(check_window(op, *o, o->kernel_h, o->kernel_w));
    return check_pad_value(op, o->pad_value);
  }
  if (const auto* o = std::get_if<Im2col>(&op)) {
    TANDEM_TRY(check_dilation(op, *o));
    TANDEM_TRY(check_window(op, *o, o->span_h(), o->span_w()));
    return check_pad_value(op, o->pad_value);
  }
  if (const auto* o = std::get_if<Add>(&op)) {
    if (std::min({o->n, o->c, o->h, o->w}) < 1) return rule(op, "sizes must be at least 1");
    if (std::min(o->left_shift_a, o->left_shift_b) < 0 || std::max(o->left_shift_a, o->left_shift_b) > 22) {
      return rule(op, fmt::format("left shifts {} and {} must lie in [0, 22]", o->left_shift_a, o->left_shift_b));
    }
    return check_clamp(op, o->requantize.low, o->requantize.high);
  }
  const auto& o = std::get<Clip>(op);
  if (std::min({o.n, o.c, o.h, o.w}) < 1) return rule(op, "sizes must be at least 1");
  return check_clamp(op, o.low, o.high);
}

std::string to_string(const Operator& op) { return std::visit(Text{}, op); }

std::string key(const Operator& op) { return std::visit(Key{}, op); }

int64_t macs(const Operator& op) {
  const auto* o = std::get_if<Conv2d>(&op);
  return o == nullptr ? 0 : o->n * o->o * o->out_h() * o->out_w() * o->group_c() * o->kernel_h * o->kernel_w;
}

bool is_constant(const std::string& parameter) {
  return parameter == "weight" || parameter == "bias" || parameter == "channels";
}

ConstantShapes constant_shapes(const Operator& op) {
  if (const auto* o = std::get_if<Conv2d>(&op)) {
    return {Shape{o->o, o->group_c(), o->kernel_h, o->kernel_w}, o->per_channel ? Shape{o->o, 4} : Shape{o->o}};
  }
  if (const auto* o = std::get_if<AveragePool>(&op)) return {Shape{o->c}, Shape{o->c, 4}};
  const auto* add = std::get_if<Add>(&op);
  if (add != nullptr && add->rescaled) return {std::nullopt, Shape{3, add->c, 4}};
  return {};
}

}  // namespace tandem::ops
