#include "tuner/measure/layer_bench.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "sim/functional/functional_simulator.h"
#include "tuner/measure/protocol.h"

namespace tandem::tuner {
namespace {

/// The functional simulator, with 4321 cycles for every run, and the last byte of the output flipped where asked.
class Machine : public sim::Simulator {
 public:
  Machine(const isa::HwConfig& hardware, bool wrong)
      : inner_(sim::make_functional_simulator(hardware)), wrong_(wrong) {}
  std::string name() const override { return "test machine"; }
  Result<sim::RunResult> run(const isa::Program& program, const sim::Buffers& inputs,
                             const sim::RunLimits& limits) override {
    TANDEM_ASSIGN(sim::RunResult result, inner_->run(program, inputs, limits));
    result.cycles = 4321;
    if (limits.cycles != 0 && limits.cycles < result.cycles) return Diagnostic{{}, "the limit is passed", {}, ""};
    if (wrong_) result.outputs.begin()->second.front() ^= 1;
    return result;
  }

 private:
  std::unique_ptr<sim::Simulator> inner_;
  bool wrong_;
};

LayerBench bench(bool wrong = false) {
  return LayerBench(
      [wrong](const isa::HwConfig& hardware, const sim::Platform&) -> Result<std::unique_ptr<sim::Simulator>> {
        if (hardware.bus_bytes == 64) return Diagnostic{{}, "no tool", {}, ""};
        return std::unique_ptr<sim::Simulator>(std::make_unique<Machine>(hardware, wrong));
      },
      runtime::make_interpreter());
}

Request request(const ops::Operator& op, const isa::HwConfig& hardware = {}) {
  Request request;
  request.trial = 5;
  request.op = op;
  request.hardware = hardware;
  request.knobs = ops::default_knobs(op, hardware).value();
  return request;
}

ops::Conv2d conv() {
  ops::Conv2d op;
  op.c = 5, op.o = 17, op.h = op.w = 6, op.kernel_h = op.kernel_w = 3;
  op.pad_top = op.pad_bottom = op.pad_left = op.pad_right = 1;
  op.requantize.shift = 6;
  return op;
}

TEST(LayerBench, MeasuresEveryOperatorBitForBit) {
  LayerBench machines = bench();
  ops::MaxPool pool;
  pool.c = 20, pool.h = pool.w = 4;
  ops::Add add;
  add.c = 3, add.h = add.w = 5, add.left_shift_b = 1, add.requantize.shift = 1;
  ops::Clip clip;
  clip.c = 16, clip.h = 3, clip.low = 0;
  for (const ops::Operator& op :
       {ops::Operator(conv()), ops::Operator(pool), ops::Operator(add), ops::Operator(clip)}) {
    const Measurement outcome = machines.measure(request(op));
    EXPECT_EQ(outcome.failure, "") << ops::to_string(op);
    EXPECT_EQ(outcome.cycles, 4321u);
    EXPECT_EQ(outcome.trial, 5);
  }
}

TEST(LayerBench, AWrongResultIsAFailure) {
  LayerBench machines = bench(true);
  const Measurement outcome = machines.measure(request(conv()));
  EXPECT_EQ(outcome.cycles, std::nullopt);
  EXPECT_THAT(outcome.failure, ::testing::MatchesRegex("compare: y\\[0\\] is -?[0-9]+, the definition gives -?[0-9]+"));
}

TEST(LayerBench, FailuresNameTheirStage) {
  LayerBench machines = bench();
  Request limited = request(conv());
  limited.cycle_limit = 100;
  EXPECT_EQ(machines.measure(limited).failure, "simulate: the limit is passed");
  Request wide = request(conv());
  wide.hardware.bus_bytes = 64;
  EXPECT_EQ(machines.measure(wide).failure, "simulate: no tool");
  EXPECT_EQ(machines.build(wide.hardware).failure, "build: no tool");
  EXPECT_EQ(machines.build({}).failure, "");
  Request unknown = request(conv());
  unknown.knobs = {{"no_such_knob", 1}};
  EXPECT_THAT(machines.measure(unknown).failure, ::testing::StartsWith("compile: "));
}

TEST(Serve, AnswersEveryLineAndEndsWithItsInput) {
  int input[2], output[2];
  ASSERT_EQ(::pipe(input), 0);
  ASSERT_EQ(::pipe(output), 0);
  const std::string lines = build_line({}) + "\n" + measure_line(request(conv())) + "\nnonsense\n";
  ASSERT_EQ(::write(input[1], lines.data(), lines.size()), static_cast<ssize_t>(lines.size()));
  ::close(input[1]);
  LayerBench machines = bench();
  serve(machines, input[0], output[1]);
  ::close(output[1]);
  std::string answers;
  char chunk[4096];
  for (ssize_t count; (count = ::read(output[0], chunk, sizeof chunk)) > 0;)
    answers.append(chunk, static_cast<size_t>(count));
  ::close(input[0]);
  ::close(output[0]);
  EXPECT_THAT(answers, ::testing::MatchesRegex(R"(\{"version":2,"trial":0,"seconds":.*
\{"version":2,"trial":5,"cycles":4321,"seconds":.*
\{"version":2,"trial":0,"failure":"worker: no request: .*
)"));
}

}  // namespace
}  // namespace tandem::tuner
