// The accelerator's state and the meaning of one instruction (docs/isa.md), without queues, tokens or time.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "isa/access.h"
#include "isa/instruction.h"
#include "sim/api/simulator.h"
#include "sim/functional/gemm_kernel.h"

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

  /// Executes the whole instruction, or nothing and gives the reason: which index of which buffer is beyond its size,
  /// or which bytes of DRAM. "" is success.
  std::string execute(const isa::Instruction& instruction);

  uint64_t macs() const { return gemm_uops_ * static_cast<uint64_t>(hardware_.macs_per_uop()); }
  /// Micro-ops executed and bytes moved between DRAM and each scratchpad.
  Counters counters() const;

 private:
  /// One of dst, src, wgt over a macro-instruction's loops.
  struct Walk {
    const char* name;
    isa::Memory memory;
    uint32_t isa::Uop::*field;
    uint32_t factor_out;
    uint32_t factor_in;
  };
  struct Loops {
    uint32_t uop_bgn, uop_end, iter_out, iter_in;
    bool empty() const { return uop_end <= uop_bgn || iter_out == 0 || iter_in == 0; }
    uint64_t steps() const { return uint64_t{uop_end - uop_bgn} * iter_out * iter_in; }
  };

  std::string run(const isa::Load& load);
  std::string run(const isa::Store& store);
  std::string run(const isa::Gemm& gemm);
  std::string run(const isa::Alu& alu);
  std::string run(const isa::Finish&) { return ""; }

  // In the words of the static checker (isa/program.h), which finds the same faults.
  std::string check_move(const char* name, isa::Memory memory, const isa::SramRange& sram,
                         const isa::DramRange& dram) const;
  std::string check_uops(const char* name, const Loops& loops) const;
  std::string check_walk(const char* name, const Loops& loops, const Walk& walk) const;
  void read_row(isa::Memory memory, uint64_t entry, uint64_t count, const uint8_t* bytes);
  void clear(isa::Memory memory, uint64_t entry, uint64_t count);
  template <typename Visit>
  void for_each_result(const Loops& loops, uint32_t dst_out, uint32_t dst_in, const Visit& visit);

  const isa::HwConfig hardware_;
  const isa::Codec codec_;
  const DramView dram_;
  const int64_t lanes_;  // of an accumulator entry
  GemmKernel gemm_kernel_;
  std::vector<isa::Uop> uops_;
  std::vector<int16_t> inp_;  // widened, as GemmWork wants them
  std::vector<int16_t> wgt_;
  std::vector<int32_t> acc_;
  std::vector<int8_t> out_;
  std::vector<uint64_t> visited_;  // by accumulator: the last instruction of for_each_result that met it
  uint64_t visit_ = 0;
  uint64_t gemm_uops_ = 0;
  uint64_t reset_uops_ = 0;
  uint64_t alu_uops_ = 0;
  std::vector<uint64_t> element_bytes_;  // by Memory
  std::vector<uint64_t> moved_bytes_;    // by Memory
};

}  // namespace tandem::sim
