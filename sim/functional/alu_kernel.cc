#include "sim/functional/alu_kernel.h"

#include "isa/builtins.h"

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

/// `lanes` is a constant in the callers, so that the compiler makes straight vector code of the inner loop.
template <typename Lane>
__attribute__((always_inline)) inline void steps(const AluWork& work, int lanes, bool use_imm, Lane lane) {
  for (uint64_t i_out = 0; i_out < work.iter_out; ++i_out) {
    for (uint64_t i_in = 0; i_in < work.iter_in; ++i_in) {
      for (uint32_t u = 0; u < work.uop_count; ++u) {
        const uint64_t dst = work.uops[u].dst + i_out * work.dst_out + i_in * work.dst_in;
        int32_t* acc = work.acc + dst * static_cast<uint64_t>(lanes);
        int8_t* out = work.out + dst * static_cast<uint64_t>(lanes);
        if (use_imm) {
#pragma GCC ivdep
          for (int l = 0; l < lanes; ++l) {
            acc[l] = lane(acc[l], work.imm);
            out[l] = static_cast<int8_t>(acc[l]);
          }
        } else {
          const uint64_t src = work.uops[u].src + i_out * work.src_out + i_in * work.src_in;
          const int32_t* operand = work.acc + src * static_cast<uint64_t>(lanes);
#pragma GCC ivdep  // the two vectors are one or apart
          for (int l = 0; l < lanes; ++l) {
            acc[l] = lane(acc[l], operand[l]);
            out[l] = static_cast<int8_t>(acc[l]);
          }
        }
      }
    }
  }
}

/// The default number of lanes as a constant; all others in general.
template <typename Lane>
__attribute__((always_inline)) inline void any_steps(const AluWork& work, Lane lane) {
  constexpr int kDefaultLanes = 16;
  if (work.lanes == kDefaultLanes && work.use_imm) {
    steps(work, kDefaultLanes, true, lane);
  } else if (work.lanes == kDefaultLanes) {
    steps(work, kDefaultLanes, false, lane);
  } else {
    steps(work, work.lanes, work.use_imm, lane);
  }
}

template <typename Lane>
TANDEM_TARGET_AVX2 void steps_avx2(const AluWork& work, Lane lane) {
  any_steps(work, lane);
}
template <typename Lane>
void steps_portable(const AluWork& work, Lane lane) {
  any_steps(work, lane);
}

__attribute__((always_inline)) inline void narrow_lanes(const int32_t* acc, int8_t* out, int64_t count) {
  for (int64_t i = 0; i < count; ++i) out[i] = static_cast<int8_t>(acc[i]);
}
TANDEM_TARGET_AVX2 void narrow_avx2(const int32_t* acc, int8_t* out, int64_t count) { narrow_lanes(acc, out, count); }

}  // namespace

void run_alu(const AluWork& work) {
  const bool avx2 = has_avx2();
  isa::with_alu(work.op, [&](auto lane) { avx2 ? steps_avx2(work, lane) : steps_portable(work, lane); });
}

void narrow(const int32_t* acc, int8_t* out, int64_t count) {
  has_avx2() ? narrow_avx2(acc, out, count) : narrow_lanes(acc, out, count);
}

}  // namespace tandem::sim
