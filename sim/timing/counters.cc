// The counters of a timed run, as hw/registers.svh names and orders them.
#include <fmt/format.h>

#include <array>

#include "sim/timing/verdict.h"

namespace tandem::sim::timing {
namespace {

struct CauseName {
  Cause cause;
  const char* name;
};

void add(Counters& counters, const char* engine, const std::array<uint64_t, kCauses>& cycles,
         std::initializer_list<CauseName> names) {
  for (const CauseName& each : names)
    counters.emplace_back(fmt::format("{}.{}", engine, each.name), cycles[each.cause]);
}

}  // namespace

Counters counters_of(const isa::Program& program, const ProgramSteps& steps, const Accelerator& accelerator) {
  Counters counters;
  const auto& causes = accelerator.causes();
  add(counters, "fetch", causes[0],
      {{kBusy, "busy"}, {kWaitMemory, "wait_memory"}, {kBlocked, "blocked"}, {kIdle, "idle"}});
  add(counters, "load", causes[1],
      {{kBusy, "busy"},
       {kWaitNext, "wait_compute"},
       {kWaitMemory, "wait_memory"},
       {kBlocked, "blocked"},
       {kIdle, "idle"}});
  add(counters, "compute", causes[2],
      {{kBusy, "busy"},
       {kWaitPrevious, "wait_load"},
       {kWaitNext, "wait_store"},
       {kWaitMemory, "wait_memory"},
       {kBlocked, "blocked"},
       {kIdle, "idle"}});
  add(counters, "store", causes[3],
      {{kBusy, "busy"},
       {kWaitPrevious, "wait_compute"},
       {kWaitMemory, "wait_memory"},
       {kBlocked, "blocked"},
       {kIdle, "idle"}});
  const ProgramSteps::Work& work = steps.work();
  const auto bytes = [&](isa::Memory memory) { return work.bytes[static_cast<size_t>(memory)]; };
  const auto bus = static_cast<uint64_t>(program.hardware.bus_bytes);
  counters.insert(counters.end(), {{"gemm.ops", work.gemm_steps},
                                   {"alu.ops", work.alu_steps},
                                   {"requantize.ops", work.requantized},
                                   {"depthwise.ops", work.depthwise_steps},
                                   {"uop.bytes", bytes(isa::Memory::kUop)},
                                   {"inp.bytes", bytes(isa::Memory::kInp)},
                                   {"wgt.bytes", bytes(isa::Memory::kWgt)},
                                   {"acc.bytes", bytes(isa::Memory::kAcc) + bytes(isa::Memory::kAcc8)},
                                   {"prm.bytes", bytes(isa::Memory::kPrm)},
                                   {"out.bytes", bytes(isa::Memory::kOut)},
                                   {"read.bytes", accelerator.read_beats() * bus},
                                   {"write.bytes", accelerator.write_beats() * bus}});
  return counters;
}

}  // namespace tandem::sim::timing
