#include "sim/platform/system.h"

#include <fmt/format.h>

#include "sim/platform/host.h"
#include "sim/platform/interconnect.h"
#include "sim/platform/memory_module.h"
#include "sim/platform/rtl_accelerator.h"
#include "sim/platform/timing_accelerator.h"

// SystemC's library has a main() of its own, which calls this; ours never does.
int sc_main(int, char**) { return 1; }

namespace tandem::sim::platform {
namespace {

// The memory map: DRAM from 0, registers high above it.
constexpr uint64_t kControlBase = uint64_t{1} << 60;
constexpr uint64_t kControlBytes = 0x1000;
constexpr int kMemoryTarget = 0;

}  // namespace

struct System::Modules {
  Interconnect interconnect{"interconnect"};
  MemoryModule memory{"memory"};
  Host host{"host"};
  std::vector<std::unique_ptr<Accelerator>> accelerators;  // those that count cycles, then as many of the RTL
  std::vector<std::unique_ptr<TrafficGenerator>> generators;

  Modules() {
    interconnect.targets.bind(memory.socket);
    host.bus.bind(interconnect.masters);
    for (size_t i = 0; i < 2 * kAccelerators; ++i) {
      const std::string name = fmt::format("accelerator{}{}", i % kAccelerators, i < kAccelerators ? "" : "_rtl");
      if (i < kAccelerators) {
        accelerators.push_back(std::make_unique<TimingAccelerator>(name.c_str()));
      } else {
        accelerators.push_back(std::make_unique<RtlAccelerator>(name.c_str()));
      }
      accelerators.back()->memory.bind(interconnect.masters);
      interconnect.targets.bind(accelerators.back()->control);
    }
    for (size_t i = 0; i < kGenerators; ++i) {
      generators.push_back(std::make_unique<TrafficGenerator>(fmt::format("traffic{}", i).c_str()));
      generators.back()->memory.bind(interconnect.masters);
    }
  }
};

System::System() : modules_(std::make_unique<Modules>()) {}
System::~System() = default;

System& System::instance() {
  static System* system = [] {
    auto* made = new System;  // lives as long as SystemC's own state, which nothing ends before the process
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
    return made;
  }();
  return *system;
}

const uint8_t* System::memory() const { return modules_->memory.bytes(); }

Result<std::vector<Outcome>> System::run(const Setup& setup) {
  Modules& m = *modules_;
  if (setup.jobs.size() > kAccelerators || setup.traffic.size() > kGenerators) {
    return Diagnostic{{},
                      fmt::format("{} accelerators and {} traffic generators; the platform has {} and {}",
                                  setup.jobs.size(), setup.traffic.size(), kAccelerators, kGenerators),
                      {},
                      ""};
  }
  if (!m.memory.reset(setup.memory, setup.data ? setup.memory_bytes : 0))
    return Diagnostic{{}, fmt::format("cannot allocate the platform's {} bytes of DRAM", setup.memory_bytes), {}, ""};
  if (setup.data && setup.fill) setup.fill(m.memory.bytes());

  std::vector<Region> map{{"dram", 0, std::max<uint64_t>(setup.memory_bytes, 1), kMemoryTarget}};
  std::vector<Host::Start> starts;
  std::vector<const Accelerator*> used;
  for (size_t i = 0; i < setup.jobs.size(); ++i) {
    Job job = setup.jobs[i];
    job.number = static_cast<uint32_t>(i);
    const size_t slot = i + (job.rtl != nullptr ? kAccelerators : 0);
    Accelerator& accelerator = *m.accelerators[slot];
    used.push_back(&accelerator);
    accelerator.prepare(job);
    const uint64_t control = kControlBase + i * kControlBytes;
    map.push_back({accelerator.basename(), control, kControlBytes, static_cast<int>(slot) + 1});
    starts.push_back(
        {&accelerator, control, static_cast<uint32_t>(job.program->code.size()), job.program->code_address});
  }
  TANDEM_TRY(check_map(map, "platform"));
  m.interconnect.set_map(std::move(map));
  for (size_t i = 0; i < setup.traffic.size(); ++i) m.generators[i]->set(setup.traffic[i]);
  m.host.start(std::move(starts));
  sc_core::sc_start();
  std::vector<Outcome> outcomes;
  for (const Accelerator* accelerator : used) outcomes.push_back(accelerator->outcome());
  for (const auto& generator : m.generators) generator->set({});
  return outcomes;
}

}  // namespace tandem::sim::platform
