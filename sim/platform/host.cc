#include "sim/platform/host.h"

#include "hw/registers.h"  // generated from hw/registers.svh
#include "support/check.h"

namespace tandem::sim::platform {

Host::Host(const sc_core::sc_module_name& name) : sc_module(name), bus("bus") { SC_THREAD(drive); }

void Host::start(std::vector<Start> starts) {
  starts_ = std::move(starts);
  go_.notify(sc_core::SC_ZERO_TIME);
}

void Host::drive() {
  constexpr uint32_t kStart = 1, kDone = 1;
  while (true) {
    wait(go_);
    for (const Start& each : starts_) {
      write(each.control + RegInsnCount, each.instruction_count);
      write(each.control + RegInsnAddr, static_cast<uint32_t>(each.instruction_address));
      write(each.control + RegInsnAddr + 4, static_cast<uint32_t>(each.instruction_address >> 32));
    }
    for (const Start& each : starts_) write(each.control + RegControl, kStart);
    for (const Start& each : starts_) {
      while ((read(each.control + RegStatus) & kDone) == 0) wait(each.accelerator->done);
    }
    sc_core::sc_pause();
  }
}

void Host::access(tlm::tlm_command command, uint64_t address, uint32_t& value) {
  tlm::tlm_generic_payload payload;
  payload.set_command(command);
  payload.set_address(address);
  payload.set_data_ptr(reinterpret_cast<uint8_t*>(&value));
  payload.set_data_length(sizeof value);
  payload.set_streaming_width(sizeof value);
  sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
  bus->b_transport(payload, delay);
  TANDEM_CHECK(payload.is_response_ok(), payload.get_response_string());
}

void Host::write(uint64_t address, uint32_t value) { access(tlm::TLM_WRITE_COMMAND, address, value); }

uint32_t Host::read(uint64_t address) {
  uint32_t value = 0;
  access(tlm::TLM_READ_COMMAND, address, value);
  return value;
}

}  // namespace tandem::sim::platform
