#include "compiler/codegen/accel/macro.h"

#include <algorithm>
#include <optional>

#include "support/check.h"

namespace tandem::codegen {
namespace {

struct Loop {
  int64_t extent = 1;
  Indices stride;
};

Indices advance(const Indices& from, const Indices& stride, int64_t count) {
  return {from.dst + count * stride.dst, from.src + count * stride.src, from.wgt + count * stride.wgt};
}

bool counts_alike(const Loop& outer, const Loop& inner) {
  const Indices whole = advance({}, inner.stride, inner.extent);
  return outer.stride.dst == whole.dst && outer.stride.src == whole.src && outer.stride.wgt == whole.wgt;
}

/// Without loops of one iteration, neighbours fused; where order does not matter, any two that count alike.
std::vector<Loop> fused(std::vector<Loop> loops, bool any_order) {
  loops.erase(std::remove_if(loops.begin(), loops.end(), [](const Loop& l) { return l.extent == 1; }), loops.end());
  for (bool changed = true; changed;) {
    changed = false;
    for (size_t outer = 0; outer < loops.size() && !changed; ++outer) {
      for (size_t inner = 0; inner < loops.size() && !changed; ++inner) {
        if (outer == inner || (!any_order && inner != outer + 1) || !counts_alike(loops[outer], loops[inner])) continue;
        loops[inner].extent *= loops[outer].extent;
        loops.erase(loops.begin() + static_cast<std::ptrdiff_t>(outer));
        changed = true;
      }
    }
  }
  return loops;
}

/// The limits of an instruction's loop fields, which differ in wgt only.
struct LoopLimits {
  int64_t iterations, dst, src, wgt;

  LoopLimits(const isa::Instruction& instruction, const isa::FieldLimits& limits) {
    const auto common = [&](const auto& most) {
      iterations = std::min(most.iter_out, most.iter_in);
      dst = std::min(most.dst_out, most.dst_in);
      src = std::min(most.src_out, most.src_in);
      wgt = 0;
    };
    if (std::holds_alternative<isa::Gemm>(instruction)) {
      common(limits.gemm);
      wgt = std::min(limits.gemm.wgt_out, limits.gemm.wgt_in);
    } else if (std::holds_alternative<isa::Mac>(instruction)) {
      common(limits.mac);
      wgt = std::min(limits.mac.wgt_out, limits.mac.wgt_in);
    } else if (std::holds_alternative<isa::Requantize>(instruction)) {
      common(limits.requantize);
      wgt = limits.requantize.prm_out;
    } else if (std::holds_alternative<isa::AluExtended>(instruction)) {
      common(limits.alu_extended);
    } else {
      common(limits.alu);
    }
  }
  bool hold(const Loop& loop) const {
    const auto within = [](int64_t value, int64_t most) { return value >= 0 && value <= most; };
    return loop.extent <= iterations && within(loop.stride.dst, dst) && within(loop.stride.src, src) &&
           within(loop.stride.wgt, wgt);
  }
};

class Builder {
 public:
  Builder(const MacroNest& nest, const isa::FieldLimits& limits, int64_t max_uops)
      : nest_(nest), any_order_(reorderable(nest)), limits_(nest.instruction, limits), max_uops_(max_uops) {}

  std::vector<Step> build() {
    std::vector<Loop> loops;
    for (size_t i = 0; i < nest_.extents.size(); ++i) {
      if (nest_.extents[i] == 0) return {};
      loops.push_back({nest_.extents[i], nest_.strides[i]});
    }
    emit(nest_.base, fused(std::move(loops), any_order_));
    return std::move(steps_);
  }

 private:
  void emit(const Indices& base, const std::vector<Loop>& loops) {
    const std::vector<size_t> hardware = hardware_loops(loops);
    std::vector<Loop> outer, rest;
    for (size_t i = 0; i < loops.size(); ++i) {
      const bool chosen = std::find(hardware.begin(), hardware.end(), i) != hardware.end();
      (chosen ? outer : rest).push_back(loops[i]);
    }
    int64_t uops = 1;
    for (const Loop& loop : rest) uops *= loop.extent;
    if (uops > max_uops_) return halve(base, loops);
    Step step;
    step.instruction = nest_.instruction;
    step.uops = enumerate(base, rest);
    outer.insert(outer.begin(), 2 - outer.size(), Loop{});
    std::visit([&](auto& i) { set_loops(i, outer[0], outer[1]); }, step.instruction);
    steps_.push_back(std::move(step));
  }

  /// Too many micro-ops: the first and the second half of a loop. Where order matters only the outermost may be cut.
  void halve(const Indices& base, const std::vector<Loop>& loops) {
    size_t cut = 0;
    if (any_order_) {
      const std::vector<size_t> hardware = hardware_loops(loops);
      int64_t longest = 0;
      for (size_t i = 0; i < loops.size(); ++i) {
        const bool chosen = std::find(hardware.begin(), hardware.end(), i) != hardware.end();
        if (!chosen && loops[i].extent > longest) longest = loops[cut = i].extent;
      }
    }
    TANDEM_CHECK(loops[cut].extent > 1, "a loop of one iteration makes no micro-ops");
    std::vector<Loop> first = loops, second = loops;
    first[cut].extent = loops[cut].extent / 2;
    second[cut].extent = loops[cut].extent - first[cut].extent;
    emit(base, fused(first, any_order_));
    emit(advance(base, loops[cut].stride, first[cut].extent), fused(second, any_order_));
  }

  /// Positions of at most two loops, increasing.
  std::vector<size_t> hardware_loops(const std::vector<Loop>& loops) const {
    std::vector<size_t> legal;
    for (size_t i = 0; i < loops.size(); ++i) {
      if (!limits_.hold(loops[i])) {
        if (any_order_) continue;
        break;
      }
      legal.push_back(i);
    }
    if (any_order_) {
      std::stable_sort(legal.begin(), legal.end(),
                       [&](size_t a, size_t b) { return loops[a].extent > loops[b].extent; });
    }
    if (legal.size() > 2) legal.resize(2);
    std::sort(legal.begin(), legal.end());
    return legal;
  }

  static std::vector<isa::Uop> enumerate(const Indices& base, const std::vector<Loop>& loops) {
    std::vector<Indices> at = {base};
    for (const Loop& loop : loops) {
      std::vector<Indices> next;
      next.reserve(at.size() * static_cast<size_t>(loop.extent));
      for (const Indices& from : at) {
        for (int64_t i = 0; i < loop.extent; ++i) next.push_back(advance(from, loop.stride, i));
      }
      at = std::move(next);
    }
    std::vector<isa::Uop> uops;
    uops.reserve(at.size());
    for (const Indices& i : at) {
      TANDEM_CHECK(i.dst >= 0 && i.src >= 0 && i.wgt >= 0, "a micro-op has a negative index");
      isa::Uop uop;
      uop.dst = static_cast<uint32_t>(i.dst);
      uop.src = static_cast<uint32_t>(i.src);
      uop.wgt = static_cast<uint32_t>(i.wgt);
      uops.push_back(uop);
    }
    return uops;
  }

  template <typename Macro>
  static void set_loops(Macro& macro, const Loop& outer, const Loop& inner) {
    constexpr bool kHasWeights = std::is_same_v<Macro, isa::Gemm> || std::is_same_v<Macro, isa::Mac>;
    if constexpr (kHasWeights || std::is_same_v<Macro, isa::Alu> || std::is_same_v<Macro, isa::AluExtended>) {
      macro.iter_out = static_cast<uint32_t>(outer.extent);
      macro.iter_in = static_cast<uint32_t>(inner.extent);
      macro.dst_out = static_cast<uint32_t>(outer.stride.dst);
      macro.dst_in = static_cast<uint32_t>(inner.stride.dst);
      macro.src_out = static_cast<uint32_t>(outer.stride.src);
      macro.src_in = static_cast<uint32_t>(inner.stride.src);
      if constexpr (kHasWeights) {
        macro.wgt_out = static_cast<uint32_t>(outer.stride.wgt);
        macro.wgt_in = static_cast<uint32_t>(inner.stride.wgt);
      }
    } else {
      TANDEM_CHECK(false, "only GEMM, MAC, ALU and ALU_EXTENDED have micro-ops");
    }
  }

  const MacroNest& nest_;
  bool any_order_;
  LoopLimits limits_;
  int64_t max_uops_;
  std::vector<Step> steps_;
};

/// REQUANTIZE has its operands in the instruction, and parameters that change with the outer loop only.
std::vector<Step> requantize_instructions(const MacroNest& nest, const isa::FieldLimits& field_limits) {
  const LoopLimits limits(nest.instruction, field_limits);
  std::vector<Loop> loops;
  for (size_t i = 0; i < nest.extents.size(); ++i) {
    if (nest.extents[i] == 0) return {};
    loops.push_back({nest.extents[i], nest.strides[i]});
  }
  loops = fused(std::move(loops), true);
  const auto take_longest = [&](bool changes_parameters) {
    auto best = loops.end();
    for (auto loop = loops.begin(); loop != loops.end(); ++loop) {
      if ((loop->stride.wgt != 0) != changes_parameters || !limits.hold(*loop)) continue;
      if (best == loops.end() || loop->extent > best->extent) best = loop;
    }
    if (best == loops.end()) return Loop{};
    const Loop taken = *best;
    loops.erase(best);
    return taken;
  };
  const Loop inner = take_longest(false);
  Loop outer = take_longest(true);
  if (outer.extent == 1) outer = take_longest(false);
  auto requantize = std::get<isa::Requantize>(nest.instruction);
  requantize.iter_out = static_cast<uint32_t>(outer.extent);
  requantize.iter_in = static_cast<uint32_t>(inner.extent);
  requantize.dst_out = static_cast<uint32_t>(outer.stride.dst);
  requantize.dst_in = static_cast<uint32_t>(inner.stride.dst);
  requantize.src_out = static_cast<uint32_t>(outer.stride.src);
  requantize.src_in = static_cast<uint32_t>(inner.stride.src);
  requantize.prm_out = static_cast<uint32_t>(outer.stride.wgt);
  std::vector<Indices> starts = {nest.base};
  for (const Loop& loop : loops) {
    std::vector<Indices> next;
    for (const Indices& start : starts) {
      for (int64_t i = 0; i < loop.extent; ++i) next.push_back(advance(start, loop.stride, i));
    }
    starts = std::move(next);
  }
  std::vector<Step> steps;
  for (const Indices& start : starts) {
    requantize.dst = static_cast<uint32_t>(start.dst);
    requantize.src = static_cast<uint32_t>(start.src);
    requantize.prm = static_cast<uint32_t>(start.wgt);
    steps.emplace_back();
    steps.back().instruction = requantize;
  }
  return steps;
}

/// Whether f(f(a, x), y) = f(f(a, y), x), so that the terms of one destination may come in any order.
bool accumulates(isa::AluOp op) {
  switch (op) {
    case isa::AluOp::kMin:
    case isa::AluOp::kMax:
    case isa::AluOp::kAdd:
    case isa::AluOp::kMul:
    case isa::AluOp::kSub:
    case isa::AluOp::kMac:
      return true;
    default:
      return false;
  }
}

bool overlap(const std::vector<Run>& a, const std::vector<Run>& b) {
  for (size_t i = 0, j = 0; i < a.size() && j < b.size();) {
    if (a[i].begin < b[j].end && b[j].begin < a[i].end) return true;
    (a[i].end < b[j].end ? i : j) += 1;
  }
  return false;
}

}  // namespace

bool reorderable(const MacroNest& nest) {
  const auto* alu = std::get_if<isa::Alu>(&nest.instruction);
  const auto* extended = std::get_if<isa::AluExtended>(&nest.instruction);
  // GEMM and MAC add to a buffer that they do not read, or write each element once; a reset writes zeros; an immediate
  // operation repeated on one vector repeats itself.
  if (alu == nullptr && extended == nullptr) return true;
  if (alu != nullptr ? alu->use_imm : extended->use_imm) return true;
  std::vector<int64_t> dst, src;
  int64_t steps = 1;
  for (size_t i = 0; i < nest.extents.size(); ++i) {
    dst.push_back(nest.strides[i].dst);
    src.push_back(nest.strides[i].src);
    steps *= nest.extents[i];
  }
  const std::vector<Run> written = touched(nest.base.dst, 1, nest.extents, dst),
                         read = touched(nest.base.src, 1, nest.extents, src);
  int64_t vectors = 0;
  for (const Run& run : written) vectors += run.end - run.begin;
  const bool each_once = vectors == steps;
  if (!overlap(written, read)) return each_once || accumulates(alu != nullptr ? alu->opcode : extended->operation);
  const bool in_place = nest.base.dst == nest.base.src && dst == src;
  return in_place && each_once;
}

std::vector<Step> macro_instructions(const MacroNest& nest, const isa::FieldLimits& limits, int64_t max_uops) {
  if (std::holds_alternative<isa::Requantize>(nest.instruction)) return requantize_instructions(nest, limits);
  return Builder(nest, limits, max_uops).build();
}

}  // namespace tandem::codegen
