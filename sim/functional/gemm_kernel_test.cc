#include "sim/functional/gemm_kernel.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "support/rng.h"

namespace tandem::sim {
namespace {

/// A GEMM with its operands, and what it must give: the definition, element by element.
struct Case {
  std::vector<isa::Uop> uops;
  std::vector<int16_t> inp, wgt;
  std::vector<int32_t> acc, expected;
  GemmWork work;
};

constexpr int kEntries = 40;

/// Loop factors that keep every index below kEntries.
uint32_t factor(Rng& rng) { return static_cast<uint32_t>(rng.uniform(0, 3)); }

Case make_case(Rng& rng, int batch, int block_in, int block_out) {
  Case c;
  const auto random = [&](int64_t low, int64_t high) {
    return rng.chance(0.2) ? (rng.chance(0.5) ? low : high) : rng.uniform(low, high);
  };
  for (int64_t i = rng.uniform(1, 6); i > 0; --i) {
    c.uops.push_back({static_cast<uint32_t>(rng.uniform(0, 12)), static_cast<uint32_t>(rng.uniform(0, 12)),
                      static_cast<uint32_t>(rng.uniform(0, 12))});
  }
  c.inp.resize(static_cast<size_t>(kEntries * batch * block_in));
  c.wgt.resize(static_cast<size_t>(kEntries * block_in * block_out));
  c.acc.resize(static_cast<size_t>(kEntries * batch * block_out));
  for (auto& value : c.inp) value = static_cast<int16_t>(random(-128, 127));
  for (auto& value : c.wgt) value = static_cast<int16_t>(random(-128, 127));
  for (auto& value : c.acc) value = static_cast<int32_t>(random(INT32_MIN, INT32_MAX));
  c.work.batch = batch;
  c.work.block_in = block_in;
  c.work.block_out = block_out;
  c.work.uops = c.uops.data();
  c.work.uop_count = static_cast<uint32_t>(c.uops.size());
  c.work.iter_out = static_cast<uint32_t>(rng.uniform(1, 5));
  c.work.iter_in = static_cast<uint32_t>(rng.uniform(1, 5));
  for (uint32_t* each :
       {&c.work.dst_out, &c.work.dst_in, &c.work.src_out, &c.work.src_in, &c.work.wgt_out, &c.work.wgt_in}) {
    *each = factor(rng);
  }
  c.work.inp = c.inp.data();
  c.work.wgt = c.wgt.data();

  c.expected = c.acc;
  const GemmWork& w = c.work;
  for (uint32_t i = 0; i < w.iter_out; ++i) {
    for (uint32_t j = 0; j < w.iter_in; ++j) {
      for (const isa::Uop& uop : c.uops) {
        const size_t dst = uop.dst + i * w.dst_out + j * w.dst_in, src = uop.src + i * w.src_out + j * w.src_in;
        const size_t wgt = uop.wgt + i * w.wgt_out + j * w.wgt_in;
        for (int b = 0; b < batch; ++b) {
          for (int o = 0; o < block_out; ++o) {
            uint32_t sum = 0;
            for (int in = 0; in < block_in; ++in) {
              const auto offset = wgt * static_cast<size_t>(block_in * block_out) +
                                  static_cast<size_t>(weight_offset(block_out, o, in));
              sum += static_cast<uint32_t>(
                  c.inp[(src * static_cast<size_t>(batch) + static_cast<size_t>(b)) * static_cast<size_t>(block_in) +
                        static_cast<size_t>(in)] *
                  c.wgt[offset]);
            }
            int32_t& acc = c.expected[(dst * static_cast<size_t>(batch) + static_cast<size_t>(b)) *
                                          static_cast<size_t>(block_out) +
                                      static_cast<size_t>(o)];
            acc = static_cast<int32_t>(static_cast<uint32_t>(acc) + sum);
          }
        }
      }
    }
  }
  return c;
}

TEST(GemmKernel, EveryKernelComputesTheDefinitionForEveryShape) {
  for (const NamedGemmKernel& kernel : gemm_kernels()) {
    for (const int block_in : {4, 8, 16, 32, 64}) {
      for (const int block_out : {4, 8, 16, 32, 64}) {
        for (const int batch : {1, 2, 3, 8}) {
          if (batch * block_in * block_out > 8192) continue;
          for (uint64_t seed = 0; seed < 4; ++seed) {
            Rng rng(seed * 1000 + static_cast<uint64_t>(batch * 100 + block_in + block_out));
            Case c = make_case(rng, batch, block_in, block_out);
            std::vector<int32_t> acc = c.acc;
            c.work.acc = acc.data();
            kernel.run(c.work);
            ASSERT_EQ(acc, c.expected) << kernel.name << " " << batch << "x" << block_in << "x" << block_out << " seed "
                                       << seed;
          }
        }
      }
    }
  }
}

TEST(GemmKernel, ALongLoopThatSharesItsWeightsIsWalkedInRuns) {
  for (const NamedGemmKernel& kernel : gemm_kernels()) {
    for (const bool inner : {false, true}) {
      std::vector<isa::Uop> uops{{0, 0, 0}, {0, 1, 1}};
      constexpr uint32_t kTrips = 37;
      std::vector<int16_t> inp((kTrips + 1) * 16, 1), wgt(2 * 256, 2);
      std::vector<int32_t> acc(kTrips * 16, 5);
      GemmWork work;
      work.uops = uops.data();
      work.uop_count = 2;
      (inner ? work.iter_in : work.iter_out) = kTrips;
      (inner ? work.dst_in : work.dst_out) = 1;
      (inner ? work.src_in : work.src_out) = 1;
      work.inp = inp.data();
      work.wgt = wgt.data();
      work.acc = acc.data();
      kernel.run(work);
      EXPECT_EQ(acc, std::vector<int32_t>(kTrips * 16, 5 + 2 * 16 * 2)) << kernel.name;
    }
  }
}

}  // namespace
}  // namespace tandem::sim
