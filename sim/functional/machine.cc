#include "sim/functional/machine.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <variant>

#include "isa/access.h"
#include "isa/builtins.h"
#include "sim/functional/alu_kernel.h"
#include "sim/functional/depthwise_kernel.h"

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
      requantize_kernel_(requantize_kernels().front().run),
      uops_(static_cast<size_t>(hardware.depth(Memory::kUop))),
      inp_(static_cast<size_t>(hardware.depth(Memory::kInp) * hardware.element_bytes(Memory::kInp))),
      wgt_(static_cast<size_t>(hardware.depth(Memory::kWgt) * hardware.element_bytes(Memory::kWgt))),
      wgt_vectors_(hardware.depthwise_width() > 0 ? wgt_.size() : 0),
      acc_(static_cast<size_t>(hardware.depth(Memory::kAcc) * lanes_)),
      out_(static_cast<size_t>(hardware.depth(Memory::kOut) * lanes_)),
      prm_(static_cast<size_t>(hardware.depth(Memory::kPrm) * hardware.block_out)),
      visited_(static_cast<size_t>(hardware.depth(Memory::kAcc))),
      moved_bytes_(isa::memory_infos().size()) {
  for (const isa::MemoryInfo& info : isa::memory_infos()) {
    element_bytes_.push_back(static_cast<uint64_t>(hardware.element_bytes(static_cast<Memory>(info.mem_type))));
  }
}

std::optional<Machine::Failure> Machine::execute(const isa::Instruction& instruction) {
  if (std::optional<Failure> failure = check_block(hardware_, instruction)) return failure;
  if (std::optional<Failure> failure = check_dram(hardware_, dram_.size, instruction)) return failure;
  if (std::optional<Failure> failure = check_indices(hardware_, instruction, uops_.data())) return failure;
  std::visit([this](const auto& each) { run(each); }, instruction);
  return std::nullopt;
}

uint64_t Machine::macs() const {
  return gemm_uops_ * static_cast<uint64_t>(hardware_.macs_per_uop()) +
         depthwise_uops_ * static_cast<uint64_t>(hardware_.macs_per_depthwise_step());
}

Counters Machine::counters() const {
  Counters counters{{"gemm.uops", gemm_uops_},
                    {"gemm.reset_uops", reset_uops_},
                    {"depthwise.uops", depthwise_uops_},
                    {"alu.uops", alu_uops_},
                    {"requantize.elements", requantized_}};
  for (const isa::MemoryInfo& info : isa::memory_infos()) {
    counters.emplace_back(std::string(info.name) + ".bytes", moved_bytes_[static_cast<size_t>(info.mem_type)]);
  }
  return counters;
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
      if (!wgt_vectors_.empty()) {
        std::copy(narrow_values, narrow_values + count * size,
                  wgt_vectors_.begin() + static_cast<int64_t>(entry * size));
      }
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
    case Memory::kPrm: {
      constexpr uint64_t kLaneBytes = 16;
      const auto channels = static_cast<uint64_t>(hardware_.block_out);
      for (uint64_t i = 0; i < count * channels; ++i) prm_.unpack(entry * channels + i, bytes + i * kLaneBytes);
      break;
    }
    case Memory::kOut:
      break;  // the decoder refuses it
  }
}

void Machine::pad(Memory memory, uint64_t entry, uint64_t count) {
  const auto fill = [&](auto& buffer, uint64_t values, int32_t value) {
    using Value = typename std::decay_t<decltype(buffer)>::value_type;
    std::fill_n(buffer.data() + entry * values, count * values, static_cast<Value>(value));
  };
  const auto values = element_bytes_[index_of(memory)];
  switch (memory) {
    case Memory::kUop:
      std::fill_n(uops_.begin() + static_cast<int64_t>(entry), count, isa::Uop{});
      break;
    case Memory::kInp:
      fill(inp_, values, inp_pad_);
      break;
    case Memory::kWgt:
      fill(wgt_, values, 0);
      if (!wgt_vectors_.empty()) fill(wgt_vectors_, values, 0);
      break;
    case Memory::kAcc:
    case Memory::kAcc8:
      fill_acc(entry, count, acc_pad_, /*mirror=*/true);
      break;
    case Memory::kPrm: {
      const uint8_t zeros[16] = {};
      const auto channels = static_cast<uint64_t>(hardware_.block_out);
      for (uint64_t i = 0; i < count * channels; ++i) prm_.unpack(entry * channels + i, zeros);
      break;
    }
    case Memory::kOut:
      break;  // the decoder refuses it
  }
}

void Machine::fill_acc(uint64_t entry, uint64_t count, int32_t value, bool mirror) {
  const auto lanes = static_cast<uint64_t>(lanes_);
  std::fill_n(acc_.data() + entry * lanes, count * lanes, value);
  if (mirror) std::fill_n(out_.data() + entry * lanes, count * lanes, static_cast<int8_t>(value));
}

void Machine::run(const isa::Load& load) {
  if (isa::sram_range(load).empty()) return;

  const uint64_t width = uint64_t{load.x_pad_0} + load.x_size + load.x_pad_1;
  const auto element = element_bytes_[index_of(load.mem_type)];
  uint64_t entry = load.sram_base;
  pad(load.mem_type, entry, load.y_pad_0 * width);
  entry += load.y_pad_0 * width;
  for (uint64_t y = 0; y < load.y_size; ++y, entry += width) {
    pad(load.mem_type, entry, load.x_pad_0);
    read_row(load.mem_type, entry + load.x_pad_0, load.x_size,
             dram_.bytes + (load.dram_base + y * load.x_stride) * element);
    pad(load.mem_type, entry + load.x_pad_0 + load.x_size, load.x_pad_1);
  }
  pad(load.mem_type, entry, load.y_pad_1 * width);
  moved_bytes_[index_of(load.mem_type)] += uint64_t{load.y_size} * load.x_size * element;
}

void Machine::run(const isa::Store& store) {
  if (isa::sram_range(store).empty()) return;

  const auto element = static_cast<uint64_t>(lanes_);
  const uint64_t row_bytes = store.x_size * element;
  for (uint64_t y = 0; y < store.y_size; ++y) {
    std::memcpy(dram_.bytes + (store.dram_base + y * store.x_stride) * element,
                out_.data() + (store.sram_base + y * store.x_size) * element, row_bytes);
  }
  moved_bytes_[index_of(store.mem_type)] += store.y_size * row_bytes;
}

// ---- GEMM, MAC, ALU, REQUANTIZE, CONFIG
// -------------------------------------------------------------------------------------------------------------

/// Calls `visit(first, count)` for runs of accumulators that together are all that the instruction writes, each at
/// least once.
template <typename Visit>
void Machine::for_each_result(const isa::Loops& loops, uint32_t dst_out, uint32_t dst_in, const Visit& visit) {
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

bool Machine::results_differ(const isa::Loops& loops, uint32_t dst_out, uint32_t dst_in) {
  ++visit_;
  for (uint64_t outer = 0; outer < loops.iter_out; ++outer) {
    for (uint64_t inner = 0; inner < loops.iter_in; ++inner) {
      for (uint32_t u = loops.uop_bgn; u < loops.uop_end; ++u) {
        uint64_t& visited = visited_[uops_[u].dst + outer * dst_out + inner * dst_in];
        if (visited == visit_) return false;
        visited = visit_;
      }
    }
  }
  return true;
}

template <typename Product>
void Machine::multiply(const isa::Loops& loops, const Product& product) {
  GemmWork work;
  work.batch = hardware_.batch;
  work.block_in = hardware_.block_in;
  work.block_out = hardware_.block_out;
  work.uops = uops_.data() + loops.uop_bgn;
  work.uop_count = loops.uop_end - loops.uop_bgn;
  work.iter_out = loops.iter_out;
  work.iter_in = loops.iter_in;
  work.dst_out = product.dst_out;
  work.dst_in = product.dst_in;
  work.src_out = product.src_out;
  work.src_in = product.src_in;
  work.wgt_out = product.wgt_out;
  work.wgt_in = product.wgt_in;
  work.inp = inp_.data();
  work.wgt = wgt_.data();
  work.acc = acc_.data();
  gemm_uops_ += loops.steps();
  if (!product.overwrite) return gemm_kernel_(work);
  if (results_differ(loops, product.dst_out, product.dst_in)) {
    for_each_result(loops, product.dst_out, product.dst_in,
                    [this](uint64_t first, uint64_t count) { fill_acc(first, count, 0, /*mirror=*/false); });
    return gemm_kernel_(work);
  }
  // The last step of each accumulator counts.
  isa::Uop step;
  work.uops = &step;
  work.uop_count = work.iter_out = work.iter_in = 1;
  for (uint32_t outer = 0; outer < loops.iter_out; ++outer) {
    for (uint32_t inner = 0; inner < loops.iter_in; ++inner) {
      for (uint32_t u = loops.uop_bgn; u < loops.uop_end; ++u) {
        step.dst = uops_[u].dst + outer * product.dst_out + inner * product.dst_in;
        step.src = uops_[u].src + outer * product.src_out + inner * product.src_in;
        step.wgt = uops_[u].wgt + outer * product.wgt_out + inner * product.wgt_in;
        fill_acc(step.dst, 1, 0, /*mirror=*/false);
        gemm_kernel_(work);
      }
    }
  }
}

void Machine::run(const isa::Gemm& gemm) {
  const isa::Loops loops = isa::loops_of(gemm);
  if (loops.empty()) return;
  if (gemm.reset) {
    for_each_result(loops, gemm.dst_out, gemm.dst_in,
                    [this](uint64_t first, uint64_t count) { fill_acc(first, count, 0, /*mirror=*/true); });
    reset_uops_ += loops.steps();
    return;
  }
  multiply(loops, gemm);
  for_each_result(loops, gemm.dst_out, gemm.dst_in, [this](uint64_t first, uint64_t count) {
    const auto lanes = static_cast<uint64_t>(lanes_);
    narrow(acc_.data() + first * lanes, out_.data() + first * lanes, static_cast<int64_t>(count * lanes));
  });
}

void Machine::run(const isa::Mac& mac) {
  const isa::Loops loops = isa::loops_of(mac);
  if (loops.empty()) return;
  if (!mac.depthwise) {
    multiply(loops, mac);
    return;
  }
  DepthwiseWork work;
  work.batch = hardware_.batch;
  work.lanes = hardware_.block_out;
  work.taps = hardware_.depthwise_width();
  work.overwrite = mac.overwrite;
  work.uops = uops_.data() + loops.uop_bgn;
  work.uop_count = loops.uop_end - loops.uop_bgn;
  work.iter_out = mac.iter_out;
  work.iter_in = mac.iter_in;
  work.dst_out = mac.dst_out;
  work.dst_in = mac.dst_in;
  work.src_out = mac.src_out;
  work.src_in = mac.src_in;
  work.wgt_out = mac.wgt_out;
  work.wgt_in = mac.wgt_in;
  work.inp = inp_.data();
  work.wgt = wgt_vectors_.data();
  work.acc = acc_.data();
  run_depthwise(work);
  depthwise_uops_ += loops.steps();
}

template <typename Operation>
void Machine::operate(const isa::Loops& loops, const Operation& operation, isa::AluOp op, int32_t imm) {
  AluWork work;
  work.op = op;
  work.use_imm = operation.use_imm;
  work.imm = imm;
  work.c = alu_immediate_;
  work.lanes = static_cast<int>(lanes_);
  work.uops = uops_.data() + loops.uop_bgn;
  work.uop_count = loops.uop_end - loops.uop_bgn;
  work.iter_out = loops.iter_out;
  work.iter_in = loops.iter_in;
  work.dst_out = operation.dst_out;
  work.dst_in = operation.dst_in;
  work.src_out = operation.src_out;
  work.src_in = operation.src_in;
  work.acc = acc_.data();
  work.out = out_.data();
  run_alu(work);
  alu_uops_ += loops.steps();
}

void Machine::run(const isa::Alu& alu) {
  const isa::Loops loops = isa::loops_of(alu);
  if (!loops.empty()) operate(loops, alu, alu.opcode, alu.imm);
}

void Machine::run(const isa::AluExtended& alu) {
  const isa::Loops loops = isa::loops_of(alu);
  if (!loops.empty()) operate(loops, alu, alu.operation, alu_immediate_);
}

void Machine::run(const isa::Requantize& requantize) {
  if (requantize.iter_out == 0 || requantize.iter_in == 0) return;
  RequantizeWork work;
  work.batch = hardware_.batch;
  work.block_out = hardware_.block_out;
  work.keep = requantize.keep;
  work.tflite = requantize.tflite;
  work.iter_out = requantize.iter_out;
  work.iter_in = requantize.iter_in;
  work.dst = requantize.dst;
  work.dst_out = requantize.dst_out;
  work.dst_in = requantize.dst_in;
  work.src = requantize.src;
  work.src_out = requantize.src_out;
  work.src_in = requantize.src_in;
  work.prm = requantize.prm;
  work.prm_out = requantize.prm_out;
  work.parameters = &prm_;
  work.acc = acc_.data();
  work.out = out_.data();
  requantize_kernel_(work);
  requantized_ += uint64_t{requantize.iter_out} * requantize.iter_in;
}

void Machine::run(const isa::Config& config) {
  switch (config.state) {
    case isa::State::kInpPad:
      inp_pad_ = isa::builtin::narrow_i8(config.value);
      break;
    case isa::State::kAccPad:
      acc_pad_ = config.value;
      break;
    case isa::State::kAluImmediate:
      alu_immediate_ = config.value;
      break;
  }
}

}  // namespace tandem::sim
