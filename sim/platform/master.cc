#include "sim/platform/master.h"

#include <cstring>

namespace tandem::sim::platform {

Accelerator::Accelerator(const sc_core::sc_module_name& name) : sc_module(name), control("control"), memory("memory") {
  control.register_b_transport(this, &Accelerator::transport);
}

void Accelerator::transport(tlm::tlm_generic_payload& transaction, sc_core::sc_time&) {
  constexpr uint32_t kRegisterBytes = 4;
  if (transaction.get_data_length() != kRegisterBytes || transaction.get_address() % kRegisterBytes != 0) {
    transaction.set_response_status(tlm::TLM_BURST_ERROR_RESPONSE);
    return;
  }
  const auto offset = static_cast<uint32_t>(transaction.get_address());
  uint32_t value = 0;
  if (transaction.is_write()) {
    std::memcpy(&value, transaction.get_data_ptr(), kRegisterBytes);
    write_register(offset, value);
  } else {
    value = read_register(offset);
    std::memcpy(transaction.get_data_ptr(), &value, kRegisterBytes);
  }
  transaction.set_response_status(tlm::TLM_OK_RESPONSE);
}

}  // namespace tandem::sim::platform
