// The fields of every operator by name: the one list behind whatever writes operators down and reads them back.
#pragma once

#include <array>
#include <type_traits>

#include "compiler/ops/operator.h"

namespace tandem::ops {

namespace fields {

template <typename Op, typename Field>
void of_shape(Op& op, Field& field) {
  field("n", op.n);
  field("c", op.c);
  field("h", op.h);
  field("w", op.w);
}
template <typename Window, typename Field>
void of_window(Window& op, Field& field) {
  field("kernel_h", op.kernel_h);
  field("kernel_w", op.kernel_w);
  field("stride_h", op.stride_h);
  field("stride_w", op.stride_w);
  field("pad_top", op.pad_top);
  field("pad_left", op.pad_left);
  field("pad_bottom", op.pad_bottom);
  field("pad_right", op.pad_right);
}
template <typename Window, typename Field>
void of_dilation(Window& op, Field& field) {
  field("dilation_h", op.dilation_h);
  field("dilation_w", op.dilation_w);
}
template <typename Op, typename Field>
void of_requantize(Op& op, Field& field) {
  field("shift", op.requantize.shift);
  field("low", op.requantize.low);
  field("high", op.requantize.high);
}

}  // namespace fields

/// Calls `field(name, member)` for every field: members are integers, rounding rules, or optional ones.
template <typename Op, typename Field>
void for_each_field(Op& op, Field field) {
  using Plain = std::remove_const_t<Op>;
  fields::of_shape(op, field);
  if constexpr (std::is_same_v<Plain, Conv2d>) {
    field("o", op.o);
    fields::of_window(op, field);
    fields::of_requantize(op, field);
    field("bias_bits", op.bias_bits);
    field("per_channel", op.per_channel);
    field("pad_value", op.pad_value);
    field("groups", op.groups);
    fields::of_dilation(op, field);
  } else if constexpr (std::is_same_v<Plain, MaxPool>) {
    fields::of_window(op, field);
  } else if constexpr (std::is_same_v<Plain, Add>) {
    field("left_shift_a", op.left_shift_a);
    field("left_shift_b", op.left_shift_b);
    fields::of_requantize(op, field);
    field("rescaled", op.rescaled);
  } else if constexpr (std::is_same_v<Plain, AveragePool>) {
    fields::of_window(op, field);
    field("rounding", op.rounding);
    field("pad_value", op.pad_value);
  } else if constexpr (std::is_same_v<Plain, Clip>) {
    field("low", op.low);
    field("high", op.high);
  } else {
    static_assert(std::is_same_v<Plain, Im2col>);
    fields::of_window(op, field);
    fields::of_dilation(op, field);
    field("pad_value", op.pad_value);
  }
}

/// An operator of each kind, and what each is called, in the order of the variant.
inline const std::array<Operator, std::variant_size_v<Operator>>& prototypes() {
  static const std::array<Operator, std::variant_size_v<Operator>> kPrototypes = {Conv2d{}, MaxPool{}, Add{},
                                                                                  Clip{},   Im2col{},  AveragePool{}};
  return kPrototypes;
}
inline const char* kind_of(const Operator& op) {
  static constexpr std::array<const char*, std::variant_size_v<Operator>> kKinds = {
      "conv2d", "max_pool", "add", "clip", "im2col", "average_pool"};
  return kKinds[op.index()];
}

}  // namespace tandem::ops
