// The accelerator as a SystemC module that counts the RTL's cycles (sim/timing): it wakes up where it needs memory, not
// at a clock.
#pragma once

#include <memory>

#include "sim/platform/burst.h"
#include "sim/platform/master.h"

namespace tandem::sim::platform {

class TimingAccelerator : public Accelerator, private timing::MemoryPort {
 public:
  SC_HAS_PROCESS(TimingAccelerator);
  explicit TimingAccelerator(const sc_core::sc_module_name& name);
  ~TimingAccelerator() override { payload_.clear_extension(&burst_); }
  void prepare(const Job& job) override;
  Outcome outcome() const override;

 protected:
  void write_register(uint32_t offset, uint32_t value) override;
  uint32_t read_register(uint32_t offset) override;

 private:
  void run();
  void read(timing::Cycle cycle, uint64_t address, uint32_t beats, const timing::BeatRun& run,
            timing::Ring<timing::BeatRun>& to) override;
  timing::Cycle write(timing::Cycle cycle, uint64_t address, uint32_t beats) override;
  void transport(tlm::tlm_command command, uint64_t address, uint32_t beats);

  Job job_;
  std::unique_ptr<timing::ProgramSteps> steps_;
  std::unique_ptr<timing::Accelerator> core_;
  sc_core::sc_event start_;
  timing::Cycle origin_ = 0;  // of the run, in cycles of the simulation
  timing::Cycle next_ = 0;    // of the run
  bool running_ = false, over_ = false, passed_limit_ = false;
  uint32_t instruction_count_ = 0;
  uint64_t instruction_address_ = 0;
  tlm::tlm_generic_payload payload_;
  Burst burst_;
};

}  // namespace tandem::sim::platform
