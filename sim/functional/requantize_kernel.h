// The arithmetic of one REQUANTIZE, vectorised; not its checks, which the machine has made before.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace tandem::sim {

/// The parameter buffer, unpacked: each vector holds [entry][lane].
struct RequantizeParameters {
  std::vector<int32_t> bias, multiplier, left, right, zero_point, lo, hi;

  explicit RequantizeParameters(size_t lanes);
  /// Takes lane `index` from the 16 bytes of its encoding (docs/isa.md, memory PRM).
  void unpack(size_t index, const uint8_t* bytes);
};

/// Over both loops, one element after the other: r = requantized(acc[src] + bias); keep: acc[dst] = r, else out[dst] =
/// clamped r + zero point. Every index is in bounds.
struct RequantizeWork {
  int batch = 1;
  int block_out = 16;  // a multiple of 4
  bool keep = false;
  bool tflite = false;
  uint32_t iter_out = 1, iter_in = 1;
  uint32_t dst = 0, dst_out = 0, dst_in = 0;
  uint32_t src = 0, src_out = 0, src_in = 0;
  uint32_t prm = 0, prm_out = 0;
  const RequantizeParameters* parameters = nullptr;
  int32_t* acc = nullptr;
  int8_t* out = nullptr;
};

using RequantizeKernel = void (*)(const RequantizeWork& work);

/// The kernels that this machine can run, the fastest first; the last is portable C++ from the built-ins.
struct NamedRequantizeKernel {
  const char* name;
  RequantizeKernel run;
};
std::vector<NamedRequantizeKernel> requantize_kernels();

}  // namespace tandem::sim
