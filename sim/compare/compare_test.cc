#include "sim/compare/compare.h"

#include <gtest/gtest.h>

#include "isa/random_program.h"
#include "sim/functional/functional_simulator.h"
#include "sim/platform/timing_simulator.h"

namespace tandem::sim {
namespace {

/// A simulator that stores one wrong bit where a program multiplies with `overwrite`: the others' meaning, but for
/// that.
class Wrong final : public Simulator {
 public:
  explicit Wrong(const isa::HwConfig& hardware) : right_(make_functional_simulator(hardware)) {}
  std::string name() const override { return "wrong"; }
  bool observe(Observer* observer) override { return right_->observe(observer); }
  Result<RunResult> run(const isa::Program& program, const Buffers& inputs, const RunLimits& limits) override {
    isa::Program changed = program;
    for (isa::EncodedInstruction& code : changed.code) {
      isa::Instruction instruction = isa::decode(program.hardware, code).value();
      if (auto* gemm = std::get_if<isa::Gemm>(&instruction); gemm != nullptr && gemm->overwrite) {
        gemm->overwrite = false;
        code = isa::encode(program.hardware, instruction);
      }
    }
    return right_->run(changed, inputs, limits);
  }

 private:
  std::unique_ptr<Simulator> right_;
};

isa::Program random_program(uint64_t seed) {
  Rng rng(seed);
  return isa::random_program({}, rng, {40, false, true});
}

TEST(Compare, SimulatorsThatAgreeDoNotPart) {
  const std::unique_ptr<Simulator> functional = make_functional_simulator({}), timing = make_timing_simulator({});
  for (uint64_t seed = 0; seed < 10; ++seed) {
    const isa::Program program = random_program(seed);
    const Observation a = observe(*functional, program, {}), b = observe(*timing, program, {});
    const std::optional<Difference> none = difference(program, a, b, {/*cycles=*/false});
    EXPECT_FALSE(none.has_value()) << none->instruction << ": " << none->what;
    for (const InstructionRecord& record : b.instructions) {
      EXPECT_TRUE(record.started && record.retired);
      EXPECT_LE(record.start_cycle, record.retire_cycle);
    }
  }
}

TEST(Compare, AnotherMemoryPartsAtTheFirstLoad) {
  const std::unique_ptr<Simulator> fast = make_timing_simulator({}), slow = make_timing_simulator({}, {"slow", 40, 32});
  const isa::Program program = random_program(5);
  const CompareOptions cycles;
  const std::optional<Difference> first =
      difference(program, observe(*fast, program, {}), observe(*slow, program, {}), cycles);
  ASSERT_TRUE(first.has_value());
  EXPECT_NE(first->what.find("starts in cycle "), std::string::npos) << first->what;
  const Shrunk shrunk = shrink(*fast, *slow, program, {}, cycles);
  EXPECT_EQ(shrunk.program.code.size(), 1u) << "FINISH alone is read from memory";
  EXPECT_EQ(shrunk.first.instruction, 0);
}

TEST(Compare, AWrongInstructionIsShrunkToItself) {
  const std::unique_ptr<Simulator> right = make_functional_simulator({});
  Wrong wrong({});
  int differed = 0;
  for (uint64_t seed = 0; seed < 20 && differed < 3; ++seed) {
    const isa::Program program = random_program(seed);
    const CompareOptions data{false};
    if (!difference(program, observe(*right, program, {}), observe(wrong, program, {}), data)) continue;
    ++differed;
    const Shrunk shrunk = shrink(*right, wrong, program, {}, data, 400);
    EXPECT_LT(shrunk.program.code.size(), program.code.size() / 2);
    EXPECT_TRUE(isa::check(shrunk.program).empty());
    EXPECT_EQ(shrunk.first.what, "stores other bytes");
    int overwriting = 0;
    for (const isa::EncodedInstruction& code : shrunk.program.code) {
      const isa::Instruction instruction = isa::decode(program.hardware, code).value();
      const auto* gemm = std::get_if<isa::Gemm>(&instruction);
      overwriting += gemm != nullptr && gemm->overwrite;
    }
    EXPECT_EQ(overwriting, 1) << isa::disassemble(shrunk.program);
  }
  EXPECT_GT(differed, 0);
}

}  // namespace
}  // namespace tandem::sim
