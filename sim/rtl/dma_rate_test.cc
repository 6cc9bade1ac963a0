// How fast LOAD and STORE move data, to the cycle: a bus beat per cycle from any element's start, over buses of 8 to 64
// bytes and elements narrower and wider than them; and how they cut blocks into bursts.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "isa/program.h"
#include "sim/rtl/rtl_simulator.h"
#include "support/environment.h"

namespace tandem::sim {
namespace {

using isa::Memory;

isa::HwConfig test_hardware(const std::string& name) {
  return isa::load_hw(checkout_path("configs/hw/test/" + name + ".yaml")).value();
}

/// Elements of 4, 16, 32, 64 and 128 bytes on the widest bus.
isa::HwConfig widest_bus() {
  isa::HwConfig hardware = test_hardware("b1_4x4");
  hardware.name = "widest_bus";
  hardware.batch = 8;
  hardware.bus_bytes = 64;
  hardware.acc_buffer_bytes = 16 * 1024;
  hardware.inp_buffer_bytes = 16 * 1024;
  return hardware;
}

struct Block {
  int64_t start = 0;  // element in DRAM, from a multiple of the bus on
  int64_t elements = 1;
  int64_t rows = 1;
  int64_t stride = 1;
};

class Device {
 public:
  explicit Device(const isa::HwConfig& hardware) : hardware_(hardware) {
    RtlModelOptions options;
    options.assertions = hardware.name == "b1_4x4";  // as all tests have it
    simulator_ = make_rtl_simulator(hardware, {}, options).value();
  }

  /// Cycles of a program of one LOAD of `memory` (a STORE for kOut).
  int64_t cycles(Memory memory, const Block& block) {
    isa::Program program;
    program.name = "p";
    program.hardware = hardware_;
    program.dram_bytes = 4 * kData;
    const auto move = [&](auto instruction) {
      instruction.mem_type = memory;
      instruction.dram_base = static_cast<uint32_t>(first(memory) + block.start);
      instruction.y_size = static_cast<uint32_t>(block.rows);
      instruction.x_size = static_cast<uint32_t>(block.elements);
      instruction.x_stride = static_cast<uint32_t>(block.stride);
      program.code.push_back(isa::encode(hardware_, instruction));
    };
    if (memory == Memory::kOut) {
      move(isa::Store{});
    } else {
      move(isa::Load{});
    }
    program.code.push_back(isa::encode(hardware_, isa::Finish{}));
    const Result<RunResult> result = simulator_->run(program, {});
    if (!result.ok()) {
      ADD_FAILURE() << render(result.error());
      return 0;
    }
    return static_cast<int64_t>(result->cycles);
  }

  /// Beats that hold elements of the block.
  int64_t beats(Memory memory, const Block& block) const {
    const int64_t element = hardware_.element_bytes(memory), bus = hardware_.bus_bytes;
    int64_t sum = 0;
    for (int64_t row = 0; row < block.rows; ++row) {
      const int64_t begin = (first(memory) + block.start + row * block.stride) * element;
      sum += (begin + block.elements * element - 1) / bus - begin / bus + 1;
    }
    return sum;
  }

  const isa::HwConfig& hardware() const { return hardware_; }

 private:
  static constexpr int64_t kData = 0x10000;  // a page of its own
  int64_t first(Memory memory) const { return kData / hardware_.element_bytes(memory); }

  isa::HwConfig hardware_;
  std::unique_ptr<Simulator> simulator_;
};

class DmaRates : public ::testing::TestWithParam<const char*> {};

/// The rule: a beat per cycle where the element is at least a bus word, or both ends of a row are bus-aligned; never
/// less than an element per cycle otherwise. What holds is more: always a beat per cycle.
TEST_P(DmaRates, ABeatPerCycleFromAnyStart) {
  const std::string name = GetParam();
  Device device(name == "widest_bus" ? widest_bus() : name == "vta_default" ? isa::HwConfig{} : test_hardware(name));
  const int64_t bus = device.hardware().bus_bytes;
  for (const Memory memory :
       {Memory::kUop, Memory::kInp, Memory::kWgt, Memory::kAcc, Memory::kAcc8, Memory::kPrm, Memory::kOut}) {
    const int64_t element = device.hardware().element_bytes(memory), depth = device.hardware().depth(memory);
    const int64_t lanes = std::max<int64_t>(bus / element, 1);  // elements of a beat
    if (depth == 0) continue;
    const int64_t one = device.cycles(memory, {});
    for (const int64_t start : {int64_t{0}, int64_t{1}, lanes - 1}) {
      for (const int64_t elements : {int64_t{1}, lanes - 1, lanes, lanes + 1, int64_t{37}}) {
        // Rows long enough for the reads that this design has in flight, some of them.
        const int64_t rows = elements == 37 ? 3 : 1;
        if (elements == 0 || elements * rows > depth) continue;
        const Block block{start, elements, rows, elements + 5};
        const bool full_rate = element >= bus || (rows == 1 && start % lanes == 0 && elements % lanes == 0);
        const int64_t beats = device.beats(memory, block);
        const int64_t allowed = full_rate ? rows * elements * element / bus : rows * elements;
        SCOPED_TRACE(fmt::format("{}: {} x {} elements of {} bytes from {} on, {} beats", isa::info(memory).name, rows,
                                 elements, element, start, beats));
        ASSERT_LE(beats, std::max<int64_t>(allowed, 1));
        EXPECT_EQ(device.cycles(memory, block) - one, beats - device.beats(memory, {}));
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Buses, DmaRates, ::testing::Values("vta_default", "b1_4x4", "b4_32x8", "widest_bus"),
                         [](const auto& test) { return std::string(test.param); });

// Every row is a burst of one beat: as many are in flight as the memory's latency takes.
TEST(DmaRate, ABeatPerCycleInRowsOfOneBeat) {
  Device narrow{isa::HwConfig{}}, equal(test_hardware("b1_32x32"));
  EXPECT_EQ(narrow.cycles(Memory::kUop, {0, 1, 400, 2}) - narrow.cycles(Memory::kUop, {0, 1, 100, 2}), 300);
  EXPECT_EQ(equal.cycles(Memory::kOut, {0, 1, 400, 1}) - equal.cycles(Memory::kOut, {0, 1, 100, 1}), 300);
}

// One read in flight: every further burst costs a round trip, so that cycles count the bursts.
TEST(DmaBursts, HaveUpTo256BeatsAndStayWithin4KiB) {
  Device device(test_hardware("b2_8x8"));
  const int64_t element = device.hardware().element_bytes(Memory::kInp), beats = element / device.hardware().bus_bytes;
  const auto more = [&](int64_t start, int64_t elements) {  // than the beats take
    return device.cycles(Memory::kInp, {start, elements, 1, 1}) - elements * beats;
  };
  const int64_t most = 256 / beats, page = 4096 / element;
  const int64_t alone = more(0, 1), round_trip = more(0, most + 1) - alone;
  EXPECT_GT(round_trip, 32);
  for (const int64_t elements : {int64_t{2}, int64_t{37}, most - 1, most})
    EXPECT_EQ(more(0, elements), alone) << elements;
  for (const int64_t elements : {most + 1, 2 * most}) EXPECT_EQ(more(0, elements), alone + round_trip) << elements;
  EXPECT_EQ(more(0, 2 * most + 1), alone + 2 * round_trip);
  // A page ends in the midst.
  EXPECT_EQ(more(page - 1, 1), alone);
  EXPECT_EQ(more(page - 1, 2), alone + round_trip);
  EXPECT_EQ(more(page - 1, most + 1), alone + round_trip);
  EXPECT_EQ(more(page - 1, most + 2), alone + 2 * round_trip);
}

}  // namespace
}  // namespace tandem::sim
