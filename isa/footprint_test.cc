// Footprints against the steps they stand for, one by one.
#include "isa/footprint.h"

#include <gtest/gtest.h>

#include <set>

#include "support/rng.h"

namespace tandem::isa {
namespace {

using Elements = std::set<int64_t>;

Elements elements(const std::vector<SramRange>& ranges) {
  Elements result;
  int64_t end = -1;
  for (const SramRange& range : ranges) {
    EXPECT_LT(end, range.begin) << "ranges are disjoint and in order, with a gap between them";
    for (int64_t i = range.begin; i < range.end; ++i) result.insert(i);
    end = range.end;
  }
  return result;
}

std::vector<Uop> random_uops(Rng& rng) {
  std::vector<Uop> uops(static_cast<size_t>(rng.uniform(1, 6)));
  for (Uop& uop : uops) {
    uop.dst = static_cast<uint32_t>(rng.uniform(0, 100));
    uop.src = static_cast<uint32_t>(rng.uniform(0, 100));
    uop.wgt = static_cast<uint32_t>(rng.uniform(0, 100));
  }
  return uops;
}

template <typename Loops>
void randomise(Loops& loops, const std::vector<Uop>& uops, Rng& rng) {
  const auto up_to = [&](int64_t most) { return static_cast<uint32_t>(rng.uniform(0, most)); };
  loops.uop_end = static_cast<uint32_t>(uops.size());
  loops.iter_out = 1 + up_to(8), loops.iter_in = 1 + up_to(70);
  loops.dst_out = up_to(90), loops.dst_in = up_to(3);
  loops.src_out = up_to(90), loops.src_in = up_to(3);
}

template <typename Loops, typename Step>
void for_each_step(const Loops& loops, const std::vector<Uop>& uops, Step&& step) {
  for (int64_t outer = 0; outer < loops.iter_out; ++outer) {
    for (int64_t inner = 0; inner < loops.iter_in; ++inner) {
      for (const Uop& uop : uops) step(uop, outer, inner);
    }
  }
}

TEST(Footprint, OfProducts) {
  HwConfig config;
  config.chosen_depthwise_width = 2;
  for (uint64_t seed = 0; seed < 300; ++seed) {
    Rng rng(seed);
    const std::vector<Uop> uops = random_uops(rng);
    Mac mac;
    randomise(mac, uops, rng);
    mac.wgt_out = static_cast<uint32_t>(rng.uniform(0, 40)), mac.wgt_in = static_cast<uint32_t>(rng.uniform(0, 2));
    mac.depthwise = rng.chance(0.5);
    mac.overwrite = rng.chance(0.5);
    Elements inp, wgt, acc;
    for_each_step(mac, uops, [&](const Uop& uop, int64_t outer, int64_t inner) {
      for (int64_t tap = 0; tap < (mac.depthwise ? 2 : 1); ++tap) {
        inp.insert(uop.src + outer * mac.src_out + inner * mac.src_in + tap);
        const int64_t vector = uop.wgt + outer * mac.wgt_out + inner * mac.wgt_in + tap;
        wgt.insert(mac.depthwise ? vector / config.block_in : vector);
      }
      acc.insert(uop.dst + outer * mac.dst_out + inner * mac.dst_in);
    });
    const Footprint touched = footprint(config, mac, uops);
    EXPECT_EQ(elements(touched.inp), inp) << seed;
    EXPECT_EQ(elements(touched.wgt), wgt) << seed;
    EXPECT_EQ(elements(touched.acc_written), acc) << seed;
    EXPECT_EQ(elements(touched.acc_read), mac.overwrite ? Elements{} : acc) << seed;
    EXPECT_TRUE(touched.out_written.empty()) << "MAC leaves out alone";
  }
}

TEST(Footprint, OfOperationsAndResets) {
  const HwConfig config;
  for (uint64_t seed = 0; seed < 300; ++seed) {
    Rng rng(seed);
    const std::vector<Uop> uops = random_uops(rng);
    Alu alu;
    randomise(alu, uops, rng);
    alu.use_imm = rng.chance(0.5);
    Elements dst, read;
    for_each_step(alu, uops, [&](const Uop& uop, int64_t outer, int64_t inner) {
      dst.insert(uop.dst + outer * alu.dst_out + inner * alu.dst_in);
      read.insert(uop.dst + outer * alu.dst_out + inner * alu.dst_in);
      if (!alu.use_imm) read.insert(uop.src + outer * alu.src_out + inner * alu.src_in);
    });
    const Footprint touched = footprint(config, alu, uops);
    EXPECT_EQ(elements(touched.acc_written), dst) << seed;
    EXPECT_EQ(elements(touched.acc_read), read) << seed;
    EXPECT_EQ(elements(touched.out_written), dst) << seed;
    Gemm reset;
    reset.reset = true;
    reset.uop_end = alu.uop_end, reset.iter_out = alu.iter_out, reset.iter_in = alu.iter_in;
    reset.dst_out = alu.dst_out, reset.dst_in = alu.dst_in;
    const Footprint cleared = footprint(config, reset, uops);
    EXPECT_EQ(elements(cleared.acc_written), dst) << seed;
    EXPECT_EQ(elements(cleared.out_written), dst) << seed;
    EXPECT_TRUE(cleared.acc_read.empty() && cleared.inp.empty() && cleared.wgt.empty());
  }
}

TEST(Footprint, OfRequantize) {
  Requantize requantize;
  requantize.iter_out = 2, requantize.iter_in = 3;
  requantize.src = 10, requantize.src_out = 20, requantize.src_in = 1;
  requantize.dst = 5, requantize.dst_out = 3, requantize.dst_in = 1;
  requantize.prm = 7, requantize.prm_out = 1;
  Footprint touched = footprint({}, requantize, {});
  EXPECT_EQ(elements(touched.acc_read), (Elements{10, 11, 12, 30, 31, 32}));
  EXPECT_EQ(elements(touched.out_written), (Elements{5, 6, 7, 8, 9, 10}));
  EXPECT_EQ(elements(touched.prm), (Elements{7, 8}));
  EXPECT_TRUE(touched.acc_written.empty());
  requantize.keep = true;
  touched = footprint({}, requantize, {});
  EXPECT_EQ(elements(touched.acc_written), (Elements{5, 6, 7, 8, 9, 10}));
  EXPECT_TRUE(touched.out_written.empty());
  requantize.iter_in = 0;
  EXPECT_TRUE(footprint({}, requantize, {}).acc_read.empty());
}

}  // namespace
}  // namespace tandem::isa
