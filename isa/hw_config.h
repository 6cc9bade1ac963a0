// The hardware configuration: the parameters of one accelerator as a value, the widths derived from them, and which are
// legal.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "isa/memory.h"  // generated from isa.yaml: Memory {kUop, kWgt, kInp, kAcc, kOut, kAcc8, kPrm}
#include "support/result.h"

namespace tandem::isa {

/// Parameters as an architect writes them. A default-constructed value is VTA's default design. Immutable after
/// loading.
struct HwConfig {
  std::string name = "vta_default";
  int batch = 1;       // rows of an input element
  int block_in = 16;   // int8 lanes of an input element
  int block_out = 16;  // lanes of an accumulator element
  int64_t uop_buffer_bytes = 32 * 1024;
  int64_t inp_buffer_bytes = 32 * 1024;
  int64_t wgt_buffer_bytes = 256 * 1024;
  int64_t acc_buffer_bytes = 128 * 1024;
  int64_t prm_buffer_bytes = 16 * 1024;  // of no effect where requant_lanes is 0
  int bus_bytes = 8;
  int outstanding_reads = 64;     // bursts in flight
  int command_queue_depth = 512;  // instructions per engine
  int token_queue_depth = 512;    // tokens per direction
  int extended_alu = 1;           // 0 or 1: CONFIG and ALU_EXTENDED
  int dsp_packing = 0;            // 0 or 1: two products of one input share a DSP; neither results nor cycles change

  // What follows from the blocks where it is not chosen.
  std::optional<int> chosen_requant_lanes;
  std::optional<int> chosen_depthwise_width;
  std::optional<int> chosen_alu_lanes;

  /// Channels that REQUANTIZE takes per cycle; 0: the unit is absent. All of block_out where not chosen.
  int requant_lanes() const { return chosen_requant_lanes.value_or(block_out); }
  /// Taps that a depthwise MAC takes per step; 0: it cannot. Where not chosen, 1 with equal blocks and 0 otherwise.
  int depthwise_width() const { return chosen_depthwise_width.value_or(block_in == block_out ? 1 : 0); }
  /// Accumulator lanes that an ALU step takes per cycle. All where not chosen.
  int alu_lanes() const { return chosen_alu_lanes.value_or(batch * block_out); }

  /// Bytes of one element of a scratchpad; for kAcc8 and kOut one byte per accumulator lane.
  int64_t element_bytes(Memory memory) const;
  /// Entries of a scratchpad. `out` mirrors `acc` entry by entry, as in VTA; kAcc8 means acc; kPrm has none where
  /// requant_lanes is 0.
  int64_t depth(Memory memory) const;
  int64_t out_buffer_bytes() const { return depth(Memory::kOut) * element_bytes(Memory::kOut); }
  /// Multiply-accumulates per GEMM micro-op.
  int64_t macs_per_uop() const { return int64_t{1} * batch * block_in * block_out; }
  /// Multiply-accumulates per micro-op of a depthwise MAC; 0 where there is none.
  int64_t macs_per_depthwise_step() const { return int64_t{1} * batch * block_out * depthwise_width(); }
  /// Bits of all scratchpads: the size that `tandem explore` bounds.
  int64_t buffer_bits() const;

  bool operator==(const HwConfig& other) const;  // all parameters but the name
};

/// Every broken rule, each with the nearest legal value as its hint; empty where the configuration is legal.
std::vector<Diagnostic> check(const HwConfig& config, const SourceLocation& where = {});

/// Reads strict YAML; the first unknown key, wrong type or broken rule is the error.
Result<HwConfig> parse_hw(const std::string& text, const std::string& file);
Result<HwConfig> load_hw(const std::string& path);
/// YAML that parse_hw reads back to an equal value.
std::string to_yaml(const HwConfig& config);
/// Identity of the hardware: equal for equal parameters, whatever the name.
uint64_t hash(const HwConfig& config);

/// The parameters by their names in hardware files, in the order in which they are written.
std::vector<std::string> parameter_names();
/// The values that a parameter's own rule allows, ascending; rules over several parameters may forbid some of them. A
/// bug where none has that name.
std::vector<int64_t> legal_values(const std::string& name);
/// The value of a parameter; a bug where none has that name.
int64_t parameter(const HwConfig& config, const std::string& name);
/// `config` with one parameter changed, legal or not; a bug where no parameter has that name.
HwConfig with_parameter(HwConfig config, const std::string& name, int64_t value);

/// A module parameter of the RTL top, e.g. {"BlockIn", 16}: the one mapping from configuration to Verilog.
struct RtlParameter {
  std::string name;
  int64_t value;
};
std::vector<RtlParameter> rtl_parameters(const HwConfig& config);

}  // namespace tandem::isa
