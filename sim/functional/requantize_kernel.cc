#include "sim/functional/requantize_kernel.h"

#include "isa/builtins.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace tandem::sim {
namespace {

/// Lanes [0, block_out) of one row: where they are read and written, and their parameters.
struct Row {
  const int32_t* src;
  int32_t* acc;
  int8_t* out;
  size_t prm;
};

template <typename Body>
__attribute__((always_inline)) inline void for_each_row(const RequantizeWork& work, const Body& body) {
  const auto lanes = static_cast<uint64_t>(work.block_out);
  const uint64_t element = static_cast<uint64_t>(work.batch) * lanes;
  for (uint64_t outer = 0; outer < work.iter_out; ++outer) {
    const uint64_t prm = (work.prm + outer * work.prm_out) * lanes;
    for (uint64_t inner = 0; inner < work.iter_in; ++inner) {
      const uint64_t dst = (work.dst + outer * work.dst_out + inner * work.dst_in) * element;
      const uint64_t src = (work.src + outer * work.src_out + inner * work.src_in) * element;
      for (uint64_t lane = 0; lane < element; lane += lanes) {
        body(Row{work.acc + src + lane, work.acc + dst + lane, work.out + dst + lane, prm});
      }
    }
  }
}

void requantize_portable(const RequantizeWork& work) {
  const RequantizeParameters& parameters = *work.parameters;
  for_each_row(work, [&](const Row& row) {
    for (size_t lane = 0; lane < static_cast<size_t>(work.block_out); ++lane) {
      const size_t p = row.prm + lane;
      const int32_t x = isa::builtin::add(row.src[lane], parameters.bias[p]);
      const int32_t r =
          work.tflite
              ? isa::builtin::requantize_tflite(x, parameters.multiplier[p], parameters.left[p], parameters.right[p])
              : isa::builtin::requantize_single(x, parameters.multiplier[p], parameters.left[p], parameters.right[p]);
      if (work.keep) {
        row.acc[lane] = r;
      } else {
        const int32_t shifted = isa::builtin::add(r, parameters.zero_point[p]);
        row.out[lane] =
            static_cast<int8_t>(isa::builtin::min(isa::builtin::max(shifted, parameters.lo[p]), parameters.hi[p]));
      }
    }
  });
}

#if defined(__x86_64__)
#define TANDEM_AVX2 __attribute__((target("avx2"), always_inline)) inline

TANDEM_AVX2 __m128i load4(const int32_t* values) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(values)); }

/// The low halves of four 64-bit numbers.
TANDEM_AVX2 __m128i low_halves(__m256i wide) {
  const __m256i order = _mm256_setr_epi32(0, 2, 4, 6, 0, 2, 4, 6);
  return _mm256_castsi256_si128(_mm256_permutevar8x32_epi32(wide, order));
}

/// requantize_single of four lanes.
TANDEM_AVX2 __m128i single_avx2(__m128i x, __m128i multiplier, __m128i left, __m128i right) {
  const __m256i product = _mm256_mul_epi32(_mm256_cvtepi32_epi64(x), _mm256_cvtepi32_epi64(multiplier));
  const __m256i shift = _mm256_cvtepi32_epi64(_mm_add_epi32(_mm_sub_epi32(right, left), _mm_set1_epi32(31)));
  const __m256i half = _mm256_srli_epi64(_mm256_sllv_epi64(_mm256_set1_epi64x(1), shift), 1);
  // There is no arithmetic shift of 64 bits: it is a logical one of numbers made positive by 2^63.
  const __m256i offset = _mm256_set1_epi64x(INT64_MIN);
  const __m256i positive = _mm256_xor_si256(_mm256_add_epi64(product, half), offset);
  __m256i result = _mm256_sub_epi64(_mm256_srlv_epi64(positive, shift), _mm256_srlv_epi64(offset, shift));
  const __m256i most = _mm256_set1_epi64x(INT32_MAX), least = _mm256_set1_epi64x(INT32_MIN);
  result = _mm256_blendv_epi8(result, most, _mm256_cmpgt_epi64(result, most));
  result = _mm256_blendv_epi8(result, least, _mm256_cmpgt_epi64(least, result));
  return low_halves(result);
}

/// requantize_tflite of four lanes; with a multiplier of at least 0 the doubled product never saturates.
TANDEM_AVX2 __m128i tflite_avx2(__m128i x, __m128i multiplier, __m128i left, __m128i right) {
  const __m128i scaled = _mm_sllv_epi32(x, left);
  const __m256i product = _mm256_mul_epi32(_mm256_cvtepi32_epi64(scaled), _mm256_cvtepi32_epi64(multiplier));
  const __m256i rounded = _mm256_add_epi64(product, _mm256_set1_epi64x(int64_t{1} << 30));
  const __m128i high = low_halves(_mm256_srli_epi64(rounded, 31));
  const __m128i mask = _mm_sub_epi32(_mm_sllv_epi32(_mm_set1_epi32(1), right), _mm_set1_epi32(1));
  const __m128i threshold = _mm_add_epi32(_mm_srli_epi32(mask, 1), _mm_srli_epi32(high, 31));
  const __m128i up = _mm_cmpgt_epi32(_mm_and_si128(high, mask), threshold);
  return _mm_sub_epi32(_mm_srav_epi32(high, right), up);  // -1 where it rounds up
}

template <bool kTflite, bool kKeep>
__attribute__((target("avx2"))) void rows_avx2(const RequantizeWork& work) {
  const RequantizeParameters& parameters = *work.parameters;
  const int32_t* bias = parameters.bias.data();
  const int32_t* multiplier = parameters.multiplier.data();
  const int32_t* left = parameters.left.data();
  const int32_t* right = parameters.right.data();
  const int32_t* zero_point = parameters.zero_point.data();
  const int32_t* lo = parameters.lo.data();
  const int32_t* hi = parameters.hi.data();
  const auto lanes = static_cast<size_t>(work.block_out);
  for_each_row(
      work, [=](const Row& row) __attribute__((target("avx2"))) {
        const __m128i low_bytes = _mm_setr_epi8(0, 4, 8, 12, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1);
        for (size_t lane = 0; lane < lanes; lane += 4) {
          const size_t p = row.prm + lane;
          const __m128i x = _mm_add_epi32(load4(row.src + lane), load4(bias + p));
          const __m128i r = kTflite ? tflite_avx2(x, load4(multiplier + p), load4(left + p), load4(right + p))
                                    : single_avx2(x, load4(multiplier + p), load4(left + p), load4(right + p));
          if (kKeep) {
            _mm_storeu_si128(reinterpret_cast<__m128i*>(row.acc + lane), r);
            continue;
          }
          const __m128i shifted = _mm_add_epi32(r, load4(zero_point + p));
          const __m128i clamped = _mm_min_epi32(_mm_max_epi32(shifted, load4(lo + p)), load4(hi + p));
          const int bytes = _mm_cvtsi128_si32(_mm_shuffle_epi8(clamped, low_bytes));
          __builtin_memcpy(row.out + lane, &bytes, sizeof bytes);
        }
      });
}

void requantize_avx2(const RequantizeWork& work) {
  if (work.tflite) {
    work.keep ? rows_avx2<true, true>(work) : rows_avx2<true, false>(work);
  } else {
    work.keep ? rows_avx2<false, true>(work) : rows_avx2<false, false>(work);
  }
}
#endif

int32_t word(const uint8_t* bytes) {
  return static_cast<int32_t>(uint32_t{bytes[0]} | uint32_t{bytes[1]} << 8 | uint32_t{bytes[2]} << 16 |
                              uint32_t{bytes[3]} << 24);
}

}  // namespace

RequantizeParameters::RequantizeParameters(size_t lanes)
    : bias(lanes), multiplier(lanes), left(lanes), right(lanes), zero_point(lanes), lo(lanes), hi(lanes) {}

void RequantizeParameters::unpack(size_t index, const uint8_t* bytes) {
  bias[index] = word(bytes);
  multiplier[index] = word(bytes + 4) & INT32_MAX;
  left[index] = bytes[8] & 31;
  right[index] = bytes[9] & 31;
  zero_point[index] = static_cast<int8_t>(bytes[12]);
  lo[index] = static_cast<int8_t>(bytes[13]);
  hi[index] = static_cast<int8_t>(bytes[14]);
}

std::vector<NamedRequantizeKernel> requantize_kernels() {
  std::vector<NamedRequantizeKernel> kernels;
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) kernels.push_back({"avx2", requantize_avx2});
#endif
  kernels.push_back({"portable", requantize_portable});
  return kernels;
}

}  // namespace tandem::sim
