// The host: a driver that starts accelerators through their registers, as software would, and waits for them.
#pragma once

#include <tlm_utils/simple_initiator_socket.h>

#include <systemc>
#include <vector>

#include "sim/platform/master.h"

namespace tandem::sim::platform {

class Host : public sc_core::sc_module {
 public:
  SC_HAS_PROCESS(Host);
  tlm_utils::simple_initiator_socket<Host> bus;

  struct Start {
    Accelerator* accelerator = nullptr;
    uint64_t control = 0;  // where its registers lie
    uint32_t instruction_count = 0;
    uint64_t instruction_address = 0;
  };

  explicit Host(const sc_core::sc_module_name& name);
  /// Starts all in the next delta cycle, and pauses the simulation when all are done.
  void start(std::vector<Start> starts);

 private:
  void drive();
  void write(uint64_t address, uint32_t value);
  uint32_t read(uint64_t address);
  void access(tlm::tlm_command command, uint64_t address, uint32_t& value);

  sc_core::sc_event go_;
  std::vector<Start> starts_;
};

}  // namespace tandem::sim::platform
