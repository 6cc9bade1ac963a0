// Micro-op sequences in the micro-op buffer: equal ones shared, loaded together ahead of their first use, all replaced
// when the buffer is full.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "compiler/codegen/accel/step.h"

namespace tandem::codegen {

/// The `tensor` of steps that load micro-ops.
constexpr int kUopTensor = -2;

class UopPlacement {
 public:
  UopPlacement(const isa::Codec& codec, int64_t buffer_depth) : codec_(codec), depth_(buffer_depth) {}

  /// The steps of one layer with uop_bgn and uop_end set and the loads that they need put before them. No sequence may
  /// be longer than the buffer. What earlier layers loaded stays and is shared until the buffer is full.
  std::vector<Step> place(std::vector<Step> steps);

  /// What the loads read: the contents of DRAM's micro-op tensor.
  const Bytes& dram() const { return dram_; }

 private:
  void load_pending(std::vector<Step>& steps, size_t at);

  const isa::Codec& codec_;
  int64_t depth_;
  int64_t used_ = 0;                                   // entries of the buffer
  std::unordered_map<std::string, int64_t> resident_;  // encoded sequence -> its first entry
  Bytes pending_;                                      // placed, not yet loaded
  Bytes dram_;
};

}  // namespace tandem::codegen
