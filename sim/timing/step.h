// An instruction as the timing model sees it: its engine, its tokens, what it moves or how many steps it makes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "isa/instruction.h"
#include "sim/api/run_error.h"
#include "sim/timing/microarchitecture.h"

namespace tandem::sim::timing {

/// A two-dimensional block of DRAM, in bytes.
struct Block {
  uint64_t address = 0;
  uint32_t rows = 0;
  uint32_t row_bytes = 0;
  uint32_t stride_bytes = 0;
  bool empty() const { return rows == 0 || row_bytes == 0; }
};

/// Pad elements of a LOAD as runs in the scratchpad: before the first row, between rows, behind the last one.
struct Pads {
  uint32_t rows = 0;  // of data
  uint32_t before = 0;
  uint32_t between = 0;
  uint32_t behind = 0;
  bool any = false;
};

enum class Kind : uint8_t {
  kLoad,        // in load's or compute's queue
  kStore,       //
  kLoop,        // GEMM, MAC, ALU and what passes through the sequencer as one step: CONFIG of compute, LOADs that move
                // nothing
  kRequantize,  //
  kConfig,      // of load
  kFinish,
};

/// Token queues: bits of Step::pops and pushes.
enum Direction : uint8_t { kLoadToCompute, kComputeToLoad, kComputeToStore, kStoreToCompute, kDirections };

struct Step {
  isa::Engine engine = isa::Engine::kCompute;
  Kind kind = Kind::kLoop;
  uint8_t pops = 0;
  uint8_t pushes = 0;
  bool faulty = false;        // never starts
  bool uops = false;          // a LOAD of micro-ops
  bool accumulators = false;  // a LOAD of accumulators
  bool mac = false;
  bool keep = false;  // REQUANTIZE
  Block block;
  Pads pads;
  // LOADs of micro-ops; loops.
  uint32_t uop_begin = 0;
  uint32_t uop_end = 0;
  // Loops and REQUANTIZE.
  uint64_t steps = 0;  // 0: has none
  uint32_t iter_out = 0, iter_in = 0;
  uint32_t dst_out = 0, dst_in = 0;
  uint32_t src_first = 0, src_last = 0;  // REQUANTIZE: accumulators that it reads
  Cycle element_cycles = 0;              // REQUANTIZE: from an element to the next one
};

/// The step of an instruction whose encoding is legal; token flags towards missing neighbours are left out.
Step step_of(const isa::HwConfig& hardware, const Microarchitecture& machine, const isa::Instruction& instruction);

}  // namespace tandem::sim::timing
