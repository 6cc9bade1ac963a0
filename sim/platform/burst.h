// One AXI burst as one TLM-2.0 transaction: what a generic payload does not say about its beats in time.
#pragma once

#include <tlm>

#include "sim/timing/memory_port.h"

namespace tandem::sim::platform {

/// A cycle of the one clock. All times are whole cycles.
sc_core::sc_time cycles_to_time(timing::Cycle cycles);
timing::Cycle time_to_cycles(const sc_core::sc_time& time);
/// Within a cycle masters take turns by their number, whatever order the kernel runs them in.
sc_core::sc_time turn_in_cycle(uint32_t master);

/// Attached to a b_transport of a whole burst, called in the cycle in which its address (a read) or its last beat (a
/// write) is taken. The target answers at once, without waiting: with the cycles in which beats or response are
/// offered. Masters that do not attach one find the end of their burst in the delay, as usual.
struct Burst : tlm::tlm_extension<Burst> {
  timing::Cycle origin = 0;  // in: the cycle of the simulation from which the master's cycles count
  uint32_t bus_bytes = 0;    // in: of a beat
  timing::BeatRun who;       // in: of a read
  timing::Ring<timing::BeatRun>* beats = nullptr;  // out: of a read, appended
  timing::Cycle response = 0;                      // out: of a write
  bool has_data = false;                           // else the data pointer is null, and only time passes

  tlm::tlm_extension_base* clone() const override { return new Burst(*this); }
  void copy_from(const tlm::tlm_extension_base& other) override { *this = static_cast<const Burst&>(other); }
};

}  // namespace tandem::sim::platform
