// What all accelerators of the platform have in common, whether they count the RTL's cycles or are the RTL: registers
// behind a target socket, memory behind an initiator socket, and a program that is given to them before the driver
// starts it.
#pragma once

#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include <optional>
#include <systemc>

#include "sim/api/simulator.h"
#include "sim/rtl/rtl_model.h"
#include "sim/timing/program_steps.h"

namespace tandem::sim::platform {

/// What a run needs besides the registers. Everything outlives the run.
struct Job {
  const isa::Program* program = nullptr;
  uint32_t number = 0;  // of the accelerator in its setup
  uint64_t window = 0;  // where the program's address 0 lies in the platform's memory
  bool data = true;
  const RtlModel* rtl = nullptr;  // run on it in place of the timing model; needs data
  uint64_t limit_cycles = 0;      // 0: none
  Observer* observer = nullptr;
};

/// How it ended.
struct Outcome {
  uint64_t cycles = 0;
  bool passed_limit = false;
  std::optional<RunError> error;
  std::optional<Diagnostic> what;
  uint64_t macs = 0;
  Counters counters;
  std::vector<uint64_t> mark_cycles;
};

class Accelerator : public sc_core::sc_module {
 public:
  tlm_utils::simple_target_socket<Accelerator> control;
  tlm_utils::simple_initiator_socket<Accelerator> memory;
  sc_core::sc_event done;  // a run is over

  explicit Accelerator(const sc_core::sc_module_name& name);
  /// A full reset, with the job of the next run.
  virtual void prepare(const Job& job) = 0;
  virtual Outcome outcome() const = 0;

 protected:
  virtual void write_register(uint32_t offset, uint32_t value) = 0;
  virtual uint32_t read_register(uint32_t offset) = 0;

 private:
  void transport(tlm::tlm_generic_payload& transaction, sc_core::sc_time& delay);
};

}  // namespace tandem::sim::platform
