#include "sim/platform/rtl_accelerator.h"

#include "hw/registers.h"  // generated from hw/registers.svh
#include "isa/access.h"
#include "sim/api/program_memory.h"
#include "support/check.h"

namespace tandem::sim::platform {

RtlAccelerator::RtlAccelerator(const sc_core::sc_module_name& name) : Accelerator(name) {
  SC_METHOD(clock);
  sensitive << start_;
  dont_initialize();
  payload_.set_extension(&burst_);
}

RtlAccelerator::~RtlAccelerator() { payload_.clear_extension(&burst_); }

void RtlAccelerator::prepare(const Job& job) {
  job_ = job;
  device_.reset();
  running_ = over_ = false;
  burst_.bus_bytes = static_cast<uint32_t>(job.program->hardware.bus_bytes);
}

void RtlAccelerator::write_register(uint32_t offset, uint32_t value) {
  constexpr uint32_t kStart = 1;
  switch (offset) {
    case RegInsnCount:
      instruction_count_ = value;
      break;
    case RegInsnAddr:
      instruction_address_ = (instruction_address_ >> 32 << 32) | value;
      break;
    case RegInsnAddr + 4:
      instruction_address_ = (instruction_address_ & 0xffff'ffffu) | uint64_t{value} << 32;
      break;
    case RegControl:
      if ((value & kStart) == 0 || running_ || job_.program == nullptr) break;
      running_ = true;
      over_ = false;
      start_.notify(turn_in_cycle(job_.number));
      break;
    default:
      break;
  }
}

uint32_t RtlAccelerator::read_register(uint32_t offset) {
  constexpr uint32_t kDone = 1, kBusy = 2;
  switch (offset) {
    case RegStatus:
      return (over_ ? kDone : 0) | (running_ ? kBusy : 0);
    case RegCycles:
      return static_cast<uint32_t>(run_.cycles);
    case RegCycles + 4:
      return static_cast<uint32_t>(run_.cycles >> 32);
    default:
      return 0;
  }
}

void RtlAccelerator::begin() {
  tlm::tlm_dmi dmi;
  payload_.set_address(job_.window);
  TANDEM_CHECK(memory->get_direct_mem_ptr(payload_, dmi), "the platform's memory can be reached directly");
  origin_ = time_to_cycles(sc_core::sc_time_stamp());
  retired_.assign(instruction_count_, 0);
  run_ = {};
  run_.dram = dmi.get_dmi_ptr() + (job_.window - dmi.get_start_address());
  run_.dram_bytes = isa::memory_bytes(*job_.program);
  run_.code_address = instruction_address_;
  run_.instruction_count = instruction_count_;
  run_.max_cycles = job_.limit_cycles;
  run_.retire_cycles = retired_.data();
  run_.port = this;
  run_.port_read = [](void* self, uint64_t, uint64_t address, uint32_t beats, void* pieces,
                      void (*piece)(void*, uint32_t, uint64_t)) {
    auto& port = *static_cast<RtlAccelerator*>(self);
    port.burst_.beats = &port.beats_;
    port.transport(tlm::TLM_READ_COMMAND, address, beats);
    for (; !port.beats_.empty(); port.beats_.pop())
      piece(pieces, port.beats_.front().beats, port.beats_.front().ready_cycle);
  };
  run_.port_write = [](void* self, uint64_t, uint64_t address, uint32_t beats) -> uint64_t {
    auto& port = *static_cast<RtlAccelerator*>(self);
    port.transport(tlm::TLM_WRITE_COMMAND, address, beats);
    return port.burst_.response;
  };
  watch_ = {job_.observer, run_.dram};
  if (job_.observer != nullptr) watch_.attach(run_);
  device_ = job_.rtl->open();
  begun_ = job_.rtl->begin(device_->get(), &run_);
}

void RtlAccelerator::transport(tlm::tlm_command command, uint64_t address, uint32_t beats) {
  burst_.origin = origin_;
  burst_.who = {};
  payload_.set_command(command);
  payload_.set_address(job_.window + address);
  payload_.set_data_ptr(nullptr);
  payload_.set_data_length(beats * burst_.bus_bytes);
  payload_.set_streaming_width(beats * burst_.bus_bytes);
  payload_.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
  sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
  memory->b_transport(payload_, delay);
  if (payload_.is_response_ok()) return;
  // Nothing there: the harness answers with an error, as soon as it may.
  const timing::Cycle now = time_to_cycles(sc_core::sc_time_stamp()) - origin_;
  burst_.response = now + 1;
  if (command == tlm::TLM_READ_COMMAND) beats_.push({now + 1, beats, 0, true, false});
}

/// A cycle of the clock.
void RtlAccelerator::clock() {
  if (begun_ == nullptr) begin();
  if (job_.rtl->step(begun_)) return next_trigger(cycles_to_time(1));
  job_.rtl->end(begun_);
  begun_ = nullptr;
  device_.reset();
  running_ = false;
  over_ = true;
  done.notify(sc_core::SC_ZERO_TIME);
}

Outcome RtlAccelerator::outcome() const {
  Outcome outcome;
  outcome.passed_limit = run_.status == kTandemRtlCycleLimit;
  outcome.error = rtl_error(run_);
  const Result<void> verdict = rtl_verdict(*job_.program, run_, {job_.limit_cycles});
  if (!verdict.ok()) {
    outcome.what = verdict.error();
    return outcome;
  }
  RunResult result;
  rtl_counters(job_.program->hardware, run_, result);
  outcome.cycles = run_.cycles;
  outcome.macs = result.macs;
  outcome.counters = std::move(result.counters);
  outcome.mark_cycles = mark_cycles(*job_.program, retired_);
  return outcome;
}

}  // namespace tandem::sim::platform
