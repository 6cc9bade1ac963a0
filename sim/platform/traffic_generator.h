// A master that reads at a steady rate, to see what an accelerator loses to its neighbours on the memory.
#pragma once

#include <tlm_utils/simple_initiator_socket.h>

#include <systemc>

#include "sim/timing/microarchitecture.h"

namespace tandem::sim::platform {

struct Traffic {
  uint64_t begin = 0;  // of the addresses that it reads in turn
  uint64_t bytes = 0;
  uint32_t burst_bytes = 64;
  uint32_t every_cycles = 0;  // from burst to burst; 0: silent
};

class TrafficGenerator : public sc_core::sc_module {
 public:
  SC_HAS_PROCESS(TrafficGenerator);
  tlm_utils::simple_initiator_socket<TrafficGenerator> memory;

  explicit TrafficGenerator(const sc_core::sc_module_name& name);
  /// From now on, until the next call.
  void set(const Traffic& traffic);
  uint64_t bursts() const { return bursts_; }

 private:
  void run();

  sc_core::sc_event start_;
  Traffic traffic_;
  uint64_t offset_ = 0;
  uint64_t bursts_ = 0;
};

}  // namespace tandem::sim::platform
