// The arithmetic of one ALU macro-instruction, vectorised; not its checks, which the machine has made before.
#pragma once

#include <cstdint>

#include "isa/instruction.h"

namespace tandem::sim {

/// acc[dst] = op(acc[dst], use_imm ? imm : acc[src], c) lane by lane, and its low 8 bits to out[dst], over both
/// hardware loops and all micro-ops, one after the other. Every index is in bounds.
struct AluWork {
  isa::AluOp op = isa::AluOp::kMin;
  bool use_imm = false;
  int32_t imm = 0;
  int32_t c = 0;   // third operand, which extended operations have
  int lanes = 16;  // batch * block_out
  const isa::Uop* uops = nullptr;
  uint32_t uop_count = 0;
  uint32_t iter_out = 1, iter_in = 1;
  uint32_t dst_out = 0, dst_in = 0;
  uint32_t src_out = 0, src_in = 0;
  int32_t* acc = nullptr;
  int8_t* out = nullptr;
};

void run_alu(const AluWork& work);

/// out[0..count) = the low 8 bits of acc[0..count).
void narrow(const int32_t* acc, int8_t* out, int64_t count);

}  // namespace tandem::sim
