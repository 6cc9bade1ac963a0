// The accelerator's state and the meaning of one instruction (docs/isa.md), without queues, tokens or time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "isa/access.h"
#include "isa/instruction.h"
#include "sim/api/instruction_checks.h"
#include "sim/api/simulator.h"
#include "sim/functional/gemm_kernel.h"
#include "sim/functional/requantize_kernel.h"

namespace tandem::sim {

/// DRAM as the machine sees it: `size` bytes from address 0.
struct DramView {
  uint8_t* bytes = nullptr;
  uint64_t size = 0;
};

class Machine {
 public:
  /// All scratchpads are zero.
  Machine(const isa::HwConfig& hardware, DramView dram);

  using Failure = InstructionFault;
  /// Executes the whole instruction, or nothing and gives the reason: which index of which buffer is beyond its size,
  /// or which bytes of DRAM.
  std::optional<Failure> execute(const isa::Instruction& instruction);

  /// Multiply-accumulates of GEMM and MAC.
  uint64_t macs() const;
  /// Micro-ops executed (those of MAC without depthwise count as GEMM's), elements requantised, and bytes moved between
  /// DRAM and each scratchpad.
  Counters counters() const;

 private:
  void run(const isa::Load& load);
  void run(const isa::Store& store);
  void run(const isa::Gemm& gemm);
  void run(const isa::Mac& mac);
  void run(const isa::Alu& alu);
  void run(const isa::AluExtended& alu);
  void run(const isa::Requantize& requantize);
  void run(const isa::Config& config);
  void run(const isa::Finish&) {}

  void read_row(isa::Memory memory, uint64_t entry, uint64_t count, const uint8_t* bytes);
  /// Writes `count` pad elements.
  void pad(isa::Memory memory, uint64_t entry, uint64_t count);
  /// Sets all lanes of accumulators, and of `out` with `mirror`.
  void fill_acc(uint64_t entry, uint64_t count, int32_t value, bool mirror);
  template <typename Visit>
  void for_each_result(const isa::Loops& loops, uint32_t dst_out, uint32_t dst_in, const Visit& visit);
  /// Whether every step of the loops has an accumulator of its own.
  bool results_differ(const isa::Loops& loops, uint32_t dst_out, uint32_t dst_in);
  /// The products of GEMM, or of MAC without depthwise.
  template <typename Product>
  void multiply(const isa::Loops& loops, const Product& product);
  template <typename Operation>
  void operate(const isa::Loops& loops, const Operation& operation, isa::AluOp op, int32_t imm);

  const isa::HwConfig hardware_;
  const isa::Codec codec_;
  const DramView dram_;
  const int64_t lanes_;  // of an accumulator entry
  GemmKernel gemm_kernel_;
  RequantizeKernel requantize_kernel_;
  std::vector<isa::Uop> uops_;
  std::vector<int16_t> inp_;  // widened, as GemmWork wants them
  std::vector<int16_t> wgt_;
  std::vector<int8_t> wgt_vectors_;  // as in DRAM, for depthwise; empty where the hardware has none
  std::vector<int32_t> acc_;
  std::vector<int8_t> out_;
  RequantizeParameters prm_;
  int32_t inp_pad_ = 0;  // the states that CONFIG sets
  int32_t acc_pad_ = 0;
  int32_t alu_immediate_ = 0;
  std::vector<uint64_t> visited_;  // by accumulator: the last instruction of for_each_result that met it
  uint64_t visit_ = 0;
  uint64_t gemm_uops_ = 0;
  uint64_t reset_uops_ = 0;
  uint64_t depthwise_uops_ = 0;
  uint64_t alu_uops_ = 0;
  uint64_t requantized_ = 0;
  std::vector<uint64_t> element_bytes_;  // by Memory
  std::vector<uint64_t> moved_bytes_;    // by Memory
};

}  // namespace tandem::sim
