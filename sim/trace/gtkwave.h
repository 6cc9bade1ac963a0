// What GTKWave shows first of a waveform that the RTL simulator wrote.
#pragma once

#include <cstdint>
#include <string>

#include "isa/hw_config.h"
#include "support/result.h"

namespace tandem::sim {

/// Writes FST's save file beside it, "x.gtkw" for "x.fst": the signals that matter, by engine (what waits, what each
/// engine is at, tokens, both AXI channels), opened at `cycle`. `gtkwave x.gtkw` shows them. Returns its path.
Result<std::string> write_gtkwave_save(const std::string& fst, const isa::HwConfig& hardware, uint64_t cycle);

}  // namespace tandem::sim
