// What a simulator tells about a run while it goes on: instructions as they start and complete, engines as they change
// what they do.
#pragma once

#include <cstdint>

namespace tandem::sim {

/// The parts of the accelerator that do something each cycle.
enum class Unit { kFetch, kLoad, kCompute, kStore };

/// What one does: the causes of hw/registers.svh.
enum class Activity { kBusy, kWaitsForPrevious, kWaitsForNext, kWaitsForMemory, kBlocked, kIdle };

class Observer {
 public:
  virtual ~Observer() = default;
  /// An instruction starts: it has its tokens. Cycles count as in RunResult; 0 where there is no time.
  virtual void started(uint64_t cycle, int64_t instruction) = 0;
  /// It is complete, and pushes its tokens. `dram` is the program's memory as it is now; null where no data move.
  virtual void retired(uint64_t cycle, int64_t instruction, const uint8_t* dram) = 0;
  /// From this cycle on. Simulators without time never call it.
  virtual void does(uint64_t cycle, Unit unit, Activity activity) {
    static_cast<void>(cycle);
    static_cast<void>(unit);
    static_cast<void>(activity);
  }
};

}  // namespace tandem::sim
