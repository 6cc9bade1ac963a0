// A run as a timeline for Perfetto (ui.perfetto.dev): what each engine does, its instructions, tokens between them,
// layers.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "isa/program.h"
#include "sim/api/observer.h"

namespace tandem::sim {

/// Records one run.
class Timeline final : public Observer {
 public:
  explicit Timeline(const isa::Program& program);

  void started(uint64_t cycle, int64_t instruction) override;
  void retired(uint64_t cycle, int64_t instruction, const uint8_t* dram) override;
  void does(uint64_t cycle, Unit unit, Activity activity) override;

  /// Chrome's JSON trace format ("Trace Event Format", Google 2016), in which Perfetto reads, too: a cycle is a
  /// microsecond. One track per engine says what it does, in colours; below it its instructions, as many tracks as
  /// overlap; tokens are arrows from the instruction that pushes to the one that pops; layers are spans.
  std::string to_chrome_json() const;

 private:
  struct Span {
    uint64_t begin = 0, end = 0;
    bool started = false, retired = false;
  };
  struct Change {
    uint64_t cycle;
    Activity activity;
  };

  const isa::Program& program_;
  std::vector<Span> spans_;                     // by instruction
  std::vector<int64_t> starts_, retirements_;   // in the order of time
  std::array<std::vector<Change>, 4> changes_;  // by Unit
  uint64_t end_ = 0;
};

}  // namespace tandem::sim
