// A program for the timing model: decoded as it is fetched, checked and, with data, executed as its instructions start.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "isa/program.h"
#include "sim/api/instruction_checks.h"
#include "sim/api/observer.h"
#include "sim/functional/machine.h"
#include "sim/timing/accelerator.h"

namespace tandem::sim::timing {

class ProgramSteps final : public Steps {
 public:
  /// Without `dram` no data move: micro-ops are those of the program's segments. All three outlive it.
  ProgramSteps(const isa::Program& program, std::optional<DramView> dram, Observer* observer);

  uint32_t count() const override { return static_cast<uint32_t>(program_.code.size()); }
  const Step& step(uint32_t instruction) override {
    while (decoded_ <= instruction) decode();
    return steps_[instruction];
  }
  const isa::Uop* uops() const override { return uops_.data(); }
  bool started(Cycle cycle, uint32_t instruction) override;
  void retired(Cycle cycle, uint32_t instruction) override;
  bool watched() const override { return observer_ != nullptr; }
  void does(Cycle cycle, Unit unit, Activity activity) override { observer_->does(cycle, unit, activity); }

  /// Of an instruction that may not be executed, or could not be.
  std::optional<InstructionFault> fault(uint32_t instruction) const;
  const std::vector<Cycle>& retire_cycles() const { return retire_cycles_; }

  /// Work of the instructions that have started.
  struct Work {
    uint64_t gemm_steps = 0, alu_steps = 0, requantized = 0, depthwise_steps = 0;
    std::vector<uint64_t> bytes;  // by isa::Memory
  };
  const Work& work() const { return work_; }
  uint64_t macs() const;

 private:
  void decode();
  void load_uops(const isa::Load& load);
  /// `size` bytes of the initial DRAM; nothing where no segment holds them.
  const uint8_t* segment_bytes(uint64_t address, uint64_t size) const;
  void count(const isa::Instruction& instruction);

  const isa::Program& program_;
  const Microarchitecture machine_;
  const isa::Codec codec_;
  std::optional<DramView> dram_;
  std::unique_ptr<Machine> data_;
  Observer* observer_;
  uint32_t decoded_ = 0;
  std::vector<Step> steps_;
  std::vector<isa::Instruction> instructions_;
  std::vector<std::pair<uint32_t, InstructionFault>> faults_;
  std::vector<isa::Uop> uops_;
  std::vector<Cycle> retire_cycles_;
  Work work_;
};

}  // namespace tandem::sim::timing
