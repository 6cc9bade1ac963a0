#include "sim/platform/memory_module.h"

#include <algorithm>
#include <cstring>

namespace tandem::sim::platform {
namespace {

constexpr uint32_t kPlainBytes = 8;  // of a beat of masters that do not say

}  // namespace

MemoryModule::MemoryModule(const sc_core::sc_module_name& name) : sc_module(name), socket("socket") {
  socket.register_b_transport(this, &MemoryModule::transport);
  socket.register_get_direct_mem_ptr(this, &MemoryModule::get_direct_mem_ptr);
}

bool MemoryModule::reset(const DramTiming& timing, uint64_t bytes) {
  bytes_.reset(static_cast<uint8_t*>(std::calloc(std::max<uint64_t>(bytes, 1), 1)));
  size_ = bytes_ == nullptr ? 0 : bytes;
  schedule_ = DramSchedule(timing);
  origin_ = time_to_cycles(sc_core::sc_time_stamp());
  read_bytes_ = written_bytes_ = 0;
  return bytes_ != nullptr;
}

void MemoryModule::transport(tlm::tlm_generic_payload& transaction, sc_core::sc_time& delay) {
  const timing::Cycle now = time_to_cycles(sc_core::sc_time_stamp() + delay);
  const uint64_t address = transaction.get_address();
  const uint32_t length = transaction.get_data_length();
  Burst* burst = nullptr;
  transaction.get_extension(burst);
  const bool data = burst == nullptr || burst->has_data;
  if (data && (address > size_ || length > size_ - address)) {
    transaction.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
    return;
  }
  const uint32_t width = burst == nullptr ? kPlainBytes : burst->bus_bytes;
  const uint32_t beats = (length + width - 1) / width;
  if (transaction.is_read()) {
    read_bytes_ += length;
    timing::Cycle end = now;
    uint32_t left = beats;
    schedule_.read(now - origin_, address, beats, width, [&](uint32_t count, timing::Cycle ready) {
      left -= count;
      end = ready + origin_ + count;
      if (burst == nullptr) return;
      timing::BeatRun run = burst->who;
      run.ready_cycle = ready + origin_ - burst->origin;
      run.beats = count;
      run.burst_end = left == 0;
      run.block_end = run.block_end && left == 0;
      burst->beats->push(run);
    });
    if (data) std::memcpy(transaction.get_data_ptr(), bytes_.get() + address, length);
    if (burst == nullptr) delay += cycles_to_time(end - now);
  } else {
    written_bytes_ += length;
    const timing::Cycle response = schedule_.write(now - origin_, address, beats, width) + origin_;
    if (data) std::memcpy(bytes_.get() + address, transaction.get_data_ptr(), length);
    if (burst != nullptr) {
      burst->response = response - burst->origin;
    } else {
      delay += cycles_to_time(response - now);
    }
  }
  transaction.set_dmi_allowed(true);
  transaction.set_response_status(tlm::TLM_OK_RESPONSE);
}

bool MemoryModule::get_direct_mem_ptr(tlm::tlm_generic_payload&, tlm::tlm_dmi& dmi) {
  if (size_ == 0) return false;
  dmi.set_dmi_ptr(bytes_.get());
  dmi.set_start_address(0);
  dmi.set_end_address(size_ - 1);
  dmi.allow_read_write();
  return true;
}

}  // namespace tandem::sim::platform
