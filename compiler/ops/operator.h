// The operators that the graph knows, as plain values with their integer meaning fixed: sizes, strides, pads,
// requantisation.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "compiler/loop/ir.h"
#include "support/result.h"

namespace tandem::ops {

/// Round-half-up shift of the 64-bit value, then clamp to [low, high] and narrow to int8: the rule `single` with a
/// power-of-two scale. shift < 0 multiplies by 2^-shift (in 64 bits, so that the clamp saturates).
struct Requantize {
  int shift = 0;
  int low = -128;
  int high = 127;
};

/// The rounding rules of a multiplying requantisation: one shift of the 64-bit product, halves upwards; or TFLite's.
enum class Rounding { kSingle, kTflite };
/// "single", "tflite".
const char* name(Rounding rounding);

/// What requantisation does to one output channel: y = clamp(r + zero_point, low, high), where r is sum + bias times
/// multiplier * 2^(left - right - 31), rounded by the rule (isa.yaml: requantize_single, requantize_tflite).
struct ChannelParameters {
  int32_t bias = 0;
  int32_t multiplier = 0;   // at least 0
  int left = 0, right = 0;  // 0 to 31
  int zero_point = 0, low = -128, high = 127;
};
/// multiplier, left and right such that their product is the nearest to `scale`, as TFLite's QuantizeMultiplier chooses
/// them; an error where `scale` is no number from 0 to 2^31.
Result<ChannelParameters> channel_scale(double scale);
/// i32 [o, 4], the operand of the kernel: bias; multiplier; left, right; zero point, low, high; from the low byte up.
Tensor pack_parameters(const std::vector<ChannelParameters>& channels);
/// Clamps the bounds in packed parameters to [low, high].
void narrow_parameters(Tensor& packed, int low, int high);

/// y[n,o,p,q] = requantize(bias[o] + sum x[n,g(o)*C+c,p*stride_h-pad_top+r*dilation_h,q*stride_w-pad_left+s*dilation_w]
/// * w[o,c,r,s]); int8 in, int32 sum; C = c / groups input channels make a group, and g(o) = o / (o / groups) is that
/// of an output channel. Parameters of its kernel: x i8[n,c,h,w], weight i8[o,C,kernel_h,kernel_w], bias i32[o], y
/// i8[n,o,out_h,out_w]; with `per_channel`, channels i32[o,4] (`pack_parameters`) in the place of bias. A dense layer
/// is the convolution whose kernel covers its input.
struct Conv2d {
  int64_t n = 1, c = 1, h = 1, w = 1, o = 1, kernel_h = 1, kernel_w = 1;
  int64_t stride_h = 1, stride_w = 1;
  int64_t pad_top = 0, pad_left = 0, pad_bottom = 0, pad_right = 0;
  Requantize requantize;
  /// What is known of the constant: every bias lies in [-2^(bias_bits-1), 2^(bias_bits-1)). Where that proves that
  /// rounding cannot leave int32, the accelerator adds the rounding half together with the bias; 32 (nothing known) is
  /// always right and a little slower.
  int bias_bits = 32;
  /// Where set, each output channel is requantised by parameters of its own, and `requantize` and `bias_bits` are of no
  /// effect.
  std::optional<Rounding> per_channel = {};
  int pad_value = 0;  // the input's zero point
  int64_t groups = 1, dilation_h = 1, dilation_w = 1;
  int64_t group_c() const { return c / groups; }
  int64_t group_o() const { return o / groups; }
  /// Rows and columns that a window spans.
  int64_t span_h() const { return (kernel_h - 1) * dilation_h + 1; }
  int64_t span_w() const { return (kernel_w - 1) * dilation_w + 1; }
  int64_t out_h() const { return (h + pad_top + pad_bottom - span_h()) / stride_h + 1; }
  int64_t out_w() const { return (w + pad_left + pad_right - span_w()) / stride_w + 1; }
};

/// The least `bias_bits` that holds for an i32 tensor.
int bias_bits(const Tensor& bias);

/// Pads never win, and are smaller than the kernel, so that no window is of pads alone. Parameters: x i8[n,c,h,w], y
/// i8[n,c,out_h,out_w].
struct MaxPool {
  int64_t n = 1, c = 1, h = 1, w = 1, kernel_h = 2, kernel_w = 2, stride_h = 2, stride_w = 2;
  int64_t pad_top = 0, pad_left = 0, pad_bottom = 0, pad_right = 0;
  int64_t out_h() const { return (h + pad_top + pad_bottom - kernel_h) / stride_h + 1; }
  int64_t out_w() const { return (w + pad_left + pad_right - kernel_w) / stride_w + 1; }
};

/// y[n,c,p,q] = requantisation per channel of weight[c] * sum x[n,c,p*stride_h-pad_top+r,q*stride_w-pad_left+s], pads
/// being `pad_value`; the average where the weights are 1 and the multipliers say what to divide by. Parameters: x
/// i8[n,c,h,w], weight i8[c], channels i32[c,4], y i8[n,c,out_h,out_w].
struct AveragePool {
  int64_t n = 1, c = 1, h = 1, w = 1, kernel_h = 2, kernel_w = 2, stride_h = 2, stride_w = 2;
  int64_t pad_top = 0, pad_left = 0, pad_bottom = 0, pad_right = 0;
  Rounding rounding = Rounding::kTflite;
  int pad_value = 0;
  int64_t out_h() const { return (h + pad_top + pad_bottom - kernel_h) / stride_h + 1; }
  int64_t out_w() const { return (w + pad_left + pad_right - kernel_w) / stride_w + 1; }
};

/// y = requantize((a << left_shift_a) + (b << left_shift_b)), left shifts from 0 to 22; or, with `rescaled`, each
/// operand and then the sum by parameters of its own: y = requantisation 2 of (scaled 0 of a + scaled 1 of b), where
/// scaled is the requantisation before zero point and clamp. Parameters: a, b i8[n,c,h,w], with `rescaled` channels
/// i32[3,c,4], y i8[n,c,h,w].
struct Add {
  int64_t n = 1, c = 1, h = 1, w = 1;
  int left_shift_a = 0, left_shift_b = 0;
  Requantize requantize;
  std::optional<Rounding> rescaled = {};  // where set, shifts and `requantize` are of no effect
};

/// y = clamp(x, low, high). Parameters: x, y i8[n,c,h,w].
struct Clip {
  int64_t n = 1, c = 1, h = 1, w = 1;
  int low = -128, high = 127;
};

/// Windows become channels: y[n,(r*kernel_w+s)*c+i,p,q] =
/// x[n,i,p*stride_h-pad_top+r*dilation_h,q*stride_w-pad_left+s*dilation_w], pads being `pad_value`. The host's work
/// before a layer with few channels (`lower`). Parameters: x i8[n,c,h,w], y i8[n,c*kernel_h*kernel_w,out_h,out_w].
struct Im2col {
  int64_t n = 1, c = 1, h = 1, w = 1, kernel_h = 1, kernel_w = 1;
  int64_t stride_h = 1, stride_w = 1;
  int64_t pad_top = 0, pad_left = 0, pad_bottom = 0, pad_right = 0;
  int64_t dilation_h = 1, dilation_w = 1;
  int pad_value = 0;
  int64_t span_h() const { return (kernel_h - 1) * dilation_h + 1; }
  int64_t span_w() const { return (kernel_w - 1) * dilation_w + 1; }
  int64_t out_h() const { return (h + pad_top + pad_bottom - span_h()) / stride_h + 1; }
  int64_t out_w() const { return (w + pad_left + pad_right - span_w()) / stride_w + 1; }
};

using Operator = std::variant<Conv2d, MaxPool, Add, Clip, Im2col, AveragePool>;

/// An operator that has no meaning (an empty output, a clamp without values, ...), with its rule.
Result<void> check(const Operator& op);

/// "conv2d 1x16x8x8 -> 32, 3x3 stride 1x1 pad 1,1,1,1".
std::string to_string(const Operator& op);
/// Text without spaces that names the operator's shape exactly; equal text means equal operator.
std::string key(const Operator& op);
/// Multiply-accumulates of the definition, without padding to blocks; 0 where the operator has none.
int64_t macs(const Operator& op);

/// Whether the parameter of that name holds what a model knows ahead: weights, biases, requantisations.
bool is_constant(const std::string& parameter);
/// Whether an operator has parameters "weight", and "bias" or "channels", and what shape they have.
struct ConstantShapes {
  std::optional<Shape> weight, bias;
};
ConstantShapes constant_shapes(const Operator& op);

/// The definition of an operator that passes `check`: an unscheduled loop nest over logical NCHW tensors. The
/// interpreter and the CPU run exactly this.
loop::Kernel define(const Operator& op);

}  // namespace tandem::ops
