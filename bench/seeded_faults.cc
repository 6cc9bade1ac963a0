#include "bench/seeded_faults.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "isa/random_program.h"
#include "isa/seeded_fault.h"
#include "runtime/compiled_model.h"
#include "sim/functional/functional_simulator.h"
#include "support/environment.h"

namespace tandem::bench {
namespace {

constexpr int64_t kFaultsPerProgram = 5;

/// A right program to make wrong.
struct Subject {
  isa::Program program;
  sim::Buffers inputs;
  isa::CheckOptions options;
};

Result<std::vector<isa::HwConfig>> designs() {
  std::vector<isa::HwConfig> designs = {{}};
  for (const char* name : {"b1_4x4", "b2_8x8", "b1_32x32"}) {
    TANDEM_ASSIGN(isa::HwConfig design, isa::load_hw(checkout_path(fmt::format("configs/hw/test/{}.yaml", name))));
    designs.push_back(std::move(design));
  }
  for (size_t i = designs.size(); i-- > 0;) {
    isa::HwConfig shallow = designs[i];
    shallow.command_queue_depth = 4;
    shallow.token_queue_depth = 2;
    designs.push_back(shallow);
  }
  return designs;
}

Tensor random_tensor(DType type, const Shape& shape, int64_t greatest, Rng& rng) {
  Tensor tensor(type, shape);
  for (int64_t i = 0; i < tensor.size(); ++i) {
    const int64_t value = rng.uniform(-greatest, greatest);
    if (type == DType::kI8) {
      tensor.as<int8_t>()[i] = static_cast<int8_t>(value);
    } else {
      tensor.as<int32_t>()[i] = static_cast<int32_t>(value);
    }
  }
  return tensor;
}

/// Layers after one another, with an addition that reaches back where shapes allow.
class RandomChain {
 public:
  RandomChain(const isa::HwConfig& hardware, Rng& rng) : hardware_(hardware), rng_(rng) {
    graph_.name = "chain";
    const int64_t channels = hardware.block_out * rng.uniform(1, 2), size = rng.uniform(3, 10);
    add_tensor({hardware.batch, channels, size, size});
    graph_.inputs = {{0, graph_.tensors[0].shape}};
  }

  graph::Graph build() {
    const int64_t layers = rng_.uniform(1, 3);
    for (int64_t i = 0; i < layers; ++i) {
      const int64_t kind = rng_.uniform(0, 9);
      const auto last = static_cast<graph::TensorId>(graph_.tensors.size()) - 1;
      if (kind < 6) {
        add_conv(last);
      } else if (kind < 8) {
        add_pool(last);
      } else {
        const auto other = static_cast<graph::TensorId>(rng_.uniform(0, last));
        add_sum(graph_.tensors[static_cast<size_t>(other)].shape == shape(last) ? other : last, last);
      }
    }
    const auto last = static_cast<graph::TensorId>(graph_.tensors.size()) - 1;
    graph_.outputs = {{last, shape(last)}};
    return std::move(graph_);
  }

 private:
  const Shape& shape(graph::TensorId tensor) const { return graph_.tensors[static_cast<size_t>(tensor)].shape; }
  void add_tensor(const Shape& of) { graph_.tensors.push_back({fmt::format("t{}", graph_.tensors.size()), of, {}}); }
  void add_layer(const ops::Operator& op, std::vector<graph::TensorId> inputs, Tensor weight = {}, Tensor bias = {}) {
    add_tensor(graph::output_shape(op));
    graph_.layers.push_back({fmt::format("layer{}", graph_.layers.size()), op, std::move(inputs),
                             static_cast<graph::TensorId>(graph_.tensors.size()) - 1, std::move(weight),
                             std::move(bias)});
  }

  void add_conv(graph::TensorId from) {
    const Shape& in = shape(from);
    ops::Conv2d op;
    op.n = in[0], op.c = in[1], op.h = in[2], op.w = in[3];
    op.o = hardware_.block_out * rng_.uniform(1, 3);
    op.kernel_h = std::min(in[2], rng_.uniform(1, 3)), op.kernel_w = std::min(in[3], rng_.uniform(1, 3));
    op.stride_h = op.stride_w = rng_.uniform(1, 2);
    op.pad_top = op.pad_left = op.pad_bottom = op.pad_right = rng_.uniform(0, 1);
    Tensor bias = random_tensor(DType::kI32, {op.o}, 9999, rng_);
    if (hardware_.requant_lanes() > 0 && rng_.chance(0.6)) {
      op.per_channel = rng_.chance(0.5) ? ops::Rounding::kSingle : ops::Rounding::kTflite;
      std::vector<ops::ChannelParameters> channels(static_cast<size_t>(op.o));
      for (ops::ChannelParameters& channel : channels) {
        channel.multiplier = static_cast<int32_t>(rng_.uniform(1 << 30, INT32_MAX));
        channel.right = 8;
      }
      bias = ops::pack_parameters(channels);
    } else {
      op.requantize.shift = 8;
    }
    Tensor weight = random_tensor(DType::kI8, {op.o, op.c, op.kernel_h, op.kernel_w}, 127, rng_);
    add_layer(op, {from}, std::move(weight), std::move(bias));
  }

  void add_pool(graph::TensorId from) {
    const Shape& in = shape(from);
    add_layer(ops::MaxPool{in[0], in[1], in[2], in[3], std::min<int64_t>(in[2], 2), std::min<int64_t>(in[3], 2), 1, 1},
              {from});
  }
  void add_sum(graph::TensorId a, graph::TensorId b) {
    const Shape& in = shape(a);
    add_layer(ops::Add{in[0], in[1], in[2], in[3], 0, 0, {1, -128, 127}}, {a, b});
  }

  const isa::HwConfig& hardware_;
  Rng& rng_;
  graph::Graph graph_;
};

/// Random feasible schedules, small tiles rather than large ones: many instructions.
runtime::LayerKnobs random_knobs(const graph::Graph& graph, const isa::HwConfig& hardware, Rng& rng) {
  runtime::LayerKnobs result;
  for (const graph::Layer& layer : graph.layers) {
    const std::vector<ops::Knob> knobs = ops::knobs(layer.op, hardware);
    for (int attempt = 0; attempt < 10; ++attempt) {
      ops::KnobValues values;
      for (const ops::Knob& knob : knobs) values[knob.name] = rng.pick(knob.choices);
      if (!ops::infeasible(layer.op, hardware, values).empty()) continue;
      result[layer.name] = values;
      break;
    }
  }
  return result;
}

/// The first Program of a random chain.
Result<Subject> compiled_subject(const isa::HwConfig& hardware, Rng& rng) {
  while (true) {
    const graph::Graph graph = RandomChain(hardware, rng).build();
    const runtime::LayerKnobs knobs = random_knobs(graph, hardware, rng);
    TANDEM_ASSIGN(const runtime::CompiledModel model, runtime::compile_for_accelerator(graph, hardware, knobs));
    for (const runtime::Step& step : model.steps) {
      const auto* made = std::get_if<runtime::AcceleratorStep>(&step);
      if (made == nullptr) continue;
      Subject subject{made->program, {}, isa::kCompiledProgram};
      for (const isa::Binding& binding : made->program.bindings) {
        if (binding.role != isa::Role::kInput) continue;
        Bytes& bytes = subject.inputs[binding.name];
        bytes.resize(static_cast<size_t>(binding.size_bytes()));
        for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(rng.next());
      }
      return subject;
    }
  }
}

Subject random_subject(const isa::HwConfig& hardware, Rng& rng) {
  return {isa::random_program(hardware, rng, {static_cast<int>(rng.uniform(8, 40)), rng.chance(0.5), rng.chance(0.6)}),
          {},
          {/*unwritten_reads=*/true}};
}

/// The outputs of a program in some orders; empty where an order ends in an error or a hang.
std::set<sim::Buffers> outcomes(const isa::Program& program, const sim::Buffers& inputs, int64_t orders, Rng& rng) {
  std::set<sim::Buffers> outcomes;
  for (int64_t order = 0; order <= orders; ++order) {
    sim::FunctionalOptions options;
    if (order > 0) options.interleave_seed = rng.next();
    Result<sim::RunResult> run = sim::make_functional_simulator(program.hardware, options)->run(program, inputs);
    if (!run.ok()) return {};
    outcomes.insert(std::move(run->outputs));
  }
  return outcomes;
}

void count(FaultTally& tally, bool caught, bool changed, bool another) {
  tally.seeded += 1;
  tally.caught += caught;
  tally.changed += changed;
  tally.changed_caught += changed && caught;
  tally.another += another;
}

}  // namespace

Result<FaultCampaign> seed_faults(int64_t faults, int64_t orders, uint64_t seed) {
  TANDEM_ASSIGN(const std::vector<isa::HwConfig> hardware, designs());
  FaultCampaign campaign;
  for (int64_t number = 0; number * kFaultsPerProgram < faults; ++number) {
    Rng rng(seed * 1'000'003 + static_cast<uint64_t>(number));
    const isa::HwConfig& design = rng.pick(hardware);
    Subject subject;
    if (number % 2 == 0) {
      TANDEM_ASSIGN(subject, compiled_subject(design, rng));
    } else {
      subject = random_subject(design, rng);
    }
    const std::set<sim::Buffers> right = outcomes(subject.program, subject.inputs, 1, rng);
    if (right.size() != 1 || !isa::check(subject.program, subject.options).empty()) {
      return Diagnostic{{}, fmt::format("subject {} of seed {} is no right program", number, seed), {}, ""};
    }
    for (int64_t i = number * kFaultsPerProgram; i < std::min(faults, (number + 1) * kFaultsPerProgram); ++i) {
      const isa::SeededFault fault = isa::seed_fault(subject.program, rng);
      const bool caught = !isa::check(fault.program, subject.options).empty();
      const std::set<sim::Buffers> results = outcomes(fault.program, subject.inputs, orders, rng);
      const bool changed = results.size() != 1;
      const bool another = !caught && !changed && results != right;
      count(campaign.all, caught, changed, another);
      count(campaign.by_kind[fault.kind], caught, changed, another);
      if (changed && !caught && campaign.first_missed.empty()) {
        campaign.first_missed = fmt::format("fault {} of seed {}, {}: {}\n{}", i, seed, fault.kind, fault.what,
                                            isa::disassemble(fault.program));
      }
    }
  }
  return campaign;
}

}  // namespace tandem::bench
