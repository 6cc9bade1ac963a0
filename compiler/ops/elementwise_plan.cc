#include "compiler/ops/elementwise_plan.h"

#include <fmt/format.h>

#include <algorithm>

#include "compiler/ops/tile_choices.h"
#include "isa/instruction.h"

namespace tandem::ops {
namespace {

struct OutputShape {
  int64_t n, c, h, w;
};
OutputShape output_shape(const Operator& op) {
  if (const auto* o = std::get_if<MaxPool>(&op)) return {o->n, o->c, o->out_h(), o->out_w()};
  if (const auto* o = std::get_if<Add>(&op)) return {o->n, o->c, o->h, o->w};
  const auto& o = std::get<Clip>(op);
  return {o.n, o.c, o.h, o.w};
}

int64_t pool_rows(const MaxPool& o, int64_t outputs) { return (outputs - 1) * o.stride_h + o.kernel_h; }
int64_t pool_columns(const MaxPool& o, int64_t outputs) { return (outputs - 1) * o.stride_w + o.kernel_w; }

std::vector<AluStep> clip_steps(const Clip& o) { return {{AluStep::Op::kMax, o.low}, {AluStep::Op::kMin, o.high}}; }

}  // namespace

std::vector<AluStep> addition_steps(const Add& o) {
  const int64_t bound = 128 * ((int64_t{1} << o.left_shift_a) + (int64_t{1} << o.left_shift_b));
  std::vector<AluStep> steps;
  const bool fold = half_can_be_folded(o.requantize, bound);
  if (fold) steps.push_back({AluStep::Op::kAdd, rounding_half(o.requantize)});
  for (const AluStep& step : lower_requantize(o.requantize, fold)) steps.push_back(step);
  return steps;
}

std::vector<Knob> elementwise_knobs(const Operator& op, const isa::HwConfig& hardware) {
  const OutputShape s = output_shape(op);
  return {{"tile_c", tile_choices(blocks(s.c, hardware.block_out))},
          {"tile_h", tile_choices(s.h)},
          {"tile_w", tile_choices(s.w)},
          {"double_acc", {0, 1}}};
}

ElementwiseChoice elementwise_choice(const KnobValues& v) {
  return {v.at("tile_c"), v.at("tile_h"), v.at("tile_w"), v.at("double_acc")};
}

KnobValues knob_values(const ElementwiseChoice& c) {
  return {{"tile_c", c.tile_c}, {"tile_h", c.tile_h}, {"tile_w", c.tile_w}, {"double_acc", c.double_acc}};
}

ElementwisePlan plan(const Operator& op, const isa::HwConfig& hardware, const ElementwiseChoice& choice) {
  const OutputShape s = output_shape(op);
  ElementwisePlan p;
  p.dims = {{"n", blocks(s.n, hardware.batch), 1},
            {"c", blocks(s.c, hardware.block_out), choice.tile_c},
            {"h", s.h, choice.tile_h},
            {"w", s.w, choice.tile_w}};
  p.result_elements = choice.tile_c * choice.tile_h * choice.tile_w;
  p.result_copies = choice.double_acc != 0 && iterations(p.dims, p.dims.size()) > 1 ? 2 : 1;
  if (const auto* pool = std::get_if<MaxPool>(&op)) {
    p.operand_elements = choice.tile_c * pool_rows(*pool, choice.tile_h) * pool_columns(*pool, choice.tile_w);
    p.operand_loads = p.operand_elements;
    p.passes = 2 + pool->kernel_h * pool->kernel_w;
  } else if (const auto* add = std::get_if<Add>(&op); add != nullptr && add->rescaled) {
    // Both operands as loaded, and the second one scaled.
    p.operand_elements = 3 * p.result_elements;
    p.operand_loads = 2 * p.result_elements;
    p.passes = 4;
    p.whole_parameters = 3 * p.dims[1].total <= hardware.depth(isa::Memory::kPrm);
    p.parameters = 3 * (p.whole_parameters ? p.dims[1].total : choice.tile_c);
  } else if (add != nullptr) {
    p.operand_elements = p.result_elements;
    p.operand_loads = 2 * p.result_elements;
    p.passes = 1 + (add->left_shift_a > 0 ? 1 : 0) + (add->left_shift_b > 0 ? 1 : 0) +
               static_cast<int64_t>(addition_steps(*add).size());
  } else {
    p.operand_loads = p.result_elements;
    p.passes = static_cast<int64_t>(clip_steps(std::get<Clip>(op)).size());
  }
  return p;
}

std::string infeasible(const Operator& op, const isa::HwConfig& hardware, const ElementwiseChoice& choice) {
  const ElementwisePlan p = plan(op, hardware, choice);
  const int64_t depth = hardware.depth(isa::Memory::kAcc), most = hardware.depth(isa::Memory::kPrm);
  if (p.parameters > 0 && hardware.requant_lanes() == 0) {
    return "operands rescaled each by its own parameters need 'requant_lanes', which the hardware has 0 of";
  }
  if (p.parameters > most) {
    return fmt::format("parameters: {} elements do not fit '{}', which has {}", p.parameters,
                       isa::info(isa::Memory::kPrm).name, most);
  }
  if (p.result_copies * p.result_elements + p.operand_elements <= depth) return "";
  return fmt::format("results: {} x {} elements and {} of operands do not fit '{}', which has {} ({} bytes)",
                     p.result_copies, p.result_elements, p.operand_elements, isa::info(isa::Memory::kAcc).name, depth,
                     depth * hardware.element_bytes(isa::Memory::kAcc));
}

double estimate(const isa::HwConfig& hardware, const ElementwisePlan& p) {
  constexpr double kMacroOverhead = 8, kLatency = 40;  // roughly; only the ranking of choices depends on them
  const double bytes = static_cast<double>(hardware.element_bytes(isa::Memory::kAcc8)), bus = hardware.bus_bytes;
  const double tiles = static_cast<double>(iterations(p.dims, p.dims.size()));
  const double passes = static_cast<double>(p.passes), result = static_cast<double>(p.result_elements);
  const double loads = static_cast<double>(p.operand_loads) * bytes / bus + kLatency;
  const double compute = result * passes + kMacroOverhead * passes + loads;
  const double store = result * bytes / bus + kLatency;
  return p.result_copies == 2 ? tiles * std::max(compute, store) + store : tiles * (compute + store);
}

}  // namespace tandem::ops
