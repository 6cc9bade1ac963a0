// What an instruction touches: ranges of DRAM bytes and of scratchpad elements, in closed form from its fields, and
// whether they lie in their buffers.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "isa/instruction.h"
#include "isa/program.h"

namespace tandem::isa {

/// Bytes [begin, end): the extent from the first row's start to the last row's end, gaps between rows included.
struct DramRange {
  uint64_t begin = 0;
  uint64_t end = 0;
  bool empty() const { return begin == end; }
};

/// Of a LOAD or STORE; empty for other instructions and where nothing moves.
DramRange dram_range(const HwConfig& config, const Instruction& instruction);

/// Calls `visit(begin, end)` for the bytes of each row of a LOAD or STORE, rows without gaps between them as one.
template <typename Move, typename Visit>
void for_each_row(const HwConfig& config, const Move& move, Visit&& visit) {
  if (move.x_size == 0 || move.y_size == 0) return;
  const auto element = static_cast<uint64_t>(config.element_bytes(move.mem_type));
  const bool joined = move.x_stride == move.x_size;
  const uint64_t rows = joined ? 1 : move.y_size, width = uint64_t{move.x_size} * (joined ? move.y_size : 1);
  for (uint64_t row = 0; row < rows; ++row) {
    const uint64_t begin = (move.dram_base + row * move.x_stride) * element;
    visit(begin, begin + width * element);
  }
}

/// Bytes of the memory that a program runs on: its dram_bytes, up to the end of a word of the widest bus, because
/// hardware cannot tell which bytes of a word it may use. Whoever reads or writes beyond is told of an error.
constexpr uint64_t kWidestBusBytes = 64;
uint64_t memory_bytes(const Program& program);

/// Elements [begin, end) of a scratchpad.
struct SramRange {
  int64_t begin = 0;
  int64_t end = 0;
  bool empty() const { return begin == end; }
};

/// What a LOAD writes (pads included) or a STORE reads; empty where nothing moves.
SramRange sram_range(const Load& load);
SramRange sram_range(const Store& store);

/// The micro-ops and trips of a macro-instruction that runs micro-ops.
struct Loops {
  uint32_t uop_bgn = 0;
  uint32_t uop_end = 0;
  uint32_t iter_out = 0;
  uint32_t iter_in = 0;
  bool empty() const { return uop_end <= uop_bgn || iter_out == 0 || iter_in == 0; }
  uint64_t steps() const { return uint64_t{uop_end - uop_bgn} * iter_out * iter_in; }
};
template <typename MacroInstruction>
Loops loops_of(const MacroInstruction& instruction) {
  return {instruction.uop_bgn, instruction.uop_end, instruction.iter_out, instruction.iter_in};
}

/// An index that grows with the trips of the two loops from a base, which is a field of each micro-op (or of REQUANTIZE
/// itself). It touches `taps` entries from there.
struct IndexWalk {
  const char* field = "";  // "src"
  Memory memory = Memory::kAcc;
  uint32_t Uop::*base = nullptr;
  int64_t factor_out = 0;
  int64_t factor_in = 0;
  int64_t taps = 1;
  int64_t entries = 0;  // of the memory
  bool vectors =
      false;  // entries are vectors of block_out bytes, not elements; bases and factors are multiples of taps
};
/// All indices of a step that something is read or written at, dst first. Indices that the instruction does not use are
/// left out.
std::vector<IndexWalk> index_walks(const HwConfig& config, const Gemm& gemm);
std::vector<IndexWalk> index_walks(const HwConfig& config, const Mac& mac);
std::vector<IndexWalk> index_walks(const HwConfig& config, const Alu& alu);
std::vector<IndexWalk> index_walks(const HwConfig& config, const AluExtended& alu);

/// "gemm reaches inp[2048], which has 2048 elements: ..." for each walk that leaves its memory; empty where all stay
/// inside. `uops` are the micro-ops [loops.uop_bgn, loops.uop_end), at least one, and both trip counts are at least 1.
std::vector<std::string> index_faults(const char* instruction, const Loops& loops, const std::vector<IndexWalk>& walks,
                                      const Uop* uops);
/// The same for REQUANTIZE, which runs no micro-ops.
std::vector<std::string> index_faults(const HwConfig& config, const Requantize& requantize);

/// Least and greatest index that a macro-instruction reaches from a micro-op field: base + [0, (iter_out - 1) *
/// factor_out + (iter_in - 1) * factor_in]. Both trip counts must be at least 1.
int64_t greatest_index(int64_t base, int64_t iter_out, int64_t factor_out, int64_t iter_in, int64_t factor_in);

}  // namespace tandem::isa
