// What an instruction touches: ranges of DRAM bytes and of scratchpad elements, in closed form from its fields.
#pragma once

#include <cstdint>

#include "isa/instruction.h"

namespace tandem::isa {

/// Bytes [begin, end): the extent from the first row's start to the last row's end, gaps between rows included.
struct DramRange {
  uint64_t begin = 0;
  uint64_t end = 0;
  bool empty() const { return begin == end; }
};

/// Of a LOAD or STORE; empty for other instructions and where nothing moves.
DramRange dram_range(const HwConfig& config, const Instruction& instruction);

/// Elements [begin, end) of a scratchpad.
struct SramRange {
  int64_t begin = 0;
  int64_t end = 0;
  bool empty() const { return begin == end; }
};

/// What a LOAD writes (pads included) or a STORE reads; empty where nothing moves.
SramRange sram_range(const Load& load);
SramRange sram_range(const Store& store);

/// Least and greatest index that a macro-instruction reaches from a micro-op field: base + [0, (iter_out - 1) *
/// factor_out + (iter_in - 1) * factor_in]. Both trip counts must be at least 1.
int64_t greatest_index(int64_t base, int64_t iter_out, int64_t factor_out, int64_t iter_in, int64_t factor_in);

}  // namespace tandem::isa
