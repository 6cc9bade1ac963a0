#include "synth/area_features.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "isa/instruction.h"

namespace tandem::synth {
namespace {

using isa::HwConfig;
using isa::Memory;
using Features = std::map<std::string, double>;

/// Equal memories side by side.
struct Geometry {
  double memories, width, depth;
};

/// RAMB18 halves of a memory, by the aspects that a block has (AMD UG473, table 1-7).
double block_halves(const Geometry& memory) {
  double best = INFINITY;
  const std::pair<double, double> aspects[] = {{36, 512}, {18, 1024}, {9, 2048}, {4, 4096}, {2, 8192}, {1, 16384}};
  for (const auto& [wide, deep] : aspects) {
    best = std::min(best, std::ceil(memory.width / wide) * std::ceil(memory.depth / deep));
  }
  return best;
}

// Yosys 0.23 leaves a memory to LUTs where one level of LUT memory holds it, or where it would fill less than 5 % of
// its blocks.
bool is_block(const Geometry& memory) {
  constexpr double kLutMemoryDepth = 64;  // RAM64M
  return memory.depth > kLutMemoryDepth && memory.width * memory.depth >= 0.05 * 18432 * block_halves(memory);
}

/// Block RAM, or bits in LUTs, of a memory that is read `reads` times per cycle.
void add_memory(Features& f, const std::string& name, const Geometry& memory, double reads) {
  const bool block = is_block(memory);
  f[name + "_blocks"] = block ? reads * memory.memories * block_halves(memory) / 2 : 0;
  f[name + "_lut_bits"] = block ? 0 : reads * memory.memories * memory.width * std::ceil(memory.depth / 64);
}

/// What load_buffer.sv makes: chunks of bus width, or banks of one element, as many as are written or read together.
void add_load_buffer(Features& f, const std::string& name, double bits, double entries, double bus_bits, double reads) {
  const double banks = std::max(reads, std::max(1.0, bus_bits / bits));
  const double chunks = std::max(1.0, bits / bus_bits);
  f[name + "_index"] = entries > 1 ? std::log2(entries) : 0;
  f[name + "_element"] = banks == 1 ? bits : 0;
  f[name + "_crossbar"] = banks > 1 ? banks * bits : 0;
  f[name + "_turns"] = banks > 1 ? banks * bits * std::log2(banks) : 0;
  f[name + "_banks"] = banks > 1 ? banks : 0;
  f[name + "_chunks"] = chunks;
  add_memory(f, name, {banks * chunks, bits / chunks, std::max(1.0, entries / banks)}, 1);
}

/// What accumulator_buffer.sv makes.
void add_accumulators(Features& f, const HwConfig& h) {
  const double lanes = h.batch * h.block_out;
  const double entries = static_cast<double>(h.depth(Memory::kAcc));
  const double banks = std::max(1.0, h.bus_bytes / lanes);
  const double chunk_lanes = std::min(h.bus_bytes / 4.0, lanes);
  const double memories = banks * lanes / chunk_lanes;
  f["acc_index"] = std::log2(entries);
  f["acc_bank_lanes"] = banks * lanes;
  f["acc_turns"] = banks * lanes * std::log2(banks);
  f["acc_chunks"] = lanes / chunk_lanes;
  f["out_chunks"] = lanes > h.bus_bytes ? 8 * lanes : 0;
  add_memory(f, "acc", {memories, 32 * chunk_lanes, std::max(1.0, entries / banks)}, 2);
  add_memory(f, "out", {memories, 8 * chunk_lanes, std::max(1.0, entries / banks)}, 1);
}

}  // namespace

std::map<std::string, double> area_features(const HwConfig& h) {
  const double lanes = h.batch * h.block_out;
  const auto macs = static_cast<double>(h.macs_per_uop());
  const double bus_bits = 8.0 * h.bus_bytes;
  const auto bits = [&](Memory memory) { return 8.0 * static_cast<double>(h.element_bytes(memory)); };
  const auto depth = [&](Memory memory) { return static_cast<double>(h.depth(memory)); };
  const auto insn_bits = 8.0 * isa::instruction_bytes(h);
  Features f;
  f["one"] = 1;
  f["plain_macs"] = h.dsp_packing != 0 ? 0 : macs;
  f["packed_macs"] = h.dsp_packing != 0 ? macs : 0;
  // Partial sums behind the first two levels of adders, which plain multipliers take in.
  f["adder_bits"] = h.block_in > 4 ? lanes * (h.block_in / 4.0) * (16 + std::log2(h.block_in)) : 0;
  f["lanes"] = lanes;
  f["sum_bits"] = lanes * (16 + std::log2(h.block_in));
  f["alu_lanes"] = h.alu_lanes();
  f["extended_alu_lanes"] = h.alu_lanes() * h.extended_alu;
  f["extended_alu"] = h.extended_alu;
  const double turns = lanes / h.alu_lanes();
  f["alu_turns"] = turns > 1 ? lanes : 0;
  f["alu_turn_bits"] = std::log2(turns);
  f["requant_unit"] = h.requant_lanes() > 0 ? 1 : 0;
  f["requant_lanes"] = h.requant_lanes();
  const double parts = h.requant_lanes() > 0 ? lanes / h.requant_lanes() : 1;
  f["requant_parts"] = parts > 1 ? lanes : 0;
  f["requant_prm_parts"] = h.requant_lanes() > 0 && h.requant_lanes() < h.block_out ? h.block_out : 0;
  f["requant_part_bits"] = std::log2(parts);
  f["depthwise_lanes"] = lanes * h.depthwise_width();
  f["depthwise_choice"] = h.depthwise_width() > 0 ? 8.0 * h.block_out * h.block_out : 0;
  f["depthwise_weights"] = 8.0 * h.block_out * h.depthwise_width();
  f["depthwise_taps"] = h.depthwise_width() > 1 ? lanes * 16 : 0;
  f["depthwise_waits"] = h.depthwise_width() > 0 ? h.depthwise_width() * 8.0 * (lanes + h.block_out) *
                                                       (std::ceil(std::log2(h.block_in) / 2) - 1)
                                                 : 0;
  f["bus_bits"] = bus_bits;
  f["log_bus"] = std::log2(h.bus_bytes);
  f["insn_bits"] = insn_bits;
  f["insn_gear"] = insn_bits * (bus_bits + insn_bits) / 64;
  f["command_bits"] = std::log2(h.command_queue_depth);
  f["token_bits"] = std::log2(h.token_queue_depth);
  f["outstanding_bits"] = std::log2(h.outstanding_reads + 1);
  f["log_macs"] = std::log2(macs);
  f["log_lanes"] = std::log2(lanes);
  add_memory(f, "queue", {3, insn_bits + 37, static_cast<double>(h.command_queue_depth)}, 1);
  add_load_buffer(f, "uop", bits(Memory::kUop), depth(Memory::kUop), bus_bits, 1);
  add_load_buffer(f, "inp", bits(Memory::kInp), depth(Memory::kInp), bus_bits, std::max(1, h.depthwise_width()));
  add_load_buffer(f, "wgt", bits(Memory::kWgt), depth(Memory::kWgt), bus_bits, 1);
  if (h.requant_lanes() > 0) {
    add_load_buffer(f, "prm", bits(Memory::kPrm), depth(Memory::kPrm), bus_bits, 1);
  } else {
    add_load_buffer(f, "prm", bus_bits, 0, bus_bits, 1);
    for (auto& [name, value] : f) {
      if (name.compare(0, 4, "prm_") == 0) value = 0;
    }
  }
  add_accumulators(f, h);
  f["blocks"] = f["queue_blocks"] + f["uop_blocks"] + f["inp_blocks"] + f["wgt_blocks"] + f["prm_blocks"] +
                f["acc_blocks"] + f["out_blocks"];
  f["lut_bits"] = f["queue_lut_bits"] + f["uop_lut_bits"] + f["inp_lut_bits"] + f["wgt_lut_bits"] + f["prm_lut_bits"] +
                  f["acc_lut_bits"] + f["out_lut_bits"];
  return f;
}

}  // namespace tandem::synth
