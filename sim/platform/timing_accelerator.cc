#include "sim/platform/timing_accelerator.h"

#include "hw/registers.h"  // generated from hw/registers.svh
#include "isa/access.h"
#include "sim/api/program_memory.h"
#include "sim/timing/verdict.h"

namespace tandem::sim::platform {

using timing::Cycle;

TimingAccelerator::TimingAccelerator(const sc_core::sc_module_name& name) : Accelerator(name) {
  SC_METHOD(run);
  sensitive << start_;
  dont_initialize();
  payload_.set_extension(&burst_);
}

void TimingAccelerator::prepare(const Job& job) {
  job_ = job;
  steps_.reset();
  core_.reset();
  running_ = over_ = passed_limit_ = false;
  burst_.bus_bytes = static_cast<uint32_t>(job.program->hardware.bus_bytes);
}

void TimingAccelerator::write_register(uint32_t offset, uint32_t value) {
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
      over_ = false;
      running_ = true;
      start_.notify(turn_in_cycle(job_.number));
      break;
    default:
      break;
  }
}

uint32_t TimingAccelerator::read_register(uint32_t offset) {
  constexpr uint32_t kDone = 1, kBusy = 2;
  switch (offset) {
    case RegStatus:
      return (over_ ? kDone : 0) | (running_ ? kBusy : 0);
    case RegInsnCount:
      return instruction_count_;
    case RegInsnAddr:
      return static_cast<uint32_t>(instruction_address_);
    case RegInsnAddr + 4:
      return static_cast<uint32_t>(instruction_address_ >> 32);
    case RegCycles:
      return core_ == nullptr ? 0 : static_cast<uint32_t>(core_->cycles());
    case RegCycles + 4:
      return core_ == nullptr ? 0 : static_cast<uint32_t>(core_->cycles() >> 32);
    default:
      return 0;
  }
}

/// Evaluates cycles until one needs memory that has not come yet, or the run is over.
void TimingAccelerator::run() {
  if (core_ == nullptr) {
    origin_ = time_to_cycles(sc_core::sc_time_stamp());
    std::optional<DramView> dram;
    if (job_.data) {
      tlm::tlm_dmi dmi;
      payload_.set_address(job_.window);
      if (memory->get_direct_mem_ptr(payload_, dmi))
        dram = DramView{dmi.get_dmi_ptr() + (job_.window - dmi.get_start_address()), isa::memory_bytes(*job_.program)};
    }
    steps_ = std::make_unique<timing::ProgramSteps>(*job_.program, dram, job_.observer);
    core_ = std::make_unique<timing::Accelerator>(job_.program->hardware, instruction_address_, *steps_,
                                                  static_cast<timing::MemoryPort&>(*this));
    next_ = 0;
  }
  const Cycle now = time_to_cycles(sc_core::sc_time_stamp()) - origin_;
  while (next_ != timing::kNever) {
    if (job_.limit_cycles != 0 && next_ >= job_.limit_cycles) {
      passed_limit_ = true;
      break;
    }
    if (next_ > now && core_->needs_memory(next_)) return next_trigger(cycles_to_time(next_ - now));
    next_ = core_->evaluate(next_);
  }
  if (core_->finished() && core_->cycles() > now && !passed_limit_)
    return next_trigger(cycles_to_time(core_->cycles() - now));
  running_ = false;
  over_ = true;
  done.notify(sc_core::SC_ZERO_TIME);
}

void TimingAccelerator::transport(tlm::tlm_command command, uint64_t address, uint32_t beats) {
  payload_.set_command(command);
  payload_.set_address(job_.window + address);
  payload_.set_data_ptr(nullptr);
  payload_.set_data_length(beats * burst_.bus_bytes);
  payload_.set_streaming_width(beats * burst_.bus_bytes);
  payload_.set_byte_enable_ptr(nullptr);
  payload_.set_dmi_allowed(false);
  payload_.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
  sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
  memory->b_transport(payload_, delay);
}

void TimingAccelerator::read(Cycle, uint64_t address, uint32_t beats, const timing::BeatRun& run,
                             timing::Ring<timing::BeatRun>& to) {
  burst_.who = run;
  burst_.origin = origin_;
  burst_.beats = &to;
  transport(tlm::TLM_READ_COMMAND, address, beats);
}

Cycle TimingAccelerator::write(Cycle, uint64_t address, uint32_t beats) {
  burst_.beats = nullptr;
  burst_.origin = origin_;
  transport(tlm::TLM_WRITE_COMMAND, address, beats);
  return burst_.response;
}

Outcome TimingAccelerator::outcome() const {
  Outcome outcome;
  outcome.passed_limit = passed_limit_;
  if (passed_limit_) return outcome;
  if (const std::optional<timing::Failure> failure = timing::verdict(*job_.program, *steps_, *core_)) {
    outcome.error = failure->error;
    outcome.what = failure->what;
    return outcome;
  }
  outcome.cycles = core_->cycles();
  outcome.macs = steps_->macs();
  outcome.counters = timing::counters_of(*job_.program, *steps_, *core_);
  outcome.mark_cycles = mark_cycles(*job_.program, steps_->retire_cycles());
  return outcome;
}

}  // namespace tandem::sim::platform
