// The layers that benches compile: a GEMM, and the convolutions of ResNet-18 but the first.
#pragma once

#include <cstdint>

namespace tandem::bench {

/// A layer that the compiler schedules untuned, requantised per channel.
struct LayerRow {
  const char* name;
  int64_t c, size, o, kernel, stride;
  int64_t occurrences;  // among ResNet-18's convolutions but the first
  bool at_other_latencies;
};

constexpr LayerRow kLayers[] = {
    {"gemm_256x256x256", 256, 16, 256, 1, 1, 0, true},     {"56x56_64_64_3x3", 64, 56, 64, 3, 1, 4, true},
    {"56x56_64_64_1x1", 64, 56, 64, 1, 1, 0, true},        {"56x56_64_128_3x3s2", 64, 56, 128, 3, 2, 1, false},
    {"56x56_64_128_1x1s2", 64, 56, 128, 1, 2, 1, true},    {"28x28_128_128_3x3", 128, 28, 128, 3, 1, 3, false},
    {"28x28_128_256_3x3s2", 128, 28, 256, 3, 2, 1, false}, {"28x28_128_256_1x1s2", 128, 28, 256, 1, 2, 1, false},
    {"14x14_256_256_3x3", 256, 14, 256, 3, 1, 3, false},   {"14x14_256_512_3x3s2", 256, 14, 512, 3, 2, 1, false},
    {"14x14_256_512_1x1s2", 256, 14, 512, 1, 2, 1, true},  {"7x7_512_512_3x3", 512, 7, 512, 3, 1, 3, true},
};

}  // namespace tandem::bench
