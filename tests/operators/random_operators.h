// Random operators with random operands, and whether the accelerator computes them as they are defined.
#pragma once

#include <cstdint>
#include <string>

#include "compiler/ops/operator.h"
#include "compiler/ops/template.h"
#include "isa/hw_config.h"
#include "support/rng.h"

namespace tandem {

/// $TANDEM_SEED, else 1.
uint64_t seed_of_tests();

/// Around a configuration's blocks: 1, one less, one more, a prime.
int64_t random_channels(Rng& rng, int64_t block);
/// Of every kind; dense layers, groups, dilations, uneven pads among them.
ops::Conv2d random_conv(Rng& rng, const isa::HwConfig& hw);
/// Pools, additions, clips.
ops::Operator random_other(Rng& rng, const isa::HwConfig& hw);

Tensor random_operand(Rng& rng, const loop::Param& param);
/// A random feasible choice; `defaults` where none is found soon.
ops::KnobValues random_knobs(Rng& rng, const ops::Operator& op, const isa::HwConfig& hw,
                             const ops::KnobValues& defaults);

/// What came of an operator on a configuration.
struct OperatorOutcome {
  std::string refused;     // why no template takes it; else empty
  std::string difference;  // "" where the result is the interpreter's, in several interleavings
};
/// Lowers, schedules (with random knobs where `tuned`), compiles, checks and runs; nothing but having no feasible
/// schedule counts as refused.
OperatorOutcome try_operator(Rng& rng, const ops::Operator& op, const isa::HwConfig& hw, bool tuned);

}  // namespace tandem
