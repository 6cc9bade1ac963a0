#include "sim/platform/burst.h"

namespace tandem::sim::platform {
namespace {

// SystemC's default resolution is a picosecond; the clock's period is a nanosecond of simulated time.
constexpr sc_core::sc_time::value_type kPeriod = 1000;

}  // namespace

sc_core::sc_time cycles_to_time(timing::Cycle cycles) { return sc_core::sc_time::from_value(cycles * kPeriod); }
sc_core::sc_time turn_in_cycle(uint32_t master) { return sc_core::sc_time::from_value(master + 1); }
timing::Cycle time_to_cycles(const sc_core::sc_time& time) { return time.value() / kPeriod; }

}  // namespace tandem::sim::platform
