#include "compiler/ops/template.h"

#include <fmt/format.h>

#include <algorithm>

#include "compiler/ops/conv2d_plan.h"
#include "compiler/ops/conv2d_schedule.h"
#include "compiler/ops/depthwise_plan.h"
#include "compiler/ops/depthwise_schedule.h"
#include "compiler/ops/elementwise_plan.h"
#include "compiler/ops/elementwise_schedule.h"
#include "compiler/ops/lowering.h"
#include "support/check.h"
#include "tensorize/intrinsic.h"

namespace tandem::ops {
namespace {

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

/// Which template schedules an operator, or why none does.
enum class Kind { kConv2d, kDepthwise, kElementwise, kNone };

std::string none_takes(const Operator& op, const isa::HwConfig& hardware) {
  if (std::holds_alternative<Im2col>(op)) return "the host makes channels of windows";
  const Lowered lowered = lower(op, hardware);
  return "it is computed as " + to_string(lowered.op) + ": " + lowered.reason;
}

Kind kind_of_template(const Operator& op, const isa::HwConfig& hardware) {
  if (const auto* conv = std::get_if<Conv2d>(&op)) {
    if (runs_depthwise(*conv, hardware)) return Kind::kDepthwise;
    const bool whole =
        conv->groups == 1 || (conv->group_c() % hardware.block_in == 0 && conv->group_o() % hardware.block_out == 0);
    return whole ? Kind::kConv2d : Kind::kNone;
  }
  if (const auto* pool = std::get_if<AveragePool>(&op)) {
    return runs_depthwise(*pool, hardware) ? Kind::kDepthwise : Kind::kNone;
  }
  return std::holds_alternative<Im2col>(op) ? Kind::kNone : Kind::kElementwise;
}

/// The candidates of least estimated cycles, best first; of those that come to the same plan only one.
class Ranking {
 public:
  explicit Ranking(size_t count) : count_(count) {}
  bool interested(double cycles) const { return best_.size() < count_ || cycles < best_.back().first; }
  void add(double cycles, KnobValues values) {
    const auto place = std::upper_bound(best_.begin(), best_.end(), cycles,
                                        [](double c, const auto& entry) { return c < entry.first; });
    if (place != best_.begin() && std::prev(place)->first == cycles) return;
    best_.insert(place, {cycles, std::move(values)});
    if (best_.size() > count_) best_.pop_back();
  }
  std::vector<KnobValues> take() {
    std::vector<KnobValues> values;
    for (auto& [cycles, knobs] : best_) values.push_back(std::move(knobs));
    return values;
  }

 private:
  size_t count_;
  std::vector<std::pair<double, KnobValues>> best_;
};

std::vector<int64_t> choices_of(const std::vector<Knob>& knobs, const std::string& name, int64_t otherwise) {
  for (const Knob& knob : knobs) {
    if (knob.name == name) return knob.choices;
  }
  return {otherwise};
}

std::vector<KnobValues> ranked_conv2d(const Conv2d& op, const isa::HwConfig& hardware, size_t count) {
  const std::vector<Knob> all = conv2d_knobs(op, hardware);
  const int64_t most_acc = hardware.depth(isa::Memory::kAcc), most_inp = hardware.depth(isa::Memory::kInp);
  Ranking ranking(count);
  bool found = false;
  const auto consider = [&](const Conv2dChoice& choice) {
    if (!infeasible(op, hardware, choice).empty()) return;
    found = true;
    const double cycles = estimate(op, hardware, plan(op, hardware, choice), choice).total_cycles;
    if (ranking.interested(cycles)) ranking.add(cycles, knob_values(op, choice));
  };
  const std::vector<int64_t> rows = choices_of(all, "tile_r", 0), columns = choices_of(all, "tile_s", 0);
  const auto search = [&](bool double_inp, bool double_wgt, bool double_acc) {
    for (const int64_t tile_n : all[0].choices) {
      for (const int64_t tile_o : all[1].choices) {
        for (const int64_t tile_h : all[2].choices) {
          if (tile_n * tile_o * tile_h > most_acc || tile_n * tile_h > most_inp) continue;
          for (const int64_t tile_w : all[3].choices) {
            if (tile_n * tile_o * tile_h * tile_w > most_acc || tile_n * tile_h * tile_w > most_inp) continue;
            for (const int64_t tile_c : all[4].choices) {
              for (const int64_t tile_r : rows) {
                for (const int64_t tile_s : columns) {
                  for (int64_t order = 0; order < (op.per_channel ? 8 : 4); ++order) {
                    consider({tile_n, tile_o, tile_h, tile_w, tile_c, order & 1, order >> 1 & 1, double_inp, double_wgt,
                              double_acc, order >> 2, tile_r, tile_s});
                  }
                }
              }
            }
          }
        }
      }
    }
  };
  search(true, true, true);
  for (int flags = 6; flags >= 0 && !found; --flags) search((flags & 1) != 0, (flags & 2) != 0, (flags & 4) != 0);
  return ranking.take();
}

std::vector<KnobValues> ranked_depthwise(const Operator& op, const isa::HwConfig& hardware, size_t count) {
  const std::vector<Knob> all = depthwise_knobs(op, hardware);
  Ranking ranking(count);
  for (const int64_t tile_n : all[0].choices) {
    for (const int64_t tile_c : all[1].choices) {
      for (const int64_t tile_h : all[2].choices) {
        for (const int64_t tile_w : all[3].choices) {
          for (int64_t copies = 3; copies >= 0; --copies) {
            const DepthwiseChoice choice = {tile_n, tile_c, tile_h, tile_w, copies & 1, copies >> 1};
            if (!infeasible_depthwise(op, hardware, choice).empty()) continue;
            const double cycles = estimate_depthwise(op, hardware, plan_depthwise(op, hardware, choice)).total_cycles;
            if (ranking.interested(cycles)) ranking.add(cycles, knob_values(choice));
          }
        }
      }
    }
  }
  return ranking.take();
}

std::vector<KnobValues> ranked_elementwise(const Operator& op, const isa::HwConfig& hardware, size_t count) {
  const std::vector<Knob> all = elementwise_knobs(op, hardware);
  Ranking ranking(count);
  for (const int64_t tile_c : all[0].choices) {
    for (const int64_t tile_h : all[1].choices) {
      for (const int64_t tile_w : all[2].choices) {
        for (const int64_t copies : {1, 0}) {
          const ElementwiseChoice choice = {tile_c, tile_h, tile_w, copies};
          if (!infeasible(op, hardware, choice).empty()) continue;
          const double cycles = estimate(hardware, plan(op, hardware, choice));
          if (ranking.interested(cycles)) ranking.add(cycles, knob_values(choice));
        }
      }
    }
  }
  return ranking.take();
}

Result<schedule::Schedule> apply_template(const Operator& op, const isa::HwConfig& hardware, const KnobValues& values,
                                          const tensorize::IntrinsicSet& intrinsics) {
  switch (kind_of_template(op, hardware)) {
    case Kind::kConv2d: {
      const auto& conv = std::get<Conv2d>(op);
      return schedule_conv2d(conv, hardware, plan(conv, hardware, conv2d_choice(values)), intrinsics);
    }
    case Kind::kDepthwise:
      return schedule_depthwise(op, hardware, plan_depthwise(op, hardware, depthwise_choice(values)), intrinsics);
    case Kind::kElementwise:
      return schedule_elementwise(op, hardware, plan(op, hardware, elementwise_choice(values)), intrinsics);
    case Kind::kNone:
      break;
  }
  return Diagnostic{{}, to_string(op) + ": " + none_takes(op, hardware), {}, ""};
}

}  // namespace

std::vector<Knob> knobs(const Operator& op, const isa::HwConfig& hardware) {
  switch (kind_of_template(op, hardware)) {
    case Kind::kConv2d:
      return conv2d_knobs(std::get<Conv2d>(op), hardware);
    case Kind::kDepthwise:
      return depthwise_knobs(op, hardware);
    case Kind::kElementwise:
      return elementwise_knobs(op, hardware);
    case Kind::kNone:
      break;
  }
  return {};
}

std::string infeasible(const Operator& op, const isa::HwConfig& hardware, const KnobValues& values) {
  const std::string mistake = malformed(knobs(op, hardware), values);
  if (!mistake.empty()) return mistake;
  switch (kind_of_template(op, hardware)) {
    case Kind::kConv2d:
      return infeasible(std::get<Conv2d>(op), hardware, conv2d_choice(values));
    case Kind::kDepthwise:
      return infeasible_depthwise(op, hardware, depthwise_choice(values));
    case Kind::kElementwise:
      return infeasible(op, hardware, elementwise_choice(values));
    case Kind::kNone:
      break;
  }
  return none_takes(op, hardware);
}

Result<std::vector<KnobValues>> ranked_knobs(const Operator& op, const isa::HwConfig& hardware, size_t count) {
  TANDEM_TRY(check(op));
  std::vector<KnobValues> ranked;
  switch (kind_of_template(op, hardware)) {
    case Kind::kConv2d:
      ranked = ranked_conv2d(std::get<Conv2d>(op), hardware, count);
      break;
    case Kind::kDepthwise:
      ranked = ranked_depthwise(op, hardware, count);
      break;
    case Kind::kElementwise:
      ranked = ranked_elementwise(op, hardware, count);
      break;
    case Kind::kNone:
      return Diagnostic{{}, to_string(op) + ": " + none_takes(op, hardware), {}, ""};
  }
  if (ranked.empty()) return does_not_fit(op, hardware, smallest_is_infeasible(op, hardware));
  return ranked;
}

Result<KnobValues> default_knobs(const Operator& op, const isa::HwConfig& hardware) {
  TANDEM_ASSIGN(std::vector<KnobValues> best, ranked_knobs(op, hardware, 1));
  return std::move(best.front());
}

Result<ScheduledKernel> schedule_for_accel(const Operator& op, const isa::HwConfig& hardware,
                                           const KnobValues& values) {
  TANDEM_TRY(check(op));
  const std::string broken = infeasible(op, hardware, values);
  if (!broken.empty())
    return Diagnostic{{}, fmt::format("{}: {}", to_string(op), broken), {}, "choose other knob values"};
  TANDEM_ASSIGN(const tensorize::IntrinsicSet intrinsics, tensorize::IntrinsicSet::load("accel", hardware));
  TANDEM_ASSIGN(const schedule::Schedule scheduled, apply_template(op, hardware, values, intrinsics));
  return ScheduledKernel{scheduled.kernel, schedule::to_json(scheduled.trace)};
}

Result<ScheduledKernel> replay(const Operator& op, const isa::HwConfig& hardware, const std::string& trace) {
  TANDEM_TRY(check(op));
  TANDEM_ASSIGN(const tensorize::IntrinsicSet intrinsics, tensorize::IntrinsicSet::load("accel", hardware));
  TANDEM_ASSIGN(const schedule::Schedule scheduled, schedule::replay(define(op), trace, intrinsics));
  return ScheduledKernel{scheduled.kernel, schedule::to_json(scheduled.trace)};
}

}  // namespace tandem::ops
