#include "sim/functional/alu_kernel.h"

#include "isa/builtins.h"

#if defined(__x86_64__)
#include <immintrin.h>
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

/// How to narrow: each kernel below is built once for each.
struct Portable {
  static void narrow(const int32_t* acc, int8_t* out, int64_t count) {
    for (int64_t i = 0; i < count; ++i) out[i] = static_cast<int8_t>(acc[i]);
  }
};

struct Avx2 {
  TANDEM_TARGET_AVX2 static void narrow(const int32_t* acc, int8_t* out, int64_t count) {
    int64_t i = 0;
#if defined(__x86_64__)
    const __m256i low_byte = _mm256_set1_epi32(0xff);
    const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 0, 4, 1, 5);  // packing works on halves
    for (; i + 16 <= count; i += 16) {
      const __m256i a = _mm256_and_si256(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(acc + i)), low_byte);
      const __m256i b = _mm256_and_si256(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(acc + i + 8)), low_byte);
      const __m256i words = _mm256_packus_epi32(a, b);
      const __m256i bytes = _mm256_permutevar8x32_epi32(_mm256_packus_epi16(words, words), order);
      _mm_storeu_si128(reinterpret_cast<__m128i*>(out + i), _mm256_castsi256_si128(bytes));
    }
#endif
    for (; i < count; ++i) out[i] = static_cast<int8_t>(acc[i]);
  }
};

/// `lanes` and `use_imm` are constants in the callers, so that the compiler makes straight vector code of the inner
/// loops.
template <typename Target, typename Lane>
__attribute__((always_inline)) inline void steps(const AluWork& given, int lanes, bool use_imm, Lane lane) {
  const AluWork work = given;  // no store can change it
  for (uint64_t i_out = 0; i_out < work.iter_out; ++i_out) {
    for (uint64_t i_in = 0; i_in < work.iter_in; ++i_in) {
      for (uint32_t u = 0; u < work.uop_count; ++u) {
        const uint64_t dst = work.uops[u].dst + i_out * work.dst_out + i_in * work.dst_in;
        const uint64_t src = work.uops[u].src + i_out * work.src_out + i_in * work.src_in;
        int32_t* acc = work.acc + dst * static_cast<uint64_t>(lanes);
        const int32_t* operand = use_imm ? acc : work.acc + src * static_cast<uint64_t>(lanes);
#pragma GCC ivdep  // the two vectors are one or apart
        for (int l = 0; l < lanes; ++l) acc[l] = lane(acc[l], use_imm ? work.imm : operand[l], work.c);
        Target::narrow(acc, work.out + dst * static_cast<uint64_t>(lanes), lanes);
      }
    }
  }
}

/// The default number of lanes as a constant; all others in general.
template <typename Target, typename Lane>
__attribute__((always_inline)) inline void any_steps(const AluWork& work, Lane lane) {
  constexpr int kDefaultLanes = 16;
  if (work.lanes == kDefaultLanes && work.use_imm) {
    steps<Target>(work, kDefaultLanes, true, lane);
  } else if (work.lanes == kDefaultLanes) {
    steps<Target>(work, kDefaultLanes, false, lane);
  } else {
    steps<Target>(work, work.lanes, work.use_imm, lane);
  }
}

template <typename Lane>
TANDEM_TARGET_AVX2 void steps_avx2(const AluWork& work, Lane lane) {
  any_steps<Avx2>(work, lane);
}
template <typename Lane>
void steps_portable(const AluWork& work, Lane lane) {
  any_steps<Portable>(work, lane);
}

}  // namespace

void run_alu(const AluWork& work) {
  const bool avx2 = has_avx2();
  isa::with_alu(work.op, [&](auto lane) { avx2 ? steps_avx2(work, lane) : steps_portable(work, lane); });
}

void narrow(const int32_t* acc, int8_t* out, int64_t count) {
  has_avx2() ? Avx2::narrow(acc, out, count) : Portable::narrow(acc, out, count);
}

}  // namespace tandem::sim
