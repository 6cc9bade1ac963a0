#include "sim/functional/machine.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <variant>

#include "isa/access.h"
#include "sim/functional/alu_kernel.h"

namespace tandem::sim {

using isa::Memory;

namespace {

size_t index_of(Memory memory) { return static_cast<size_t>(memory); }

}  // namespace

Machine::Machine(const isa::HwConfig& hardware, DramView dram)
    : hardware_(hardware),
      codec_(hardware),
      dram_(dram),
      lanes_(int64_t{hardware.batch} * hardware.block_out),
      gemm_kernel_(gemm_kernels().front().run),
      uops_(static_cast<size_t>(hardware.depth(Memory::kUop))),
      inp_(static_cast<size_t>(hardware.depth(Memory::kInp) * hardware.element_bytes(Memory::kInp))),
      wgt_(static_cast<size_t>(hardware.depth(Memory::kWgt) * hardware.element_bytes(Memory::kWgt))),
      acc_(static_cast<size_t>(hardware.depth(Memory::kAcc) * lanes_)),
      out_(static_cast<size_t>(hardware.depth(Memory::kOut) * lanes_)),
      visited_(static_cast<size_t>(hardware.depth(Memory::kAcc))),
      moved_bytes_(isa::memory_infos().size()) {
  for (const isa::MemoryInfo& info : isa::memory_infos()) {
    element_bytes_.push_back(static_cast<uint64_t>(hardware.element_bytes(static_cast<Memory>(info.mem_type))));
  }
}

std::string Machine::execute(const isa::Instruction& instruction) {
  return std::visit([this](const auto& each) { return run(each); }, instruction);
}

Counters Machine::counters() const {
  Counters counters{{"gemm.uops", gemm_uops_}, {"gemm.reset_uops", reset_uops_}, {"alu.uops", alu_uops_}};
  for (const isa::MemoryInfo& info : isa::memory_infos()) {
    counters.emplace_back(std::string(info.name) + ".bytes", moved_bytes_[static_cast<size_t>(info.mem_type)]);
  }
  return counters;
}

// ---- checks, in closed form over a whole instruction
// --------------------------------------------------------------------------

std::string Machine::check_move(const char* name, Memory memory, const isa::SramRange& sram,
                                const isa::DramRange& dram) const {
  const bool load = memory != Memory::kOut;
  if (sram.end > hardware_.depth(memory)) {
    return fmt::format("{} {} {}[{}..{}], which has {} elements", name, load ? "writes" : "reads",
                       isa::info(memory).name, sram.begin, sram.end - 1, hardware_.depth(memory));
  }
  if (dram.end > dram_.size) {
    return fmt::format("{} {} DRAM [{:#x}, {:#x}), beyond the program's {:#x} bytes", name, load ? "reads" : "writes",
                       dram.begin, dram.end, dram_.size);
  }
  return "";
}

std::string Machine::check_uops(const char* name, const Loops& loops) const {
  if (loops.uop_end <= uops_.size()) return "";
  return fmt::format("{} runs micro-ops [{}, {}) of {}", name, loops.uop_bgn, loops.uop_end, uops_.size());
}

std::string Machine::check_walk(const char* name, const Loops& loops, const Walk& walk) const {
  uint32_t greatest = loops.uop_bgn;
  for (uint32_t u = loops.uop_bgn; u < loops.uop_end; ++u) {
    if (uops_[u].*walk.field > uops_[greatest].*walk.field) greatest = u;
  }
  const uint32_t base = uops_[greatest].*walk.field;
  const int64_t reached = isa::greatest_index(base, loops.iter_out, walk.factor_out, loops.iter_in, walk.factor_in);
  if (reached < hardware_.depth(walk.memory)) return "";
  return fmt::format(
      "{} reaches {}[{}], which has {} elements: micro-op {} has {} {}, and the loops add {} x {} + {} x {}", name,
      isa::info(walk.memory).name, reached, hardware_.depth(walk.memory), greatest, walk.name, base, loops.iter_out - 1,
      walk.factor_out, loops.iter_in - 1, walk.factor_in);
}

// ---- LOAD and STORE
// -----------------------------------------------------------------------------------------------------------

void Machine::read_row(Memory memory, uint64_t entry, uint64_t count, const uint8_t* bytes) {
  const auto size = element_bytes_[index_of(memory)];
  const auto* narrow_values = reinterpret_cast<const int8_t*>(bytes);
  const auto lanes = static_cast<uint64_t>(lanes_);
  switch (memory) {
    case Memory::kUop:
      for (uint64_t i = 0; i < count; ++i) uops_[entry + i] = codec_.uop_from_bytes(bytes + i * size);
      break;
    case Memory::kInp:
      std::copy(narrow_values, narrow_values + count * size, inp_.begin() + static_cast<int64_t>(entry * size));
      break;
    case Memory::kWgt:
      for (uint64_t i = 0; i < count; ++i, narrow_values += size) {
        int16_t* element = wgt_.data() + (entry + i) * size;
        for (int in = 0; in < hardware_.block_in; in += 2) {
          const int8_t* pair = narrow_values + in;
          for (int out = 0; out < hardware_.block_out; ++out, element += 2, pair += hardware_.block_in) {
            element[0] = pair[0];
            element[1] = pair[1];
          }
        }
      }
      break;
    case Memory::kAcc:
      std::memcpy(acc_.data() + entry * lanes, bytes, count * size);
      narrow(acc_.data() + entry * lanes, out_.data() + entry * lanes, static_cast<int64_t>(count * lanes));
      break;
    case Memory::kAcc8:
      std::copy(narrow_values, narrow_values + count * size, acc_.begin() + static_cast<int64_t>(entry * lanes));
      std::memcpy(out_.data() + entry * lanes, bytes, count * size);
      break;
    case Memory::kOut:
      break;  // the decoder refuses it
  }
}

void Machine::clear(Memory memory, uint64_t entry, uint64_t count) {
  const auto zero = [&](auto& buffer, uint64_t values) {
    std::fill_n(buffer.data() + entry * values, count * values, typename std::decay_t<decltype(buffer)>::value_type{});
  };
  const auto lanes = static_cast<uint64_t>(lanes_);
  const auto values = element_bytes_[index_of(memory)];
  switch (memory) {
    case Memory::kUop:
      return zero(uops_, 1);
    case Memory::kInp:
      return zero(inp_, values);
    case Memory::kWgt:
      return zero(wgt_, values);
    case Memory::kAcc:
    case Memory::kAcc8:
      zero(acc_, lanes);
      return zero(out_, lanes);
    case Memory::kOut:
      return zero(out_, lanes);
  }
}

std::string Machine::run(const isa::Load& load) {
  const isa::SramRange range = isa::sram_range(load);
  if (range.empty()) return "";
  std::string reason = check_move("load", load.mem_type, range, isa::dram_range(hardware_, load));
  if (!reason.empty()) return reason;

  const uint64_t width = uint64_t{load.x_pad_0} + load.x_size + load.x_pad_1;
  const auto element = element_bytes_[index_of(load.mem_type)];
  uint64_t entry = load.sram_base;
  clear(load.mem_type, entry, load.y_pad_0 * width);
  entry += load.y_pad_0 * width;
  for (uint64_t y = 0; y < load.y_size; ++y, entry += width) {
    clear(load.mem_type, entry, load.x_pad_0);
    read_row(load.mem_type, entry + load.x_pad_0, load.x_size,
             dram_.bytes + (load.dram_base + y * load.x_stride) * element);
    clear(load.mem_type, entry + load.x_pad_0 + load.x_size, load.x_pad_1);
  }
  clear(load.mem_type, entry, load.y_pad_1 * width);
  moved_bytes_[index_of(load.mem_type)] += uint64_t{load.y_size} * load.x_size * element;
  return "";
}

std::string Machine::run(const isa::Store& store) {
  const isa::SramRange range = isa::sram_range(store);
  if (range.empty()) return "";
  std::string reason = check_move("store", store.mem_type, range, isa::dram_range(hardware_, store));
  if (!reason.empty()) return reason;

  const auto element = static_cast<uint64_t>(lanes_);
  const uint64_t row_bytes = store.x_size * element;
  for (uint64_t y = 0; y < store.y_size; ++y) {
    std::memcpy(dram_.bytes + (store.dram_base + y * store.x_stride) * element,
                out_.data() + (store.sram_base + y * store.x_size) * element, row_bytes);
  }
  moved_bytes_[index_of(store.mem_type)] += store.y_size * row_bytes;
  return "";
}

// ---- GEMM and ALU
// -------------------------------------------------------------------------------------------------------------

/// Calls `visit(first, count)` for runs of accumulators that together are all that the instruction writes, each at
/// least once.
template <typename Visit>
void Machine::for_each_result(const Loops& loops, uint32_t dst_out, uint32_t dst_in, const Visit& visit) {
  ++visit_;
  const uint64_t trips_out = dst_out == 0 ? 1 : loops.iter_out, trips_in = dst_in == 0 ? 1 : loops.iter_in;
  for (uint32_t u = loops.uop_bgn; u < loops.uop_end; ++u) {
    const uint32_t dst = uops_[u].dst;
    if (visited_[dst] == visit_) continue;  // micro-ops of a reduction name one accumulator many times
    visited_[dst] = visit_;
    for (uint64_t i_out = 0; i_out < trips_out; ++i_out) {
      const uint64_t first = dst + i_out * dst_out;
      if (dst_in == 1) {
        visit(first, trips_in);
      } else {
        for (uint64_t i_in = 0; i_in < trips_in; ++i_in) visit(first + i_in * dst_in, uint64_t{1});
      }
    }
  }
}

std::string Machine::run(const isa::Gemm& gemm) {
  const Loops loops{gemm.uop_bgn, gemm.uop_end, gemm.iter_out, gemm.iter_in};
  if (loops.empty()) return "";
  std::string reason = check_uops("gemm", loops);
  if (reason.empty())
    reason = check_walk("gemm", loops, {"dst", Memory::kAcc, &isa::Uop::dst, gemm.dst_out, gemm.dst_in});
  if (!gemm.reset) {
    if (reason.empty())
      reason = check_walk("gemm", loops, {"src", Memory::kInp, &isa::Uop::src, gemm.src_out, gemm.src_in});
    if (reason.empty())
      reason = check_walk("gemm", loops, {"wgt", Memory::kWgt, &isa::Uop::wgt, gemm.wgt_out, gemm.wgt_in});
  }
  if (!reason.empty()) return reason;

  if (gemm.reset) {
    for_each_result(loops, gemm.dst_out, gemm.dst_in,
                    [this](uint64_t first, uint64_t count) { clear(Memory::kAcc, first, count); });
    reset_uops_ += loops.steps();
    return "";
  }
  GemmWork work;
  work.batch = hardware_.batch;
  work.block_in = hardware_.block_in;
  work.block_out = hardware_.block_out;
  work.uops = uops_.data() + loops.uop_bgn;
  work.uop_count = loops.uop_end - loops.uop_bgn;
  work.iter_out = gemm.iter_out;
  work.iter_in = gemm.iter_in;
  work.dst_out = gemm.dst_out;
  work.dst_in = gemm.dst_in;
  work.src_out = gemm.src_out;
  work.src_in = gemm.src_in;
  work.wgt_out = gemm.wgt_out;
  work.wgt_in = gemm.wgt_in;
  work.inp = inp_.data();
  work.wgt = wgt_.data();
  work.acc = acc_.data();
  gemm_kernel_(work);
  for_each_result(loops, gemm.dst_out, gemm.dst_in, [this](uint64_t first, uint64_t count) {
    const auto lanes = static_cast<uint64_t>(lanes_);
    narrow(acc_.data() + first * lanes, out_.data() + first * lanes, static_cast<int64_t>(count * lanes));
  });
  gemm_uops_ += loops.steps();
  return "";
}

std::string Machine::run(const isa::Alu& alu) {
  const Loops loops{alu.uop_bgn, alu.uop_end, alu.iter_out, alu.iter_in};
  if (loops.empty()) return "";
  std::string reason = check_uops("alu", loops);
  if (reason.empty()) reason = check_walk("alu", loops, {"dst", Memory::kAcc, &isa::Uop::dst, alu.dst_out, alu.dst_in});
  if (reason.empty() && !alu.use_imm) {
    reason = check_walk("alu", loops, {"src", Memory::kAcc, &isa::Uop::src, alu.src_out, alu.src_in});
  }
  if (!reason.empty()) return reason;

  AluWork work;
  work.op = alu.opcode;
  work.use_imm = alu.use_imm;
  work.imm = alu.imm;
  work.lanes = static_cast<int>(lanes_);
  work.uops = uops_.data() + loops.uop_bgn;
  work.uop_count = loops.uop_end - loops.uop_bgn;
  work.iter_out = alu.iter_out;
  work.iter_in = alu.iter_in;
  work.dst_out = alu.dst_out;
  work.dst_in = alu.dst_in;
  work.src_out = alu.src_out;
  work.src_in = alu.src_in;
  work.acc = acc_.data();
  work.out = out_.data();
  run_alu(work);
  alu_uops_ += loops.steps();
  return "";
}

}  // namespace tandem::sim
