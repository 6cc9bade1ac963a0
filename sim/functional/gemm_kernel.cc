#include "sim/functional/gemm_kernel.h"

#include <algorithm>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace tandem::sim {
namespace {

/// One row of an input element against one weight element: block_out sums.
struct Row {
  const int16_t* inp;
  int32_t* acc;
};

/// Calls `body(wgt, rows, count)` for groups of at most `kGroup` rows that share one weight element and whose
/// accumulators are all different. The rows come from the batch and from a hardware loop that moves dst but not wgt,
/// where there is one.
template <int kGroup, typename Body>
__attribute__((always_inline)) inline void for_each_group(const GemmWork& work, const Body& body) {
  constexpr uint32_t kRunLength = 32;  // iterations of the inner loop per micro-op: keeps their rows in the L1 cache
  const bool inner_shares = work.wgt_in == 0 && work.dst_in != 0, outer_shares = work.wgt_out == 0 && work.dst_out != 0;
  const bool swap = outer_shares && (!inner_shares || work.iter_out > work.iter_in);  // the sharing loop goes inside
  const uint32_t slow_trips = swap ? work.iter_in : work.iter_out, fast_trips = swap ? work.iter_out : work.iter_in;
  const uint32_t slow_dst = swap ? work.dst_in : work.dst_out, fast_dst = swap ? work.dst_out : work.dst_in;
  const uint32_t slow_src = swap ? work.src_in : work.src_out, fast_src = swap ? work.src_out : work.src_in;
  const uint32_t slow_wgt = swap ? work.wgt_in : work.wgt_out, fast_wgt = swap ? work.wgt_out : work.wgt_in;
  const bool shares = inner_shares || outer_shares;
  const int64_t inp_entry = int64_t{work.batch} * work.block_in, acc_entry = int64_t{work.batch} * work.block_out;
  const int64_t wgt_entry = int64_t{work.block_in} * work.block_out;

  Row rows[kGroup];
  for (uint32_t slow = 0; slow < slow_trips; ++slow) {
    for (uint32_t first = 0; first < fast_trips; first += kRunLength) {
      const uint32_t last = std::min(fast_trips, first + kRunLength);
      for (uint32_t u = 0; u < work.uop_count; ++u) {
        const isa::Uop& uop = work.uops[u];
        const int16_t* inp = work.inp + (uop.src + uint64_t{slow} * slow_src + uint64_t{first} * fast_src) * inp_entry;
        int32_t* acc = work.acc + (uop.dst + uint64_t{slow} * slow_dst + uint64_t{first} * fast_dst) * acc_entry;
        const int16_t* wgt = work.wgt + (uop.wgt + uint64_t{slow} * slow_wgt + uint64_t{first} * fast_wgt) * wgt_entry;
        int count = 0;
        for (uint32_t fast = first; fast < last; ++fast) {
          for (int b = 0; b < work.batch; ++b) {
            rows[count++] = Row{inp + int64_t{b} * work.block_in, acc + int64_t{b} * work.block_out};
            if (count == kGroup) {
              body(wgt, rows, count);
              count = 0;
            }
          }
          inp += fast_src * inp_entry;
          acc += fast_dst * acc_entry;
          if (!shares) {
            if (count > 0) body(wgt, rows, count);
            count = 0;
            wgt += fast_wgt * wgt_entry;
          }
        }
        if (count > 0) body(wgt, rows, count);
      }
    }
  }
}

void gemm_portable(const GemmWork& work) {
  for_each_group<1>(work, [&](const int16_t* wgt, const Row* rows, int) {
    for (int i = 0; i < work.block_in; i += 2) {
      const int32_t even = rows->inp[i], odd = rows->inp[i + 1];
      for (int o = 0; o < work.block_out; ++o, wgt += 2) {
        const int32_t sum = even * wgt[0] + odd * wgt[1];  // of two products of at most 2^14
        rows->acc[o] = static_cast<int32_t>(static_cast<uint32_t>(rows->acc[o]) + static_cast<uint32_t>(sum));
      }
    }
  });
}

#if defined(__x86_64__)
#define TANDEM_AVX2 __attribute__((target("avx2"), always_inline)) inline

int32_t load_pair(const int16_t* pair) {
  int32_t bits;
  __builtin_memcpy(&bits, pair, sizeof bits);
  return bits;
}

/// kRows rows x (8 * kVectors) outputs, from output `first`.
template <int kRows, int kVectors>
TANDEM_AVX2 void tile_avx2(const int16_t* wgt, const Row* rows, int block_in, int block_out, int first) {
  __m256i sum[kRows][kVectors];
  for (int r = 0; r < kRows; ++r) {
    for (int v = 0; v < kVectors; ++v) {
      sum[r][v] = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(rows[r].acc + first + 8 * v));
    }
  }
  for (int i = 0; i < block_in; i += 2) {
    const int16_t* pairs = wgt + int64_t{i} * block_out + 2 * first;
    __m256i weights[kVectors];
    for (int v = 0; v < kVectors; ++v) {
      weights[v] = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(pairs + 16 * v));
    }
    for (int r = 0; r < kRows; ++r) {
      const __m256i input = _mm256_set1_epi32(load_pair(rows[r].inp + i));
      for (int v = 0; v < kVectors; ++v) {
        sum[r][v] = _mm256_add_epi32(sum[r][v], _mm256_madd_epi16(input, weights[v]));
      }
    }
  }
  for (int r = 0; r < kRows; ++r) {
    for (int v = 0; v < kVectors; ++v) {
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(rows[r].acc + first + 8 * v), sum[r][v]);
    }
  }
}

/// One row x 4 outputs, for the narrowest blocks.
TANDEM_AVX2 void tile_narrow(const int16_t* wgt, const Row& row, int block_in, int block_out) {
  __m128i sum = _mm_loadu_si128(reinterpret_cast<const __m128i*>(row.acc));
  for (int i = 0; i < block_in; i += 2) {
    const __m128i weights = _mm_loadu_si128(reinterpret_cast<const __m128i*>(wgt + int64_t{i} * block_out));
    sum = _mm_add_epi32(sum, _mm_madd_epi16(_mm_set1_epi32(load_pair(row.inp + i)), weights));
  }
  _mm_storeu_si128(reinterpret_cast<__m128i*>(row.acc), sum);
}

template <int kVectors>
TANDEM_AVX2 void rows_avx2(const int16_t* wgt, const Row* rows, int count, int block_in, int block_out, int first) {
  switch (count) {
    case 4:
      return tile_avx2<4, kVectors>(wgt, rows, block_in, block_out, first);
    case 3:
      return tile_avx2<3, kVectors>(wgt, rows, block_in, block_out, first);
    case 2:
      return tile_avx2<2, kVectors>(wgt, rows, block_in, block_out, first);
    default:
      return tile_avx2<1, kVectors>(wgt, rows, block_in, block_out, first);
  }
}

/// kBlockIn and kBlockOut as constants where they are not 0.
template <int kBlockIn, int kBlockOut>
__attribute__((target("avx2"))) void gemm_avx2(const GemmWork& work) {
  const int block_in = kBlockIn != 0 ? kBlockIn : work.block_in;
  const int block_out = kBlockOut != 0 ? kBlockOut : work.block_out;
  for_each_group<4>(
      work, [=](const int16_t* wgt, const Row* rows, int count) __attribute__((target("avx2"))) {
        if (block_out == 4) {
          for (int r = 0; r < count; ++r) tile_narrow(wgt, rows[r], block_in, block_out);
        } else if (block_out == 8) {
          rows_avx2<1>(wgt, rows, count, block_in, block_out, 0);
        } else {
          for (int o = 0; o < block_out; o += 16) rows_avx2<2>(wgt, rows, count, block_in, block_out, o);
        }
      });
}

/// The default shape with its loops unrolled; all others in general.
void gemm_avx2_any(const GemmWork& work) {
  if (work.block_in == 16 && work.block_out == 16) {
    gemm_avx2<16, 16>(work);
  } else {
    gemm_avx2<0, 0>(work);
  }
}
#endif

}  // namespace

std::vector<NamedGemmKernel> gemm_kernels() {
  std::vector<NamedGemmKernel> kernels;
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) kernels.push_back({"avx2", gemm_avx2_any});
#endif
  kernels.push_back({"portable", gemm_portable});
  return kernels;
}

}  // namespace tandem::sim
