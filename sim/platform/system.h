// The platform: a host with its driver, accelerators and traffic generators around one interconnect and one DRAM.
// SystemC elaborates once per process, so there is one, with a few of everything; what a run uses of it, and with which
// parameters, is data.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "sim/dram/dram_schedule.h"
#include "sim/platform/master.h"
#include "sim/platform/traffic_generator.h"

namespace tandem::sim::platform {

struct Setup {
  DramTiming memory;
  uint64_t memory_bytes = 0;
  bool data = true;  // else the memory has no content
  /// Puts what the programs need into the memory.
  std::function<void(uint8_t*)> fill;
  std::vector<Job> jobs;  // one accelerator each, started together
  std::vector<Traffic> traffic;
};

class System {
 public:
  static constexpr size_t kAccelerators = 4;
  static constexpr size_t kGenerators = 4;

  /// The process's. SystemC knows one thread: so does this.
  static System& instance();
  ~System();

  /// Full reset, then all jobs to their ends. Errors: more of something than there is, no room in the host for the
  /// memory.
  Result<std::vector<Outcome>> run(const Setup& setup);
  /// What the last run left in the memory; valid until the next.
  const uint8_t* memory() const;

 private:
  System();
  struct Modules;
  std::unique_ptr<Modules> modules_;
};

}  // namespace tandem::sim::platform
