// Host-side packing of parameters, as their layouts say.
#include <cstring>

#include "compiler/loop/ir.h"
#include "support/check.h"

namespace tandem::loop {
namespace {

Shape packed_shape(const Layout& layout) {
  if (layout.axes.empty()) return layout.logical_shape;
  Shape shape;
  for (const PackedAxis& axis : layout.axes) shape.push_back(axis.extent);
  return shape;
}

/// Calls `visit(packed position, logical position)` for each packed element that holds a logical one.
template <typename Visit>
void for_each_element(const Layout& layout, bool first_copy_only, Visit&& visit) {
  const Shape packed = packed_shape(layout);
  const int64_t count = element_count(packed);
  std::vector<int64_t> index(packed.size(), 0), logical(layout.logical_shape.size());
  for (int64_t position = 0; position < count; ++position) {
    bool inside = true;
    if (layout.axes.empty()) {
      logical = index;
    } else {
      std::fill(logical.begin(), logical.end(), 0);
      for (size_t i = 0; i < packed.size(); ++i) {
        const PackedAxis& axis = layout.axes[i];
        if (axis.source_axis >= 0) logical[static_cast<size_t>(axis.source_axis)] += index[i] * axis.divisor;
        if (axis.source_axis < 0 && first_copy_only) inside &= index[i] == 0;
      }
    }
    int64_t offset = 0;
    for (size_t d = 0; d < logical.size(); ++d) {
      inside &= logical[d] < layout.logical_shape[d];
      offset = offset * layout.logical_shape[d] + logical[d];
    }
    if (inside) visit(position, offset);
    for (size_t i = packed.size(); i-- > 0 && ++index[i] == packed[i];) index[i] = 0;
  }
}

}  // namespace

Tensor pack(const Layout& layout, const Tensor& logical) {
  TANDEM_CHECK(logical.shape == layout.logical_shape,
               "a tensor " + to_string(logical.shape) + " for a layout of " + to_string(layout.logical_shape));
  Tensor packed(logical.type, packed_shape(layout));
  const auto size = static_cast<size_t>(size_bytes(logical.type));
  for_each_element(layout, false, [&](int64_t to, int64_t from) {
    std::memcpy(&packed.data[static_cast<size_t>(to) * size], &logical.data[static_cast<size_t>(from) * size], size);
  });
  return packed;
}

Tensor unpack(const Layout& layout, const Tensor& packed) {
  TANDEM_CHECK(packed.shape == packed_shape(layout),
               "a tensor " + to_string(packed.shape) + " for a packed layout of " + to_string(packed_shape(layout)));
  Tensor logical(packed.type, layout.logical_shape);
  const auto size = static_cast<size_t>(size_bytes(packed.type));
  for_each_element(layout, true, [&](int64_t from, int64_t to) {
    std::memcpy(&logical.data[static_cast<size_t>(to) * size], &packed.data[static_cast<size_t>(from) * size], size);
  });
  return logical;
}

}  // namespace tandem::loop
