#include "sim/platform/traffic_generator.h"

#include "sim/platform/burst.h"

namespace tandem::sim::platform {

TrafficGenerator::TrafficGenerator(const sc_core::sc_module_name& name) : sc_module(name), memory("memory") {
  SC_METHOD(run);
  sensitive << start_;
  dont_initialize();
}

void TrafficGenerator::set(const Traffic& traffic) {
  traffic_ = traffic;
  offset_ = bursts_ = 0;
  start_.cancel();
  if (traffic_.every_cycles != 0) start_.notify(sc_core::SC_ZERO_TIME);
}

void TrafficGenerator::run() {
  if (traffic_.every_cycles == 0) return;
  std::vector<uint8_t> bytes(traffic_.burst_bytes);
  tlm::tlm_generic_payload payload;
  payload.set_command(tlm::TLM_READ_COMMAND);
  payload.set_address(traffic_.begin + offset_);
  payload.set_data_ptr(bytes.data());
  payload.set_data_length(traffic_.burst_bytes);
  payload.set_streaming_width(traffic_.burst_bytes);
  sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
  memory->b_transport(payload, delay);
  ++bursts_;
  offset_ += traffic_.burst_bytes;
  if (offset_ + traffic_.burst_bytes > traffic_.bytes) offset_ = 0;
  start_.notify(cycles_to_time(traffic_.every_cycles));
}

}  // namespace tandem::sim::platform
