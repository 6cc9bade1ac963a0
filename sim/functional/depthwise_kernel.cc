#include "sim/functional/depthwise_kernel.h"

#if defined(__x86_64__)
#define TANDEM_TARGET_AVX2 __attribute__((target("avx2")))
#else
#define TANDEM_TARGET_AVX2
#endif

namespace tandem::sim {
namespace {

bool has_avx2() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx2");
#else
  return false;
#endif
}

/// `lanes` is a constant in the callers for the default, so that the inner loops become straight vector code.
__attribute__((always_inline)) inline void steps(const DepthwiseWork& given, int lanes) {
  const DepthwiseWork work = given;  // no store can change it
  const auto width = static_cast<uint64_t>(lanes);
  const uint64_t element = static_cast<uint64_t>(work.batch) * width;
  for (uint64_t outer = 0; outer < work.iter_out; ++outer) {
    for (uint64_t inner = 0; inner < work.iter_in; ++inner) {
      for (uint32_t u = 0; u < work.uop_count; ++u) {
        const isa::Uop& uop = work.uops[u];
        int32_t* acc = work.acc + (uop.dst + outer * work.dst_out + inner * work.dst_in) * element;
        const int16_t* inp = work.inp + (uop.src + outer * work.src_out + inner * work.src_in) * element;
        const int8_t* wgt = work.wgt + (uop.wgt + outer * work.wgt_out + inner * work.wgt_in) * width;
        for (int tap = 0; tap < work.taps; ++tap, inp += element, wgt += width) {
          const bool replace = work.overwrite && tap == 0;
          for (uint64_t row = 0; row < element; row += width) {
#pragma GCC ivdep  // accumulators and operands never overlap
            for (int l = 0; l < lanes; ++l) {
              const int32_t product = inp[row + static_cast<uint64_t>(l)] * wgt[l];
              int32_t& sum = acc[row + static_cast<uint64_t>(l)];
              sum = static_cast<int32_t>((replace ? 0u : static_cast<uint32_t>(sum)) + static_cast<uint32_t>(product));
            }
          }
        }
      }
    }
  }
}

__attribute__((always_inline)) inline void any_steps(const DepthwiseWork& work) {
  constexpr int kDefaultLanes = 16;
  work.lanes == kDefaultLanes ? steps(work, kDefaultLanes) : steps(work, work.lanes);
}

TANDEM_TARGET_AVX2 void steps_avx2(const DepthwiseWork& work) { any_steps(work); }
void steps_portable(const DepthwiseWork& work) { any_steps(work); }

}  // namespace

void run_depthwise(const DepthwiseWork& work) { has_avx2() ? steps_avx2(work) : steps_portable(work); }

}  // namespace tandem::sim
