#include "bench/checker.h"

#include <fmt/format.h>

#include <algorithm>

#include "bench/cpu_time.h"
#include "bench/seeded_faults.h"
#include "bench/vta_programs.h"
#include "compiler/codegen/accel/program_builder.h"
#include "compiler/loop/interpreter.h"
#include "compiler/ops/template.h"

namespace tandem::bench {
namespace {

constexpr int64_t kInstructions = 100'000;

/// A program of at least `instructions`: one convolution again and again between two tensors, each layer reading what
/// the one before has stored.
Result<isa::Program> chained_program(int64_t instructions) {
  const isa::HwConfig hardware;
  ops::Conv2d op;
  op.c = op.o = 64;
  op.h = op.w = 14;
  op.kernel_h = op.kernel_w = 3;
  op.pad_top = op.pad_left = op.pad_bottom = op.pad_right = 1;
  op.requantize.shift = 8;
  op.bias_bits = 16;
  TANDEM_ASSIGN(ops::KnobValues knobs, ops::default_knobs(op, hardware));
  // Small tiles: many instructions a layer.
  knobs["tile_h"] = 2;
  knobs["tile_o"] = 1;
  TANDEM_ASSIGN(const ops::ScheduledKernel scheduled, ops::schedule_for_accel(op, hardware, knobs));
  const auto built = [&](int64_t layers) -> Result<isa::Program> {
    const std::vector<loop::Param>& params = scheduled.kernel.params;
    codegen::ProgramBuilder builder("chain", hardware);
    std::vector<codegen::DramTensor> arguments;
    const Shape& activation = params.front().buffer->shape;
    const codegen::DramTensor tensors[] = {
        builder.input("x", DType::kI8, activation), builder.scratch("even", DType::kI8, activation),
        builder.scratch("odd", DType::kI8, activation), builder.output("y", DType::kI8, params.back().buffer->shape)};
    const auto constant = [&](const loop::Param& param) {
      return builder.constant(param.buffer->name, Tensor(loop::tensor_type(param.buffer->type), param.buffer->shape));
    };
    const codegen::DramTensor weight = constant(params[1]), bias = constant(params[2]);
    for (int64_t layer = 0; layer < layers; ++layer) {
      const codegen::DramTensor from = layer == 0 ? tensors[0] : tensors[1 + layer % 2];
      const codegen::DramTensor to = layer + 1 == layers ? tensors[3] : tensors[2 - layer % 2];
      TANDEM_TRY(builder.add_layer(fmt::format("layer{}", layer), scheduled.kernel, {from, weight, bias, to}));
    }
    return builder.finish();
  };
  TANDEM_ASSIGN(const isa::Program two, built(2));
  const auto of_two = static_cast<int64_t>(two.code.size());
  return built(2 * (instructions / of_two + 1));
}

/// The least of some runs.
Result<double> check_seconds(const isa::Program& program, int runs) {
  double best = 0;
  for (int i = 0; i < runs; ++i) {
    const double start = cpu_seconds();
    const std::vector<isa::Fault> faults = isa::check(program, isa::kCompiledProgram);
    const double seconds = cpu_seconds() - start;
    if (!faults.empty()) return Diagnostic{{}, "the checker refuses the program: " + faults[0].what, {}, ""};
    if (i == 0 || seconds < best) best = seconds;
  }
  return best;
}

}  // namespace

Result<Measurement> measure_checker(const Request& request) {
  Measurement measurement{{}, describe(isa::HwConfig{}), ""};
  const int runs = request.quick ? 2 : 5;
  TANDEM_ASSIGN(const isa::Program large, chained_program(kInstructions));
  TANDEM_ASSIGN(const isa::Program small, chained_program(kInstructions / 10));
  const auto instructions = static_cast<double>(large.code.size());
  TANDEM_ASSIGN(const double seconds, check_seconds(large, runs));
  TANDEM_ASSIGN(const double of_small, check_seconds(small, runs));
  measurement.figures = {{"instructions", instructions, "instructions"},
                         {"seconds_for_100000_instructions", seconds * kInstructions / instructions, "s"},
                         {"growth_from_a_tenth",
                          seconds / of_small / (instructions / static_cast<double>(small.code.size())) * 10, "times"}};
  TANDEM_ASSIGN(const FaultCampaign campaign, seed_faults(request.quick ? 500 : 3000, 12, request.seed));
  const FaultTally& all = campaign.all;
  const auto add = [&](const char* name, int64_t value) {
    measurement.figures.push_back({name, static_cast<double>(value), "faults"});
  };
  add("faults.seeded", all.seeded);
  add("faults.caught", all.caught);
  add("faults.changed", all.changed);
  add("faults.changed_and_caught", all.changed_caught);
  add("faults.changed_and_missed", all.changed - all.changed_caught);
  add("faults.of_another_meaning", all.another);
  return measurement;
}

}  // namespace tandem::bench
