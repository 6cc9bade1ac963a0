#include "compiler/ops/template.h"

#include <fmt/format.h>

#include <algorithm>

#include "compiler/ops/conv2d_plan.h"
#include "compiler/ops/conv2d_schedule.h"
#include "compiler/ops/elementwise_plan.h"
#include "compiler/ops/elementwise_schedule.h"
#include "support/check.h"
#include "tensorize/intrinsic.h"

namespace tandem::ops {
namespace {

int64_t blocks(int64_t count, int64_t block) { return (count + block - 1) / block; }

/// Every knob present, nothing else, and each value at least 0 (tiles: 1, and no larger than the dimension).
std::string malformed(const std::vector<Knob>& knobs, const KnobValues& values) {
  for (const auto& [name, value] : values) {
    const auto known =
        std::find_if(knobs.begin(), knobs.end(), [&, wanted = name](const Knob& k) { return k.name == wanted; });
    if (known != knobs.end()) continue;
    std::vector<std::string> names;
    for (const Knob& knob : knobs) names.push_back(knob.name);
    return render(unknown_name({}, "knob", name, names));
  }
  for (const Knob& knob : knobs) {
    const auto found = values.find(knob.name);
    if (found == values.end()) return fmt::format("knob '{}' has no value", knob.name);
    const auto [least, most] = std::minmax_element(knob.choices.begin(), knob.choices.end());
    if (found->second < *least || found->second > *most) {
      return fmt::format("knob '{}' is {}, not in [{}, {}]", knob.name, found->second, *least, *most);
    }
  }
  return "";
}

Diagnostic does_not_fit(const Operator& op, const isa::HwConfig& hardware, const std::string& why) {
  return Diagnostic{{},
                    fmt::format("{} does not fit hardware '{}': {}", to_string(op), hardware.name, why),
                    {},
                    "enlarge that buffer"};
}

/// What does not fit even with the smallest tiles.
std::string smallest_is_infeasible(const Operator& op, const isa::HwConfig& hardware) {
  KnobValues smallest;
  for (const Knob& knob : knobs(op, hardware)) smallest[knob.name] = knob.choices.back();
  for (const char* flag : {"space_outer", "resident", "double_inp", "double_wgt", "double_acc", "whole_wgt"}) {
    if (smallest.count(flag) != 0) smallest[flag] = 0;
  }
  return infeasible(op, hardware, smallest);
}

Result<KnobValues> default_conv2d(const Conv2d& op, const isa::HwConfig& hardware) {
  const std::vector<Knob> all = conv2d_knobs(op, hardware);
  const int64_t most_acc = hardware.depth(isa::Memory::kAcc), most_inp = hardware.depth(isa::Memory::kInp);
  Conv2dChoice best;
  double best_cycles = -1;
  const auto consider = [&](const Conv2dChoice& choice) {
    if (!infeasible(op, hardware, choice).empty()) return;
    const double cycles = estimate(op, hardware, plan(op, hardware, choice), choice).total_cycles;
    if (best_cycles >= 0 && cycles >= best_cycles) return;
    best = choice;
    best_cycles = cycles;
  };
  const auto search = [&](bool double_inp, bool double_wgt, bool double_acc) {
    for (const int64_t tile_n : all[0].choices) {
      for (const int64_t tile_o : all[1].choices) {
        for (const int64_t tile_h : all[2].choices) {
          if (tile_n * tile_o * tile_h > most_acc || tile_n * tile_h > most_inp) continue;
          for (const int64_t tile_w : all[3].choices) {
            if (tile_n * tile_o * tile_h * tile_w > most_acc || tile_n * tile_h * tile_w > most_inp) continue;
            for (const int64_t tile_c : all[4].choices) {
              for (int64_t order = 0; order < (op.per_channel ? 8 : 4); ++order) {
                consider({tile_n, tile_o, tile_h, tile_w, tile_c, order & 1, order >> 1 & 1, double_inp, double_wgt,
                          double_acc, order >> 2});
              }
            }
          }
        }
      }
    }
  };
  search(true, true, true);
  for (int flags = 6; flags >= 0 && best_cycles < 0; --flags)
    search((flags & 1) != 0, (flags & 2) != 0, (flags & 4) != 0);
  if (best_cycles < 0) return does_not_fit(op, hardware, smallest_is_infeasible(op, hardware));
  return knob_values(op, best);
}

Result<KnobValues> default_elementwise(const Operator& op, const isa::HwConfig& hardware) {
  const std::vector<Knob> all = elementwise_knobs(op, hardware);
  ElementwiseChoice best;
  double best_cycles = -1;
  for (const int64_t tile_c : all[0].choices) {
    for (const int64_t tile_h : all[1].choices) {
      for (const int64_t tile_w : all[2].choices) {
        for (const int64_t copies : {1, 0}) {
          const ElementwiseChoice choice = {tile_c, tile_h, tile_w, copies};
          if (!infeasible(op, hardware, choice).empty()) continue;
          const double cycles = estimate(hardware, plan(op, hardware, choice));
          if (best_cycles >= 0 && cycles >= best_cycles) continue;
          best = choice;
          best_cycles = cycles;
        }
      }
    }
  }
  if (best_cycles < 0) return does_not_fit(op, hardware, smallest_is_infeasible(op, hardware));
  return knob_values(best);
}

/// Rows of the input that some window touches.
int64_t touched_rows(int64_t h, int64_t out_h, int64_t kernel, int64_t stride, int64_t pad) {
  int64_t count = 0, next = 0;
  for (int64_t p = 0; p < out_h; ++p) {
    const int64_t begin = std::max(next, p * stride - pad), end = std::min(h, p * stride - pad + kernel);
    if (end > begin) count += end - begin;
    next = std::max(next, end);
  }
  return count;
}

int64_t elements(int64_t n, int64_t c, int64_t h, int64_t w, int64_t batch, int64_t block) {
  return blocks(n, batch) * blocks(c, block) * h * w;
}

struct Roofline {
  int64_t uops = 0, read_bytes = 0, write_bytes = 0;
};

Roofline roofline(const Operator& op, const isa::HwConfig& hw) {
  using isa::Memory;
  Roofline r;
  if (const auto* o = std::get_if<Conv2d>(&op)) {
    const int64_t c = blocks(o->c, hw.block_in),
                  out = elements(o->n, o->o, o->out_h(), o->out_w(), hw.batch, hw.block_out);
    const int64_t rows = touched_rows(o->h, o->out_h(), o->kernel_h, o->stride_h, o->pad_top);
    r.uops = out * c * o->kernel_h * o->kernel_w;
    r.read_bytes = elements(o->n, o->c, rows, o->w, hw.batch, hw.block_in) * hw.element_bytes(Memory::kInp) +
                   blocks(o->o, hw.block_out) * (c * o->kernel_h * o->kernel_w * hw.element_bytes(Memory::kWgt) +
                                                 hw.element_bytes(Memory::kAcc));
    r.write_bytes = out * hw.element_bytes(Memory::kOut);
  } else if (const auto* p = std::get_if<MaxPool>(&op)) {
    const int64_t rows = touched_rows(p->h, p->out_h(), p->kernel_h, p->stride_h, p->pad_top);
    r.read_bytes = elements(p->n, p->c, rows, p->w, hw.batch, hw.block_out) * hw.element_bytes(Memory::kAcc8);
    r.write_bytes =
        elements(p->n, p->c, p->out_h(), p->out_w(), hw.batch, hw.block_out) * hw.element_bytes(Memory::kOut);
  } else if (const auto* a = std::get_if<Add>(&op)) {
    r.write_bytes = elements(a->n, a->c, a->h, a->w, hw.batch, hw.block_out) * hw.element_bytes(Memory::kOut);
    r.read_bytes = 2 * r.write_bytes;
  } else {
    const auto& x = std::get<Clip>(op);
    r.read_bytes = r.write_bytes =
        elements(x.n, x.c, x.h, x.w, hw.batch, hw.block_out) * hw.element_bytes(Memory::kOut);
  }
  return r;
}

}  // namespace

std::vector<Knob> knobs(const Operator& op, const isa::HwConfig& hardware) {
  if (const auto* conv = std::get_if<Conv2d>(&op)) return conv2d_knobs(*conv, hardware);
  return elementwise_knobs(op, hardware);
}

std::string infeasible(const Operator& op, const isa::HwConfig& hardware, const KnobValues& values) {
  const std::string mistake = malformed(knobs(op, hardware), values);
  if (!mistake.empty()) return mistake;
  if (const auto* conv = std::get_if<Conv2d>(&op)) return infeasible(*conv, hardware, conv2d_choice(values));
  return infeasible(op, hardware, elementwise_choice(values));
}

Result<KnobValues> default_knobs(const Operator& op, const isa::HwConfig& hardware) {
  TANDEM_TRY(check(op));
  if (const auto* conv = std::get_if<Conv2d>(&op)) return default_conv2d(*conv, hardware);
  return default_elementwise(op, hardware);
}

int64_t roofline_cycles(const Operator& op, const isa::HwConfig& hardware) {
  const Roofline r = roofline(op, hardware);
  const auto beats = [&](int64_t bytes) { return blocks(bytes, hardware.bus_bytes); };
  return std::max({r.uops, beats(r.read_bytes), beats(r.write_bytes)});
}

Result<ScheduledKernel> schedule_for_accel(const Operator& op, const isa::HwConfig& hardware,
                                           const KnobValues& values) {
  TANDEM_TRY(check(op));
  const std::string broken = infeasible(op, hardware, values);
  if (!broken.empty())
    return Diagnostic{{}, fmt::format("{}: {}", to_string(op), broken), {}, "choose other knob values"};
  TANDEM_ASSIGN(const tensorize::IntrinsicSet intrinsics, tensorize::IntrinsicSet::load("accel", hardware));
  const auto* conv = std::get_if<Conv2d>(&op);
  TANDEM_ASSIGN(const schedule::Schedule scheduled,
                conv != nullptr
                    ? schedule_conv2d(*conv, hardware, plan(*conv, hardware, conv2d_choice(values)), intrinsics)
                    : schedule_elementwise(op, hardware, plan(op, hardware, elementwise_choice(values)), intrinsics));
  return ScheduledKernel{scheduled.kernel, schedule::to_json(scheduled.trace)};
}

Result<ScheduledKernel> replay(const Operator& op, const isa::HwConfig& hardware, const std::string& trace) {
  TANDEM_TRY(check(op));
  TANDEM_ASSIGN(const tensorize::IntrinsicSet intrinsics, tensorize::IntrinsicSet::load("accel", hardware));
  TANDEM_ASSIGN(const schedule::Schedule scheduled, schedule::replay(define(op), trace, intrinsics));
  return ScheduledKernel{scheduled.kernel, schedule::to_json(scheduled.trace)};
}

}  // namespace tandem::ops
