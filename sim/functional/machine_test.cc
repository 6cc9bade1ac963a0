#include "sim/functional/machine.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstring>

#include "isa/assembly.h"
#include "isa/builtins.h"
#include "support/rng.h"

namespace tandem::sim {
namespace {

using isa::Memory;

/// A machine over a small DRAM, driven by lines of assembly.
class Bench {
 public:
  explicit Bench(const isa::HwConfig& hardware = {}, uint64_t dram_bytes = 1 << 16)
      : hardware_(hardware), codec_(hardware), dram_(dram_bytes), machine_(hardware, {dram_.data(), dram_.size()}) {}

  std::string run(const std::string& text) {
    const auto failure = machine_.execute(isa::parse_instruction(codec_, text, {}).value());
    return failure ? failure->what : "";
  }
  /// Writes micro-ops to the end of DRAM and loads them.
  void load_uops(int sram, const std::vector<isa::Uop>& uops) {
    const auto element = static_cast<size_t>(codec_.uop_bytes());
    const size_t first = dram_.size() / element - uops.size();
    Bytes bytes;
    for (const isa::Uop& uop : uops) codec_.append_uop_bytes(uop, bytes);
    std::copy(bytes.begin(), bytes.end(), dram_.begin() + static_cast<int64_t>(first * element));
    EXPECT_EQ(run(fmt::format("load uop sram={} dram={} y=1 x={} stride=0", sram, first, uops.size())), "");
  }
  template <typename T>
  void put(uint64_t address, const std::vector<T>& values) {
    std::memcpy(dram_.data() + address, values.data(), values.size() * sizeof(T));
  }
  std::vector<int8_t> get(uint64_t address, size_t count) const {
    const auto* first = reinterpret_cast<const int8_t*>(dram_.data() + address);
    return std::vector<int8_t>(first, first + count);
  }
  const Machine& machine() const { return machine_; }

 private:
  isa::HwConfig hardware_;
  isa::Codec codec_;
  Bytes dram_;
  Machine machine_;
};

isa::HwConfig small() {
  isa::HwConfig hardware;
  hardware.block_in = 4;
  hardware.block_out = 4;
  return hardware;
}

TEST(Machine, LoadsIntoAccumulatorsAlsoWriteTheirLowByteToOut) {
  Bench bench(small());
  bench.put<int32_t>(0x100, {1, -2, 300, -129, 0x12345678, 5, 6, 7});
  EXPECT_EQ(bench.run("load acc sram=3 dram=16 y=1 x=2 stride=2"), "");
  EXPECT_EQ(bench.run("store out sram=3 dram=0 y=1 x=2 stride=2"), "");
  EXPECT_EQ(bench.get(0, 8), (std::vector<int8_t>{1, -2, 44, 127, 0x78, 5, 6, 7}));
}

TEST(Machine, EightBitLoadsAreSignExtended) {
  Bench bench(small());
  bench.put<int8_t>(0x100, {-1, -128, 127, 3});
  bench.load_uops(0, {{}});
  EXPECT_EQ(bench.run("load acc8 sram=0 dram=64 y=1 x=1 stride=1"), "");
  EXPECT_EQ(bench.run("alu shr use_imm imm=4 uop=[0,1) iter=(1,1) dst=(0,0) src=(0,0)"), "");
  EXPECT_EQ(bench.run("store out sram=0 dram=0 y=1 x=1 stride=1"), "");
  EXPECT_EQ(bench.get(0, 4), (std::vector<int8_t>{-1, -8, 7, 0}));
}

TEST(Machine, LoadsPadOnAllSidesWithZeros) {
  Bench bench(small());
  bench.put<int32_t>(0x100, std::vector<int32_t>(64, 9));
  EXPECT_EQ(bench.run("load acc sram=0 dram=16 y=1 x=16 stride=16"), "");
  EXPECT_EQ(bench.run("load acc sram=1 dram=16 y=2 x=1 stride=3 pad=(1,1,1,2)"), "");
  EXPECT_EQ(bench.run("store out sram=0 dram=0 y=1 x=18 stride=18"), "");
  std::vector<int8_t> expected;
  for (const int value : {9, 0, 0, 0, 0, 0, 9, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0})
    expected.insert(expected.end(), 4, static_cast<int8_t>(value));
  EXPECT_EQ(bench.get(0, expected.size()), expected);
}

TEST(Machine, GemmMultipliesRowsOfWeightsAndResetClears) {
  Bench bench(small());
  bench.put<int8_t>(0x100, {1, 2, 3, 4});                                            // inp
  bench.put<int8_t>(0x200, {1, 0, 0, 0, 0, 1, 0, 0, 1, 1, 1, 1, -1, -1, -1, -128});  // wgt [out][in]
  bench.load_uops(5, {{2, 1, 3}});
  EXPECT_EQ(bench.run("load inp sram=1 dram=64 y=1 x=1 stride=1"), "");
  EXPECT_EQ(bench.run("load wgt sram=3 dram=32 y=1 x=1 stride=1"), "");
  EXPECT_EQ(bench.run("gemm uop=[5,6) iter=(1,2) dst=(0,0) src=(0,0) wgt=(0,0)"), "");
  EXPECT_EQ(bench.run("store out sram=2 dram=0 y=1 x=1 stride=1"), "");
  EXPECT_EQ(bench.get(0, 4), (std::vector<int8_t>{2, 4, 20, static_cast<int8_t>(2 * (-6 - 512))}));
  EXPECT_EQ(bench.run("gemm reset uop=[5,6) iter=(1,1) dst=(0,0) src=(0,0) wgt=(0,0)"), "");
  EXPECT_EQ(bench.run("store out sram=2 dram=0 y=1 x=1 stride=1"), "");
  EXPECT_EQ(bench.get(0, 4), (std::vector<int8_t>(4, 0)));
  EXPECT_EQ(bench.machine().macs(), 32u);
}

TEST(Machine, AluComputesTheTableLaneByLaneInOrder) {
  const std::vector<int32_t> edges{0,   1,   -1,  2,    31,        32,        33,    -31,
                                   -32, -33, 127, -128, INT32_MAX, INT32_MIN, 65535, -65536};
  for (const isa::AluOpInfo& info : isa::alu_op_infos()) {
    const auto op = static_cast<isa::AluOp>(info.code);
    Rng rng(static_cast<uint64_t>(info.code));
    for (int round = 0; round < 16; ++round) {
      Bench bench;
      std::vector<int32_t> a(16), b(16);
      for (size_t l = 0; l < 16; ++l) {
        a[l] = rng.pick(edges);
        b[l] = rng.pick(edges);
      }
      bench.put(0x400, a);
      bench.put(0x440, b);
      bench.load_uops(0, {{0, 1, 0}, {2, 0, 0}});
      EXPECT_EQ(bench.run("load acc sram=0 dram=16 y=1 x=2 stride=2"), "");
      // acc[0] = op(acc[0], acc[1]), then acc[2] = op(acc[2], acc[0]), twice; then with an immediate, which reads dst.
      const bool extended = info.code >= isa::kFirstExtendedAluOp;
      const std::string name = std::string(extended ? "alu_extended " : "alu ") + info.name;
      EXPECT_EQ(bench.run("config alu_immediate value=-3"), "");
      EXPECT_EQ(bench.run(name + " uop=[0,2) iter=(2,1) dst=(0,0) src=(0,0)"), "");
      EXPECT_EQ(bench.run(name + (extended ? "" : " imm=-3") + " use_imm uop=[1,2) iter=(1,1) dst=(0,0) src=(0,0)"),
                "");
      EXPECT_EQ(bench.run("store out sram=0 dram=0 y=1 x=3 stride=3"), "");
      std::vector<int8_t> expected(48);
      for (size_t l = 0; l < 16; ++l) {
        int32_t first = a[l], third = 0;
        for (int i = 0; i < 2; ++i) {
          first = isa::alu(op, first, b[l], -3);
          third = isa::alu(op, third, first, -3);
        }
        expected[l] = static_cast<int8_t>(first);
        expected[16 + l] = static_cast<int8_t>(b[l]);
        expected[32 + l] = static_cast<int8_t>(isa::alu(op, third, -3, -3));
      }
      ASSERT_EQ(bench.get(0, 48), expected) << info.name;
    }
  }
}

TEST(Machine, PadsHaveTheValueOfTheirState) {
  Bench bench(small());
  bench.put<int8_t>(0x100, std::vector<int8_t>(16, 5));
  bench.load_uops(0, {{0, 0, 0}, {0, 1, 0}});
  // Weights [out][in] of ones: the sum of an input element, here of pads.
  bench.put<int8_t>(0x200, std::vector<int8_t>(16, 1));
  EXPECT_EQ(bench.run("load wgt sram=0 dram=32 y=1 x=1 stride=1 pad=(0,0,0,1)"), "");
  EXPECT_EQ(bench.run("config inp_pad value=-3"), "");
  EXPECT_EQ(bench.run("load inp sram=0 dram=64 y=1 x=1 stride=1 pad=(0,0,1,0)"), "");
  EXPECT_EQ(bench.run("mac overwrite uop=[0,2) iter=(1,1) dst=(0,0) src=(0,0) wgt=(0,0)"), "");
  EXPECT_EQ(bench.run("mac uop=[0,1) iter=(1,1) dst=(0,0) src=(0,0) wgt=(0,0)"), "");
  EXPECT_EQ(bench.run("alu add use_imm imm=0 uop=[0,1) iter=(1,1) dst=(0,0) src=(0,0)"), "");
  EXPECT_EQ(bench.run("config acc_pad value=-2147483520"), "");  // 0x80000080
  EXPECT_EQ(bench.run("load acc8 sram=1 dram=64 y=1 x=1 stride=1 pad=(0,0,1,1)"), "");
  EXPECT_EQ(bench.run("store out sram=0 dram=0 y=1 x=4 stride=4"), "");
  EXPECT_EQ(bench.get(0, 16),
            (std::vector<int8_t>{8, 8, 8, 8, -128, -128, -128, -128, 5, 5, 5, 5, -128, -128, -128, -128}));
}

TEST(Machine, OverwriteReplacesInEveryStep) {
  Bench bench(small());
  bench.put<int8_t>(0x100, {1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0});
  bench.put<int8_t>(0x200, {10, 0, 0, 0, 20, 0, 0, 0, 30, 0, 0, 0, 40, 0, 0, 0});
  bench.load_uops(0, {{0, 0, 0}, {1, 1, 0}, {0, 2, 0}});
  EXPECT_EQ(bench.run("load inp sram=0 dram=64 y=1 x=3 stride=3"), "");
  EXPECT_EQ(bench.run("load wgt sram=0 dram=32 y=1 x=1 stride=1"), "");
  // Twice: nothing of the first pass is left. The third step replaces the first one's accumulator.
  EXPECT_EQ(bench.run("gemm overwrite uop=[0,2) iter=(2,1) dst=(0,0) src=(0,0) wgt=(0,0)"), "");
  EXPECT_EQ(bench.run("gemm overwrite uop=[0,3) iter=(1,1) dst=(0,0) src=(0,0) wgt=(0,0)"), "");
  EXPECT_EQ(bench.run("store out sram=0 dram=0 y=1 x=2 stride=2"), "");
  EXPECT_EQ(bench.get(0, 8), (std::vector<int8_t>{30, 60, 90, 120, 20, 40, 60, 80}));
}

TEST(Machine, MacLeavesOutAlone) {
  Bench bench(small());
  bench.put<int8_t>(0x100, {1, 2, 3, 4});
  bench.put<int8_t>(0x200, std::vector<int8_t>(16, 1));
  bench.load_uops(0, {{}});
  EXPECT_EQ(bench.run("load inp sram=0 dram=64 y=1 x=1 stride=1"), "");
  EXPECT_EQ(bench.run("load wgt sram=0 dram=32 y=1 x=1 stride=1"), "");
  EXPECT_EQ(bench.run("load acc8 sram=0 dram=64 y=1 x=1 stride=1"), "");
  EXPECT_EQ(bench.run("mac uop=[0,1) iter=(1,1) dst=(0,0) src=(0,0) wgt=(0,0)"), "");
  EXPECT_EQ(bench.run("store out sram=0 dram=0 y=1 x=1 stride=1"), "");
  EXPECT_EQ(bench.run("alu add use_imm imm=0 uop=[0,1) iter=(1,1) dst=(0,0) src=(0,0)"), "");
  EXPECT_EQ(bench.run("store out sram=0 dram=1 y=1 x=1 stride=1"), "");
  EXPECT_EQ(bench.get(0, 8), (std::vector<int8_t>{1, 2, 3, 4, 11, 12, 13, 14}));
  EXPECT_EQ(bench.machine().macs(), 16u);
}

TEST(Machine, DepthwiseTakesAVectorOfWeightsForEachTap) {
  for (const int taps : {1, 2, 4}) {
    isa::HwConfig hardware = small();
    hardware.batch = 2;
    hardware.chosen_depthwise_width = taps;
    Bench bench(hardware);
    Rng rng(static_cast<uint64_t>(taps));
    std::vector<int8_t> inp(8 * 8), wgt(2 * 16);
    for (int8_t& value : inp) value = static_cast<int8_t>(rng.uniform(-128, 127));
    for (int8_t& value : wgt) value = static_cast<int8_t>(rng.uniform(-128, 127));
    bench.put(0x100, inp);
    bench.put(0x200, wgt);
    bench.load_uops(0, {{0, 1, 4}});
    EXPECT_EQ(bench.run("load inp sram=0 dram=32 y=1 x=8 stride=8"), "");
    EXPECT_EQ(bench.run("load wgt sram=0 dram=32 y=1 x=2 stride=2"), "");
    EXPECT_EQ(bench.run("mac depthwise overwrite uop=[0,1) iter=(1,3) dst=(0,1) src=(0,1) wgt=(0,0)"), "");
    EXPECT_EQ(bench.run("mac depthwise uop=[0,1) iter=(1,3) dst=(0,1) src=(0,1) wgt=(0,0)"), "");
    EXPECT_EQ(bench.run("alu add use_imm imm=0 uop=[0,1) iter=(1,3) dst=(0,1) src=(0,0)"), "");
    EXPECT_EQ(bench.run("store out sram=0 dram=0 y=1 x=3 stride=3"), "");
    std::vector<int8_t> expected;
    for (size_t step = 0; step < 3; ++step) {
      for (size_t lane = 0; lane < 8; ++lane) {
        int32_t sum = 0;
        for (size_t tap = 0; tap < static_cast<size_t>(taps); ++tap) {
          sum += 2 * inp[(step + 1 + tap) * 8 + lane] * wgt[(4 + tap) * 4 + lane % 4];
        }
        expected.push_back(static_cast<int8_t>(sum));
      }
    }
    EXPECT_EQ(bench.get(0, expected.size()), expected) << taps;
    EXPECT_EQ(bench.machine().macs(), static_cast<uint64_t>(6 * 8 * taps));
  }
}

/// 16 bytes of a lane's parameters.
void append_lane(Bytes& bytes, const std::vector<int32_t>& words) {
  for (const int32_t word : words) {
    for (int byte = 0; byte < 4; ++byte)
      bytes.push_back(static_cast<uint8_t>(static_cast<uint32_t>(word) >> (8 * byte)));
  }
}

TEST(Machine, RequantizeFollowsTheBuiltinsLaneByLane) {
  Rng rng(21);
  for (int round = 0; round < 40; ++round) {
    isa::HwConfig hardware = small();
    hardware.batch = 2;
    Bench bench(hardware);
    const bool tflite = round % 2 == 0, keep = round % 4 < 2;
    std::vector<int32_t> acc(2 * 8);
    for (int32_t& value : acc) value = static_cast<int32_t>(static_cast<int64_t>(rng.next()) >> rng.uniform(32, 56));
    struct Lane {
      int32_t bias, multiplier, left, right, zero_point, lo, hi;
    };
    std::vector<Lane> lanes;
    Bytes bytes;
    for (int i = 0; i < 8; ++i) {  // two elements
      Lane lane{static_cast<int32_t>(rng.next()) >> 12,       static_cast<int32_t>(rng.next()) & INT32_MAX,
                static_cast<int32_t>(rng.uniform(0, 31)),     static_cast<int32_t>(rng.uniform(0, 31)),
                static_cast<int32_t>(rng.uniform(-128, 127)), static_cast<int32_t>(rng.uniform(-128, 0)),
                static_cast<int32_t>(rng.uniform(0, 127))};
      if (rng.chance(0.5)) lane.left = 0;
      lanes.push_back(lane);
      append_lane(bytes, {lane.bias, lane.multiplier, lane.left | lane.right << 8,
                          (lane.zero_point & 0xff) | (lane.lo & 0xff) << 8 | (lane.hi & 0xff) << 16});
    }
    bench.put(0x100, acc);
    bench.put(0x400, bytes);
    bench.load_uops(0, {{}});
    EXPECT_EQ(bench.run("load prm sram=5 dram=16 y=1 x=2 stride=2"), "");
    EXPECT_EQ(bench.run("load acc sram=1 dram=8 y=1 x=2 stride=2"), "");
    EXPECT_EQ(bench.run(fmt::format("requantize{}{} iter=(2,1) dst=4+(1,0) src=1+(1,0) prm=5+1", keep ? " keep" : "",
                                    tflite ? " tflite" : "")),
              "");
    // All bytes of what it wrote: `out`, or the accumulators byte by byte.
    std::vector<int8_t> found, expected;
    for (int byte = 0; byte < (keep ? 4 : 1); ++byte) {
      // A shift of accumulators also shows them in `out`.
      const std::string shift =
          fmt::format("alu shr use_imm imm={} uop=[0,1) iter=(1,6) dst=(0,1) src=(0,0)", byte > 0 ? 8 : 0);
      if (keep) {
        EXPECT_EQ(bench.run(shift), "");
      }
      EXPECT_EQ(bench.run("store out sram=4 dram=0 y=1 x=2 stride=2"), "");
      const std::vector<int8_t> row = bench.get(0, 16);
      found.insert(found.end(), row.begin(), row.end());
      for (size_t i = 0; i < 16; ++i) {
        const Lane& lane = lanes[i / 8 * 4 + i % 4];
        const int32_t x = isa::builtin::add(acc[i], lane.bias);
        const int32_t r = tflite ? isa::builtin::requantize_tflite(x, lane.multiplier, lane.left, lane.right)
                                 : isa::builtin::requantize_single(x, lane.multiplier, lane.left, lane.right);
        const int32_t clamped = std::min(std::max(isa::builtin::add(r, lane.zero_point), lane.lo), lane.hi);
        expected.push_back(static_cast<int8_t>(keep ? r >> (8 * byte) : clamped));
      }
    }
    EXPECT_EQ(found, expected) << round;
  }
}

TEST(Machine, NothingHappensWhereACountIsZeroWhateverTheIndices) {
  Bench bench;
  EXPECT_EQ(bench.run("load inp sram=65535 dram=4294967295 y=0 x=9 stride=1 pad=(1,1,1,1)"), "");
  EXPECT_EQ(bench.run("load wgt sram=65535 dram=4294967295 y=9 x=0 stride=1 pad=(1,1,1,1)"), "");
  EXPECT_EQ(bench.run("store out sram=65535 dram=4294967295 y=0 x=0 stride=1"), "");
  EXPECT_EQ(bench.run("gemm uop=[9,9) iter=(1,1) dst=(2047,0) src=(0,0) wgt=(0,0)"), "");
  EXPECT_EQ(bench.run("gemm uop=[0,9) iter=(0,5) dst=(2047,2047) src=(0,0) wgt=(0,0)"), "");
  EXPECT_EQ(bench.run("alu add uop=[0,9) iter=(5,0) dst=(2047,2047) src=(0,0)"), "");
  for (const auto& [name, value] : bench.machine().counters()) EXPECT_EQ(value, 0u) << name;
}

TEST(Machine, NamesTheIndexThatIsBeyondABuffer) {
  Bench bench({}, 0x1000);
  bench.load_uops(8190, {{2046, 2039, 1019}, {2047, 2040, 1020}});
  EXPECT_EQ(bench.run("load uop sram=8191 dram=0 y=1 x=2 stride=1"),
            "load writes uop[8191..8192], which has 8192 elements");
  EXPECT_EQ(bench.run("load inp sram=2040 dram=0 y=2 x=2 stride=1 pad=(0,0,1,2)"),
            "load writes inp[2040..2049], which has 2048 elements");
  EXPECT_EQ(bench.run("store out sram=2047 dram=0 y=1 x=2 stride=1"),
            "store reads out[2047..2048], which has 2048 elements");
  EXPECT_EQ(bench.run("gemm uop=[8191,8193) iter=(1,1) dst=(0,0) src=(0,0) wgt=(0,0)"),
            "gemm runs micro-ops [8191, 8193) of 8192");
  const std::string gemm = "gemm uop=[8190,8192) iter=(2,3) ",
                    alu = "alu add uop=[8190,8192) iter=(2,3) dst=(0,0) src=(2,3)";
  EXPECT_EQ(
      bench.run(gemm + "dst=(1,0) src=(0,0) wgt=(0,0)"),
      "gemm reaches acc[2048], which has 2048 elements: micro-op 8191 has dst 2047, and the loops add 1 x 1 + 2 x 0");
  EXPECT_EQ(
      bench.run(gemm + "dst=(0,0) src=(2,3) wgt=(0,0)"),
      "gemm reaches inp[2048], which has 2048 elements: micro-op 8191 has src 2040, and the loops add 1 x 2 + 2 x 3");
  EXPECT_EQ(
      bench.run(gemm + "dst=(0,0) src=(0,0) wgt=(0,2)"),
      "gemm reaches wgt[1024], which has 1024 elements: micro-op 8191 has wgt 1020, and the loops add 1 x 0 + 2 x 2");
  EXPECT_EQ(bench.run(gemm + "reset dst=(0,0) src=(9,9) wgt=(9,9)"), "");
  EXPECT_EQ(
      bench.run(alu),
      "alu reaches acc[2048], which has 2048 elements: micro-op 8191 has src 2040, and the loops add 1 x 2 + 2 x 3");
  EXPECT_EQ(bench.run(alu + " use_imm imm=1"), "");
}

TEST(Machine, NamesTheIndexOfAnExtensionThatIsBeyondABuffer) {
  isa::HwConfig hardware = small();
  hardware.chosen_depthwise_width = 2;
  Bench bench(hardware);
  EXPECT_EQ(hardware.depth(Memory::kInp), 8192);
  EXPECT_EQ(hardware.depth(Memory::kWgt), 16384);
  bench.load_uops(0, {{0, 8188, 16382}, {0, 0, 3}});
  EXPECT_EQ(
      bench.run("mac depthwise uop=[0,1) iter=(4,1) dst=(0,0) src=(1,0) wgt=(0,0)"),
      "mac reaches inp[8192], which has 8192 elements: micro-op 0 has src 8188, and the loops add 3 x 1 + 0 x 0 and "
      "the taps 1");
  EXPECT_EQ(bench.run("mac depthwise uop=[0,1) iter=(5,1) dst=(0,0) src=(0,0) wgt=(16382,0)"),
            "mac reaches vector 81911 of wgt, which has 65536 vectors: micro-op 0 has wgt 16382, and the loops add 4 x "
            "16382 + 0 x 0 and the taps 1");
  EXPECT_EQ(bench.run("mac depthwise uop=[0,2) iter=(1,1) dst=(0,0) src=(0,0) wgt=(0,0)"),
            "mac: wgt 3 of micro-op 1 is not a multiple of depthwise_width 2");
  EXPECT_EQ(bench.run("mac depthwise uop=[0,1) iter=(2,2) dst=(0,0) src=(0,0) wgt=(2,3)"),
            "mac: the loops add 2 and 3 to wgt, of which one is not a multiple of depthwise_width 2");
  EXPECT_EQ(bench.run("mac depthwise uop=[0,1) iter=(2,1) dst=(0,0) src=(0,0) wgt=(2,3)"), "");
  EXPECT_EQ(bench.run("requantize iter=(3,2) dst=0+(4095,2) src=8000+(96,0) prm=250+3"),
            "requantize reaches acc[8192], which has 8192 elements: dst is 0, and the loops add 2 x 4095 + 1 x 2");
  EXPECT_EQ(bench.run("requantize iter=(3,2) dst=0+(0,0) src=0+(0,0) prm=250+3"),
            "requantize reaches prm[256], which has 256 elements: prm is 250, and the loops add 2 x 3 + 1 x 0");
  EXPECT_EQ(bench.run("requantize iter=(0,2) dst=0+(4095,2) src=8000+(96,0) prm=250+3"), "");
  EXPECT_EQ(
      bench.run("alu_extended sub uop=[0,1) iter=(1,5) dst=(0,0) src=(0,1)"),
      "alu_extended reaches acc[8192], which has 8192 elements: micro-op 0 has src 8188, and the loops add 0 x 0 + "
      "4 x 1");
}

TEST(Machine, NamesTheBytesThatAreBeyondDram) {
  Bench bench({}, 0x1000);
  EXPECT_EQ(bench.run("load inp sram=0 dram=254 y=2 x=1 stride=1"), "");
  EXPECT_EQ(bench.run("load inp sram=0 dram=254 y=2 x=1 stride=2"),
            "load reads DRAM [0xfe0, 0x1010), beyond the program's 0x1000 bytes");
  EXPECT_EQ(bench.run("store out sram=0 dram=4294967295 y=1 x=1 stride=0"),
            "store writes DRAM [0xffffffff0, 0x1000000000), beyond the program's 0x1000 bytes");
}

TEST(Machine, CountsMicroOpsAndBytes) {
  Bench bench(small());
  EXPECT_EQ(bench.run("load uop sram=0 dram=0 y=1 x=3 stride=3"), "");
  EXPECT_EQ(bench.run("load wgt sram=0 dram=0 y=2 x=2 stride=2 pad=(1,1,1,1)"), "");
  EXPECT_EQ(bench.run("gemm uop=[0,3) iter=(2,5) dst=(0,0) src=(0,0) wgt=(0,0)"), "");
  EXPECT_EQ(bench.run("gemm reset uop=[0,1) iter=(7,1) dst=(1,0) src=(0,0) wgt=(0,0)"), "");
  EXPECT_EQ(bench.run("alu max uop=[0,2) iter=(2,2) dst=(0,0) src=(0,0)"), "");
  EXPECT_EQ(bench.run("store out sram=0 dram=0 y=1 x=5 stride=5"), "");
  const Counters expected{{"gemm.uops", 30},          {"gemm.reset_uops", 7}, {"depthwise.uops", 0}, {"alu.uops", 8},
                          {"requantize.elements", 0}, {"uop.bytes", 24},      {"wgt.bytes", 64},     {"inp.bytes", 0},
                          {"acc.bytes", 0},           {"out.bytes", 20},      {"acc8.bytes", 0},     {"prm.bytes", 0}};
  EXPECT_EQ(bench.machine().counters(), expected);
  EXPECT_EQ(bench.machine().macs(), 30u * 16);
}

}  // namespace
}  // namespace tandem::sim
