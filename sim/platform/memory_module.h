// The DRAM as a TLM-2.0 target: sim/dram's schedule for time, plain memory for data.
#pragma once

#include <tlm_utils/simple_target_socket.h>

#include <cstdlib>
#include <memory>
#include <systemc>

#include "sim/dram/dram_schedule.h"
#include "sim/platform/burst.h"

namespace tandem::sim::platform {

class MemoryModule : public sc_core::sc_module {
 public:
  tlm_utils::simple_target_socket<MemoryModule> socket;

  explicit MemoryModule(const sc_core::sc_module_name& name);
  /// Zeros of `bytes` with this timing, whose refreshes count from now on. False where the host has no room for them.
  bool reset(const DramTiming& timing, uint64_t bytes);
  uint8_t* bytes() { return bytes_.get(); }
  uint64_t read_bytes() const { return read_bytes_; }
  uint64_t written_bytes() const { return written_bytes_; }

 private:
  void transport(tlm::tlm_generic_payload& transaction, sc_core::sc_time& delay);
  bool get_direct_mem_ptr(tlm::tlm_generic_payload& transaction, tlm::tlm_dmi& dmi);

  struct Free {
    void operator()(uint8_t* bytes) const { std::free(bytes); }
  };
  std::unique_ptr<uint8_t[], Free> bytes_;
  uint64_t size_ = 0;
  DramSchedule schedule_{DramTiming{}};
  timing::Cycle origin_ = 0;
  uint64_t read_bytes_ = 0, written_bytes_ = 0;
};

}  // namespace tandem::sim::platform
