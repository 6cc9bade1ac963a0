#include "sim/timing/step.h"

#include <variant>

#include "isa/access.h"

namespace tandem::sim::timing {
namespace {

uint8_t bit(bool set, Direction direction) { return set ? static_cast<uint8_t>(1u << direction) : uint8_t{0}; }

void set_tokens(const isa::TokenFlags& flags, Step& step) {
  switch (step.engine) {
    case isa::Engine::kLoad:
      step.pops = bit(flags.pop_next, kComputeToLoad);
      step.pushes = bit(flags.push_next, kLoadToCompute);
      break;
    case isa::Engine::kCompute:
      step.pops = static_cast<uint8_t>(bit(flags.pop_prev, kLoadToCompute) | bit(flags.pop_next, kStoreToCompute));
      step.pushes = static_cast<uint8_t>(bit(flags.push_prev, kComputeToLoad) | bit(flags.push_next, kComputeToStore));
      break;
    case isa::Engine::kStore:
      step.pops = bit(flags.pop_prev, kComputeToStore);
      step.pushes = bit(flags.push_prev, kStoreToCompute);
      break;
  }
}

template <typename Move>
Block block_of(const isa::HwConfig& hardware, const Move& move) {
  const auto element = static_cast<uint32_t>(hardware.element_bytes(move.mem_type));
  return {uint64_t{move.dram_base} * element, move.y_size, move.x_size * element, move.x_stride * element};
}

Pads pads_of(const isa::Load& load) {
  const uint32_t width = load.x_pad_0 + load.x_size + load.x_pad_1;
  return {load.y_size, load.y_pad_0 * width + load.x_pad_0, load.x_pad_0 + load.x_pad_1,
          load.y_pad_1 * width + load.x_pad_1, (load.y_pad_0 | load.y_pad_1 | load.x_pad_0 | load.x_pad_1) != 0};
}

/// Whether no result of a REQUANTIZE with keep can be read again by the same instruction, as the hardware decides it.
bool keeps_apart(const isa::Requantize& r, uint32_t src_last) {
  const auto dst_last = static_cast<uint32_t>(isa::greatest_index(r.dst, r.iter_out, r.dst_out, r.iter_in, r.dst_in));
  if (dst_last < r.src || src_last < r.dst) return true;
  const bool in_place = r.dst == r.src && r.dst_in == r.src_in && r.dst_out == r.src_out;
  return in_place && (r.src_in != 0 || r.iter_in == 1) &&
         (r.iter_out == 1 || r.src_out > (r.iter_in - 1) * uint64_t{r.src_in});
}

struct Digest {
  const isa::HwConfig& hardware;
  const Microarchitecture& machine;
  Step& step;

  template <typename Loop>
  void loop(const Loop& loop, uint32_t groups) const {
    step.kind = Kind::kLoop;
    step.uop_begin = loop.uop_bgn;
    step.uop_end = loop.uop_end;
    step.steps = isa::loops_of(loop).empty() ? 0 : isa::loops_of(loop).steps() * groups;
    step.iter_out = loop.iter_out;
    step.iter_in = loop.iter_in;
    step.dst_out = loop.dst_out;
    step.dst_in = loop.dst_in;
  }

  void operator()(const isa::Load& load) const {
    step.block = block_of(hardware, load);
    step.uops = load.mem_type == isa::Memory::kUop;
    step.accumulators = load.mem_type == isa::Memory::kAcc || load.mem_type == isa::Memory::kAcc8;
    step.kind = step.engine == isa::Engine::kCompute && step.block.empty() ? Kind::kLoop : Kind::kLoad;
    step.pads = pads_of(load);
    step.uop_begin = load.sram_base;
    step.uop_end = load.sram_base + load.x_size;
  }
  void operator()(const isa::Store& store) const {
    step.kind = Kind::kStore;
    step.block = block_of(hardware, store);
  }
  void operator()(const isa::Gemm& gemm) const { loop(gemm, 1); }
  void operator()(const isa::Mac& mac) const {
    loop(mac, 1);
    step.mac = true;
  }
  void operator()(const isa::Alu& alu) const { loop(alu, machine.alu_groups); }
  void operator()(const isa::AluExtended& alu) const { loop(alu, machine.alu_groups); }
  void operator()(const isa::Requantize& r) const {
    step.kind = Kind::kRequantize;
    step.keep = r.keep;
    step.iter_out = r.iter_out;
    step.iter_in = r.iter_in;
    step.steps = uint64_t{r.iter_out} * r.iter_in;
    if (step.steps == 0) return;
    step.src_first = r.src;
    step.src_last = static_cast<uint32_t>(isa::greatest_index(r.src, r.iter_out, r.src_out, r.iter_in, r.src_in));
    step.element_cycles =
        r.keep && !keeps_apart(r, step.src_last) ? machine.requantize_alone : machine.requantize_parts;
  }
  void operator()(const isa::Config&) const {
    step.kind = step.engine == isa::Engine::kLoad ? Kind::kConfig : Kind::kLoop;
  }
  void operator()(const isa::Finish&) const { step.kind = Kind::kFinish; }
};

}  // namespace

Step step_of(const isa::HwConfig& hardware, const Microarchitecture& machine, const isa::Instruction& instruction) {
  Step step;
  step.engine = isa::engine_of(instruction);
  set_tokens(isa::token_flags(instruction), step);
  std::visit(Digest{hardware, machine, step}, instruction);
  return step;
}

}  // namespace tandem::sim::timing
