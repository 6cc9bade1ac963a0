#include "compiler/ops/lowering.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "compiler/ops/depthwise_plan.h"
#include "compiler/ops/template.h"
#include "support/check.h"

namespace tandem::ops {
namespace {

/// One axis of a convolution whose first `fold` taps of every window become channels: what the host makes of the input
/// along it, and what is left to convolve. Taps r = outer * fold + inner lie outer * (fold * dilation) + inner *
/// dilation from the window's start, and windows `stride` apart: all multiples of their greatest common divisor.
struct FoldedAxis {
  int64_t kernel = 1, stride = 1, dilation = 1;            // of the convolution that is left
  int64_t host_stride = 1, pad_before = 0, pad_after = 0;  // of the host's window of `fold` taps
};

FoldedAxis fold_axis(int64_t size, int64_t kernel, int64_t stride, int64_t dilation, int64_t pad, int64_t outputs,
                     int64_t fold) {
  FoldedAxis axis;
  axis.kernel = (kernel + fold - 1) / fold;
  axis.host_stride = axis.kernel == 1 ? stride : std::gcd(stride, fold * dilation);
  axis.stride = stride / axis.host_stride;
  axis.dilation = axis.kernel == 1 ? 1 : fold * dilation / axis.host_stride;
  axis.pad_before = pad;
  const int64_t windows = (outputs - 1) * axis.stride + (axis.kernel - 1) * axis.dilation + 1;
  const int64_t reach = (windows - 1) * axis.host_stride + (fold - 1) * dilation + 1;
  axis.pad_after = std::max<int64_t>(0, reach - size - pad);
  return axis;
}

struct Folded {
  Im2col expansion;
  Conv2d conv;
};

Folded fold(const Conv2d& op, int64_t fold_h, int64_t fold_w) {
  const FoldedAxis h = fold_axis(op.h, op.kernel_h, op.stride_h, op.dilation_h, op.pad_top, op.out_h(), fold_h);
  const FoldedAxis w = fold_axis(op.w, op.kernel_w, op.stride_w, op.dilation_w, op.pad_left, op.out_w(), fold_w);
  Folded folded;
  Im2col& x = folded.expansion;
  x.n = op.n;
  x.c = op.c;
  x.h = op.h;
  x.w = op.w;
  x.kernel_h = fold_h;
  x.kernel_w = fold_w;
  x.stride_h = h.host_stride;
  x.stride_w = w.host_stride;
  x.pad_top = h.pad_before;
  x.pad_left = w.pad_before;
  x.pad_bottom = h.pad_after;
  x.pad_right = w.pad_after;
  x.dilation_h = op.dilation_h;
  x.dilation_w = op.dilation_w;
  x.pad_value = op.pad_value;
  Conv2d& conv = folded.conv = op;
  conv.c = op.c * fold_h * fold_w;
  conv.h = x.out_h();
  conv.w = x.out_w();
  conv.kernel_h = h.kernel;
  conv.kernel_w = w.kernel;
  conv.stride_h = h.stride;
  conv.stride_w = w.stride;
  conv.dilation_h = h.dilation;
  conv.dilation_w = w.dilation;
  conv.pad_top = conv.pad_left = conv.pad_bottom = conv.pad_right = 0;
  conv.pad_value = 0;
  TANDEM_CHECK(conv.out_h() == op.out_h() && conv.out_w() == op.out_w(), "folding keeps the output's size");
  return folded;
}

int64_t expanded_bytes(const Im2col& x) { return x.n * x.c * x.kernel_h * x.kernel_w * x.out_h() * x.out_w(); }

/// The folding of the lowest roofline, then of the least traffic; none where it gains less than a tenth.
std::optional<Folded> best_folding(const Conv2d& op, const isa::HwConfig& hardware) {
  if (op.groups > 1 || op.c >= hardware.block_in || op.kernel_h * op.kernel_w == 1) return std::nullopt;
  std::optional<Folded> best;
  int64_t least = roofline_cycles(op, hardware) * 9 / 10, least_bytes = 0;
  for (int64_t fold_h = 1; fold_h <= op.kernel_h; ++fold_h) {
    for (int64_t fold_w = 1; fold_w <= op.kernel_w; ++fold_w) {
      if (fold_h * fold_w == 1) continue;
      const Folded folded = fold(op, fold_h, fold_w);
      const int64_t cycles = roofline_cycles(folded.conv, hardware), bytes = expanded_bytes(folded.expansion);
      if (cycles > least || (best && cycles == least && bytes >= least_bytes)) continue;
      best = folded;
      least = cycles;
      least_bytes = bytes;
    }
  }
  return best;
}

/// The least number of neighbouring groups whose channels together make whole blocks; all where none does.
int64_t groups_in_a_block(const Conv2d& op, const isa::HwConfig& hardware) {
  for (int64_t count = 1; count < op.groups; ++count) {
    if (op.groups % count == 0 && count * op.group_c() % hardware.block_in == 0 &&
        count * op.group_o() % hardware.block_out == 0) {
      return count;
    }
  }
  return op.groups;
}

/// A pool as a convolution whose windows have one weight.
Conv2d as_convolution(const AveragePool& pool) {
  Conv2d conv;
  conv.n = pool.n;
  conv.c = conv.o = conv.groups = pool.c;
  conv.h = pool.h;
  conv.w = pool.w;
  conv.kernel_h = pool.kernel_h;
  conv.kernel_w = pool.kernel_w;
  conv.stride_h = pool.stride_h;
  conv.stride_w = pool.stride_w;
  conv.pad_top = pool.pad_top;
  conv.pad_left = pool.pad_left;
  conv.pad_bottom = pool.pad_bottom;
  conv.pad_right = pool.pad_right;
  conv.pad_value = pool.pad_value;
  conv.per_channel = pool.rounding;
  return conv;
}

template <typename Window>
bool has_pads(const Window& op) {
  return op.pad_top + op.pad_left + op.pad_bottom + op.pad_right > 0;
}

/// The input with its pads, made by the host.
template <typename Window>
Im2col take_pads(Window& op) {
  Im2col x;
  x.n = op.n;
  x.c = op.c;
  x.h = op.h;
  x.w = op.w;
  x.pad_top = op.pad_top;
  x.pad_left = op.pad_left;
  x.pad_bottom = op.pad_bottom;
  x.pad_right = op.pad_right;
  x.pad_value = op.pad_value;
  op.h = x.out_h();
  op.w = x.out_w();
  op.pad_top = op.pad_left = op.pad_bottom = op.pad_right = op.pad_value = 0;
  return x;
}

void because(Lowered& lowered, const std::string& reason) {
  lowered.reason += (lowered.reason.empty() ? "" : "; ") + reason;
}

template <typename Window>
void lower_pads(Window& op, const isa::HwConfig& hardware, Lowered& lowered) {
  if (!has_pads(op) || op.pad_value == 0 || hardware.extended_alu != 0) return;
  because(lowered,
          fmt::format("the host writes pads of {}, which the hardware cannot: it lacks 'extended_alu'", op.pad_value));
  lowered.expansion = take_pads(op);
}

Lowered lower_conv2d(Conv2d op, const isa::HwConfig& hardware, Lowered lowered) {
  if (op.per_channel && hardware.requant_lanes() == 0) return lowered;  // nothing makes the accelerator take it
  if (op.kernel_h == 1) op.dilation_h = 1;
  if (op.kernel_w == 1) op.dilation_w = 1;
  if (const std::optional<Folded> folded = best_folding(op, hardware)) {
    because(lowered, fmt::format("{} channels are less than a block of {}: the host makes {} of them", op.c,
                                 hardware.block_in, folded->conv.c));
    return {folded->conv, folded->expansion, lowered.reason};
  }
  lower_pads(op, hardware, lowered);
  const Conv2d widened = widen_for_depthwise(op, hardware);
  if (runs_depthwise(widened, hardware)) {
    if (widened.kernel_w != op.kernel_w) {
      because(lowered, fmt::format("{} columns of zero weights fill steps of {} taps", widened.kernel_w - op.kernel_w,
                                   hardware.depthwise_width()));
    }
    op = widened;
  } else {
    const int64_t merged = groups_in_a_block(op, hardware);
    if (merged > 1) {
      because(lowered, fmt::format("{} groups of {} -> {} channels are computed together, with zero weights between "
                                   "them, as blocks have {} -> {} lanes",
                                   merged, op.group_c(), op.group_o(), hardware.block_in, hardware.block_out));
      op.groups /= merged;
    }
  }
  lowered.op = op;
  return lowered;
}

}  // namespace

Lowered lower(const Operator& op, const isa::HwConfig& hardware) {
  Lowered lowered{op, std::nullopt, ""};
  if (const auto* conv = std::get_if<Conv2d>(&op)) return lower_conv2d(*conv, hardware, lowered);
  const auto* pool = std::get_if<AveragePool>(&op);
  if (pool == nullptr) return lowered;
  if (!runs_depthwise(*pool, hardware)) {
    because(lowered, "a sum is a convolution, as the hardware has no depthwise MAC of one tap");
    return lower_conv2d(as_convolution(*pool), hardware, lowered);
  }
  AveragePool padded = *pool;
  lower_pads(padded, hardware, lowered);
  lowered.op = padded;
  return lowered;
}

Tensor lower_weight(const Operator& op, const Lowered& lowered, const Tensor& weight) {
  const auto* to = std::get_if<Conv2d>(&lowered.op);
  if (to == nullptr) return weight;
  const auto* pool = std::get_if<AveragePool>(&op);
  const Conv2d from = pool != nullptr ? as_convolution(*pool) : std::get<Conv2d>(op);
  // Channels of the folded convolution are windows of the host's, rows, columns, then channels.
  const int64_t fold_h = lowered.expansion ? lowered.expansion->kernel_h : 1;
  const int64_t fold_w = lowered.expansion ? lowered.expansion->kernel_w : 1;
  const int64_t groups_together = from.groups / to->groups;
  // Dilated columns lie among columns of zeros where the kernel was widened.
  const int64_t step = !lowered.expansion && to->dilation_w < from.dilation_w ? from.dilation_w : 1;
  Tensor result(DType::kI8, *constant_shapes(*to).weight);
  for (int64_t o = 0; o < from.o; ++o) {
    const int64_t place = o / from.group_o() % groups_together * from.group_c();  // of the group among those together
    for (int64_t c = 0; c < from.group_c(); ++c) {
      for (int64_t r = 0; r < from.kernel_h; ++r) {
        for (int64_t s = 0; s < from.kernel_w; ++s) {
          const int64_t at = pool != nullptr ? o : ((o * from.group_c() + c) * from.kernel_h + r) * from.kernel_w + s;
          const int64_t channel = (r % fold_h * fold_w + s % fold_w) * from.group_c() + place + c;
          const int64_t target =
              ((o * to->group_c() + channel) * to->kernel_h + r / fold_h) * to->kernel_w + s / fold_w * step;
          result.as<int8_t>()[target] = weight.as<int8_t>()[at];
        }
      }
    }
  }
  return result;
}

}  // namespace tandem::ops
