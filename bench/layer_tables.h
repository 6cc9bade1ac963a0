// The convolution tables of well-known networks in the shared data, as operators requantised per channel.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compiler/ops/operator.h"
#include "support/result.h"

namespace tandem::bench {

/// Equal layers of all networks are one.
struct TableLayer {
  std::string name;  // "resnet18.56x56_64_64_3x3", of its first occurrence
  ops::Conv2d op;
  /// Occurrences in ResNet-18, without its first convolution and its dense layer: what the public design states.
  int64_t resnet18_count = 0;
  bool is_first = false;  // of its network: few channels
  bool is_depthwise() const { return op.groups > 1; }
};

/// ResNet-18, MobileNetV1, ResNet-50. Errors: a table is not there, or is none.
Result<std::vector<TableLayer>> load_layer_tables();

}  // namespace tandem::bench
