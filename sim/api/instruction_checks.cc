#include "sim/api/instruction_checks.h"

#include <fmt/format.h>

#include <variant>
#include <vector>

#include "isa/access.h"

namespace tandem::sim {
namespace {

/// The first flag towards an engine that does not exist.
std::string missing_neighbour(isa::Engine engine, const isa::TokenFlags& flags) {
  const bool load = engine == isa::Engine::kLoad, store = engine == isa::Engine::kStore;
  const char* flag = load && flags.pop_prev     ? "pop_prev"
                     : load && flags.push_prev  ? "push_prev"
                     : store && flags.pop_next  ? "pop_next"
                     : store && flags.push_next ? "push_next"
                                                : nullptr;
  if (flag == nullptr) return "";
  return fmt::format("{}: the {} engine has no {} engine", flag, isa::name(engine), load ? "previous" : "next");
}

template <typename Move>
std::optional<InstructionFault> check_block_of(const isa::HwConfig& hardware, const char* verb, const Move& move) {
  const isa::SramRange range = isa::sram_range(move);
  if (range.end <= hardware.depth(move.mem_type)) return std::nullopt;
  return InstructionFault{ErrorCode::kBounds,
                          fmt::format("{} {}[{}..{}], which has {} elements", verb, isa::info(move.mem_type).name,
                                      range.begin, range.end - 1, hardware.depth(move.mem_type))};
}

template <typename MacroInstruction>
std::optional<InstructionFault> check_loops(const isa::HwConfig& hardware, const char* name,
                                            const MacroInstruction& instruction, const isa::Uop* uops) {
  const isa::Loops loops = isa::loops_of(instruction);
  if (loops.empty()) return std::nullopt;
  const int64_t depth = hardware.depth(isa::Memory::kUop);
  if (loops.uop_end > depth) {
    return InstructionFault{ErrorCode::kBounds,
                            fmt::format("{} runs micro-ops [{}, {}) of {}", name, loops.uop_bgn, loops.uop_end, depth)};
  }
  const std::vector<std::string> faults =
      isa::index_faults(name, loops, isa::index_walks(hardware, instruction), uops + loops.uop_bgn);
  if (faults.empty()) return std::nullopt;
  return InstructionFault{ErrorCode::kBounds, faults.front()};
}

}  // namespace

std::optional<InstructionFault> check_block(const isa::HwConfig& hardware, const isa::Instruction& instruction) {
  if (const auto* load = std::get_if<isa::Load>(&instruction)) return check_block_of(hardware, "load writes", *load);
  if (const auto* store = std::get_if<isa::Store>(&instruction)) return check_block_of(hardware, "store reads", *store);
  return std::nullopt;
}

std::optional<InstructionFault> check_before_run(const isa::HwConfig& hardware, const isa::Instruction& instruction,
                                                 bool last) {
  std::string missing = missing_neighbour(isa::engine_of(instruction), isa::token_flags(instruction));
  if (!missing.empty()) return InstructionFault{ErrorCode::kEncoding, std::move(missing)};
  if (std::optional<InstructionFault> fault = check_block(hardware, instruction)) return fault;
  const bool finish = std::holds_alternative<isa::Finish>(instruction);
  if (finish && !last) return InstructionFault{ErrorCode::kOrder, "finish is not the last instruction"};
  if (!finish && last) return InstructionFault{ErrorCode::kNoFinish, "the program does not end with finish"};
  return std::nullopt;
}

std::optional<InstructionFault> check_dram(const isa::HwConfig& hardware, uint64_t dram_bytes,
                                           const isa::Instruction& instruction) {
  const isa::DramRange range = isa::dram_range(hardware, instruction);
  if (range.end <= dram_bytes) return std::nullopt;
  const bool load = std::holds_alternative<isa::Load>(instruction);
  return InstructionFault{load ? ErrorCode::kRead : ErrorCode::kWrite,
                          fmt::format("{} DRAM [{:#x}, {:#x}), beyond the program's {:#x} bytes",
                                      load ? "load reads" : "store writes", range.begin, range.end, dram_bytes)};
}

std::optional<InstructionFault> check_indices(const isa::HwConfig& hardware, const isa::Instruction& instruction,
                                              const isa::Uop* uops) {
  if (const auto* gemm = std::get_if<isa::Gemm>(&instruction)) return check_loops(hardware, "gemm", *gemm, uops);
  if (const auto* mac = std::get_if<isa::Mac>(&instruction)) return check_loops(hardware, "mac", *mac, uops);
  if (const auto* alu = std::get_if<isa::Alu>(&instruction)) return check_loops(hardware, "alu", *alu, uops);
  if (const auto* alu = std::get_if<isa::AluExtended>(&instruction))
    return check_loops(hardware, "alu_extended", *alu, uops);
  if (const auto* requantize = std::get_if<isa::Requantize>(&instruction)) {
    const std::vector<std::string> faults = isa::index_faults(hardware, *requantize);
    if (!faults.empty()) return InstructionFault{ErrorCode::kBounds, faults.front()};
  }
  return std::nullopt;
}

}  // namespace tandem::sim
