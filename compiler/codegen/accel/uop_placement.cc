#include "compiler/codegen/accel/uop_placement.h"

#include <algorithm>

#include "support/check.h"

namespace tandem::codegen {
namespace {

void set_range(isa::Instruction& instruction, int64_t begin, int64_t end) {
  std::visit(
      [&](auto& macro) {
        using Macro = std::decay_t<decltype(macro)>;
        if constexpr (std::is_same_v<Macro, isa::Gemm> || std::is_same_v<Macro, isa::Mac> ||
                      std::is_same_v<Macro, isa::Alu> || std::is_same_v<Macro, isa::AluExtended>) {
          macro.uop_bgn = static_cast<uint32_t>(begin);
          macro.uop_end = static_cast<uint32_t>(end);
        }
      },
      instruction);
}

}  // namespace

std::vector<Step> UopPlacement::place(std::vector<Step> steps) {
  std::vector<Step> result;
  size_t first = 0;  // where in `result` the pending sequences are loaded: before the first that uses one
  for (Step& step : steps) {
    if (!step.uops.empty()) {
      const auto count = static_cast<int64_t>(step.uops.size());
      TANDEM_CHECK(count <= depth_, "a micro-op sequence is longer than the buffer");
      Bytes bytes;
      for (const isa::Uop& uop : step.uops) codec_.append_uop_bytes(uop, bytes);
      std::string key(bytes.begin(), bytes.end());
      auto found = resident_.find(key);
      if (found == resident_.end()) {
        if (used_ + count > depth_) {
          load_pending(result, first);
          resident_.clear();
          used_ = 0;
        }
        if (pending_.empty()) first = result.size();
        found = resident_.emplace(std::move(key), used_).first;
        pending_.insert(pending_.end(), bytes.begin(), bytes.end());
        used_ += count;
      }
      set_range(step.instruction, found->second, found->second + count);
      step.uops.clear();
    }
    result.push_back(std::move(step));
  }
  load_pending(result, first);
  return result;
}

void UopPlacement::load_pending(std::vector<Step>& steps, size_t at) {
  const int64_t size = codec_.uop_bytes();
  const int64_t most = codec_.limits().load.x_size;
  const auto count = static_cast<int64_t>(pending_.size()) / size;
  for (int64_t done = 0; done < count; done += most) {
    const int64_t part = std::min(most, count - done);
    isa::Load load;
    load.mem_type = isa::Memory::kUop;
    load.sram_base = static_cast<uint32_t>(used_ - count + done);
    load.dram_base = static_cast<uint32_t>(static_cast<int64_t>(dram_.size()) / size + done);
    load.y_size = 1;
    load.x_size = load.x_stride = static_cast<uint32_t>(part);
    const int layer = at < steps.size() ? steps[at].layer : steps.empty() ? 0 : steps.back().layer;
    steps.insert(steps.begin() + static_cast<std::ptrdiff_t>(at++),
                 Step{load, isa::Engine::kCompute, kUopTensor, 0, {}, {}, layer});
  }
  dram_.insert(dram_.end(), pending_.begin(), pending_.end());
  pending_.clear();
}

}  // namespace tandem::codegen
