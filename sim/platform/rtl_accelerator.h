// The Verilated accelerator as a SystemC module, in the place of the timing model: one wake-up a clock cycle. Its AXI
// handshakes are the harness's (sim/rtl/harness), inputs sampled before the edge and driven after it; each burst
// becomes one TLM transaction, as the timing model's.
#pragma once

#include <vector>

#include "sim/platform/burst.h"
#include "sim/platform/master.h"
#include "sim/rtl/rtl_model.h"
#include "sim/rtl/rtl_run.h"

namespace tandem::sim::platform {

class RtlAccelerator : public Accelerator {
 public:
  SC_HAS_PROCESS(RtlAccelerator);
  explicit RtlAccelerator(const sc_core::sc_module_name& name);
  ~RtlAccelerator() override;
  void prepare(const Job& job) override;
  Outcome outcome() const override;

 protected:
  void write_register(uint32_t offset, uint32_t value) override;
  uint32_t read_register(uint32_t offset) override;

 private:
  void clock();
  void begin();
  void transport(tlm::tlm_command command, uint64_t address, uint32_t beats);

  Job job_;
  std::vector<uint64_t> retired_;
  TandemRtlRun run_{};
  RtlWatch watch_;
  std::optional<RtlModel::Device> device_;
  void* begun_ = nullptr;
  sc_core::sc_event start_;
  timing::Cycle origin_ = 0;
  bool running_ = false, over_ = false;
  uint32_t instruction_count_ = 0;
  uint64_t instruction_address_ = 0;
  tlm::tlm_generic_payload payload_;
  Burst burst_;
  timing::Ring<timing::BeatRun> beats_;
};

}  // namespace tandem::sim::platform
