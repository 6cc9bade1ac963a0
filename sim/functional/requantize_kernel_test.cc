#include "sim/functional/requantize_kernel.h"

#include <gtest/gtest.h>

#include "support/rng.h"

namespace tandem::sim {
namespace {

TEST(RequantizeKernel, AllGiveTheSame) {
  Rng rng(4);
  const std::vector<int32_t> edges = {0, 1, -1, INT32_MAX, INT32_MIN, INT32_MIN + 1, 1 << 30, -(1 << 30)};
  for (const int block_out : {4, 8, 16, 64}) {
    for (int round = 0; round < 64; ++round) {
      constexpr int kElements = 6;
      RequantizeWork work;
      work.batch = round % 3 == 0 ? 2 : 1;
      work.block_out = block_out;
      work.keep = round % 2 == 0;
      work.tflite = round % 4 < 2;
      work.iter_out = 2;
      work.iter_in = 3;
      work.dst_out = work.src_out = 3;
      work.dst_in = work.src_in = 1;
      work.prm_out = 1;
      RequantizeParameters parameters(static_cast<size_t>(2 * block_out));
      for (size_t lane = 0; lane < parameters.bias.size(); ++lane) {
        uint8_t bytes[16];
        for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(rng.next());
        parameters.unpack(lane, bytes);
        if (rng.chance(0.2)) parameters.multiplier[lane] = rng.pick(edges) & INT32_MAX;
        if (rng.chance(0.3)) parameters.left[lane] = static_cast<int32_t>(31 * rng.uniform(0, 1));
        if (rng.chance(0.3)) parameters.right[lane] = static_cast<int32_t>(31 * rng.uniform(0, 1));
      }
      std::vector<int32_t> acc(static_cast<size_t>(kElements * work.batch * block_out));
      for (int32_t& value : acc) value = rng.chance(0.3) ? rng.pick(edges) : static_cast<int32_t>(rng.next());
      std::vector<std::vector<int32_t>> accs;
      std::vector<std::vector<int8_t>> outs;
      for (const NamedRequantizeKernel& kernel : requantize_kernels()) {
        accs.push_back(acc);
        outs.emplace_back(acc.size());
        work.parameters = &parameters;
        work.acc = accs.back().data();
        work.out = outs.back().data();
        kernel.run(work);
        EXPECT_EQ(accs.back(), accs.front()) << kernel.name << " " << block_out << " " << round;
        EXPECT_EQ(outs.back(), outs.front()) << kernel.name << " " << block_out << " " << round;
      }
    }
  }
}

}  // namespace
}  // namespace tandem::sim
