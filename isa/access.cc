#include "isa/access.h"

#include <fmt/format.h>

#include <algorithm>

namespace tandem::isa {
namespace {

template <typename Move>
DramRange move_range(const HwConfig& config, const Move& move) {
  if (move.x_size == 0 || move.y_size == 0) return {};
  const auto element = static_cast<uint64_t>(config.element_bytes(move.mem_type));
  const uint64_t elements = uint64_t{move.y_size - 1} * move.x_stride + move.x_size;
  return {move.dram_base * element, (move.dram_base + elements) * element};
}

template <typename MacroInstruction>
IndexWalk dst_walk(const HwConfig& config, const MacroInstruction& instruction) {
  return {"dst", Memory::kAcc, &Uop::dst, instruction.dst_out, instruction.dst_in, 1, config.depth(Memory::kAcc),
          false};
}
template <typename MacroInstruction>
IndexWalk src_walk(const HwConfig& config, const MacroInstruction& instruction, Memory memory, int64_t taps) {
  return {"src", memory, &Uop::src, instruction.src_out, instruction.src_in, taps, config.depth(memory), false};
}
template <typename MacroInstruction>
IndexWalk wgt_walk(const HwConfig& config, const MacroInstruction& instruction) {
  return {"wgt", Memory::kWgt, &Uop::wgt, instruction.wgt_out, instruction.wgt_in, 1, config.depth(Memory::kWgt),
          false};
}
template <typename Operation>
std::vector<IndexWalk> alu_walks(const HwConfig& config, const Operation& alu) {
  std::vector<IndexWalk> walks = {dst_walk(config, alu)};
  if (!alu.use_imm) walks.push_back(src_walk(config, alu, Memory::kAcc, 1));
  return walks;
}

/// "inp[2048], which has 2048 elements".
std::string place_beyond(const IndexWalk& walk, int64_t reached) {
  if (walk.vectors)
    return fmt::format("vector {} of {}, which has {} vectors", reached, info(walk.memory).name, walk.entries);
  return fmt::format("{}[{}], which has {} elements", info(walk.memory).name, reached, walk.entries);
}

}  // namespace

uint64_t memory_bytes(const Program& program) {
  constexpr uint64_t kMost = ~uint64_t{0} / kWidestBusBytes * kWidestBusBytes;
  return (std::min(program.dram_bytes, kMost) + kWidestBusBytes - 1) / kWidestBusBytes * kWidestBusBytes;
}

std::vector<IndexWalk> index_walks(const HwConfig& config, const Gemm& gemm) {
  if (gemm.reset) return {dst_walk(config, gemm)};
  return {dst_walk(config, gemm), src_walk(config, gemm, Memory::kInp, 1), wgt_walk(config, gemm)};
}

std::vector<IndexWalk> index_walks(const HwConfig& config, const Mac& mac) {
  const int64_t taps = mac.depthwise ? config.depthwise_width() : 1;
  IndexWalk wgt = wgt_walk(config, mac);
  if (mac.depthwise) {
    wgt.taps = taps;
    wgt.entries *= config.block_in;
    wgt.vectors = true;
  }
  return {dst_walk(config, mac), src_walk(config, mac, Memory::kInp, taps), wgt};
}

std::vector<IndexWalk> index_walks(const HwConfig& config, const Alu& alu) { return alu_walks(config, alu); }
std::vector<IndexWalk> index_walks(const HwConfig& config, const AluExtended& alu) { return alu_walks(config, alu); }

std::vector<std::string> index_faults(const char* instruction, const Loops& loops, const std::vector<IndexWalk>& walks,
                                      const Uop* uops) {
  const Uop* end = uops + (loops.uop_end - loops.uop_bgn);
  std::vector<std::string> faults;
  for (const IndexWalk& walk : walks) {
    const Uop* greatest =
        std::max_element(uops, end, [&](const Uop& a, const Uop& b) { return a.*walk.base < b.*walk.base; });
    const int64_t reached =
        greatest_index((*greatest).*walk.base, loops.iter_out, walk.factor_out, loops.iter_in, walk.factor_in) +
        walk.taps - 1;
    if (reached >= walk.entries) {
      faults.push_back(fmt::format("{} reaches {}: micro-op {} has {} {}, and the loops add {} x {} + {} x {}{}",
                                   instruction, place_beyond(walk, reached), loops.uop_bgn + (greatest - uops),
                                   walk.field, (*greatest).*walk.base, loops.iter_out - 1, walk.factor_out,
                                   loops.iter_in - 1, walk.factor_in,
                                   walk.taps > 1 ? fmt::format(" and the taps {}", walk.taps - 1) : ""));
      continue;
    }
    if (!walk.vectors || walk.taps == 1) continue;
    const Uop* odd = std::find_if(uops, end, [&](const Uop& uop) { return uop.*walk.base % walk.taps != 0; });
    if (odd != end) {
      faults.push_back(fmt::format("{}: {} {} of micro-op {} is not a multiple of depthwise_width {}", instruction,
                                   walk.field, (*odd).*walk.base, loops.uop_bgn + (odd - uops), walk.taps));
    } else if ((loops.iter_out > 1 && walk.factor_out % walk.taps != 0) ||
               (loops.iter_in > 1 && walk.factor_in % walk.taps != 0)) {
      faults.push_back(
          fmt::format("{}: the loops add {} and {} to {}, of which one is not a multiple of depthwise_width {}",
                      instruction, walk.factor_out, walk.factor_in, walk.field, walk.taps));
    }
  }
  return faults;
}

std::vector<std::string> index_faults(const HwConfig& config, const Requantize& requantize) {
  if (requantize.iter_out == 0 || requantize.iter_in == 0) return {};
  struct Walk {
    const char* field;
    Memory memory;
    int64_t base, factor_out, factor_in;
  };
  std::vector<std::string> faults;
  for (const Walk& walk : {Walk{"dst", Memory::kAcc, requantize.dst, requantize.dst_out, requantize.dst_in},
                           Walk{"src", Memory::kAcc, requantize.src, requantize.src_out, requantize.src_in},
                           Walk{"prm", Memory::kPrm, requantize.prm, requantize.prm_out, 0}}) {
    const int64_t reached =
        greatest_index(walk.base, requantize.iter_out, walk.factor_out, requantize.iter_in, walk.factor_in);
    if (reached < config.depth(walk.memory)) continue;
    faults.push_back(
        fmt::format("requantize reaches {}[{}], which has {} elements: {} is {}, and the loops add {} x {} + {} x {}",
                    info(walk.memory).name, reached, config.depth(walk.memory), walk.field, walk.base,
                    requantize.iter_out - 1, walk.factor_out, requantize.iter_in - 1, walk.factor_in));
  }
  return faults;
}

DramRange dram_range(const HwConfig& config, const Instruction& instruction) {
  if (const auto* load = std::get_if<Load>(&instruction)) return move_range(config, *load);
  if (const auto* store = std::get_if<Store>(&instruction)) return move_range(config, *store);
  return {};
}

SramRange sram_range(const Load& load) {
  if (load.x_size == 0 || load.y_size == 0) return {};
  const int64_t width = int64_t{load.x_pad_0} + load.x_size + load.x_pad_1;
  const int64_t height = int64_t{load.y_pad_0} + load.y_size + load.y_pad_1;
  return {load.sram_base, load.sram_base + width * height};
}

SramRange sram_range(const Store& store) {
  if (store.x_size == 0 || store.y_size == 0) return {};
  return {store.sram_base, store.sram_base + int64_t{store.x_size} * store.y_size};
}

int64_t greatest_index(int64_t base, int64_t iter_out, int64_t factor_out, int64_t iter_in, int64_t factor_in) {
  return base + (iter_out - 1) * factor_out + (iter_in - 1) * factor_in;
}

}  // namespace tandem::isa
