#include "sim/timing/microarchitecture.h"

#include <algorithm>

#include "isa/instruction.h"

namespace tandem::sim::timing {
namespace {

uint32_t tree_stages(int lanes) {
  uint32_t levels = 0;
  while ((1 << levels) < lanes) ++levels;
  return (levels + 1) / 2;
}

}  // namespace

Microarchitecture::Microarchitecture(const isa::HwConfig& hardware)
    : bus_bytes(static_cast<uint32_t>(hardware.bus_bytes)),
      instruction_words(static_cast<uint32_t>(isa::instruction_bytes(hardware)) / kWordBytes),
      bus_words(bus_bytes / kWordBytes),
      read_ahead_beats(std::max(kReadAheadBytes / bus_bytes, kReadAheadBeats)),
      outstanding_reads(static_cast<uint32_t>(hardware.outstanding_reads)),
      command_queue_depth(static_cast<uint32_t>(hardware.command_queue_depth)),
      token_queue_depth(static_cast<uint32_t>(hardware.token_queue_depth)),
      to_write(tree_stages(hardware.block_in) + 3),
      alu_groups(static_cast<uint32_t>(hardware.batch * hardware.block_out / hardware.alu_lanes())) {
  if (hardware.requant_lanes() == 0) return;
  requantize_parts = static_cast<uint32_t>(hardware.batch * hardware.block_out / hardware.requant_lanes());
  const Cycle collect = requantize_parts > 1 ? 1 : 0;  // elements of several parts are put together
  requantize_write = kRequantizeStages + 1 + collect;
  requantize_alone = requantize_parts + requantize_write;
}

}  // namespace tandem::sim::timing
