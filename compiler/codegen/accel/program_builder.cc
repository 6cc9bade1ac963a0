#include "compiler/codegen/accel/program_builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <optional>

#include "compiler/codegen/accel/layer.h"
#include "compiler/codegen/accel/order.h"
#include "compiler/codegen/accel/step.h"
#include "compiler/codegen/accel/tokens.h"
#include "compiler/codegen/accel/uop_placement.h"
#include "isa/program.h"
#include "support/check.h"
#include "tensorize/intrinsic.h"

namespace tandem::codegen {
namespace {

loop::Type loop_type(DType type) {
  switch (type) {
    case DType::kI8:
      return loop::Type::kI8;
    case DType::kI32:
      return loop::Type::kI32;
    case DType::kI64:
      return loop::Type::kI64;
    case DType::kF32:
      return loop::Type::kF32;
    default:
      return loop::Type::kBool;  // no buffer of the accelerator has it
  }
}

uint64_t round_up(uint64_t value, uint64_t multiple) { return (value + multiple - 1) / multiple * multiple; }

}  // namespace

struct ProgramBuilder::Impl {
  struct DramEntry {
    std::string name;
    std::optional<isa::Role> role;  // none: a constant
    DType type = DType::kI8;
    Shape shape;
    std::string layout;
    Bytes data;
    uint64_t address = 0;

    int64_t size_bytes() const { return element_count(shape) * tandem::size_bytes(type); }
  };

  std::string name;
  isa::HwConfig hardware;
  isa::Codec codec;
  isa::FieldLimits limits;
  UopPlacement uops;
  std::vector<DramEntry> tensors;
  std::vector<isa::LayerMark> marks;
  std::vector<Step> steps;
  int64_t inp_pad = 0;                                // the state after the layers so far
  std::optional<tensorize::IntrinsicSet> intrinsics;  // loaded with the first layer

  Impl(std::string n, const isa::HwConfig& h)
      : name(std::move(n)), hardware(h), codec(h), limits(codec.limits()), uops(codec, h.depth(isa::Memory::kUop)) {}

  DramTensor add(DramEntry entry) {
    tensors.push_back(std::move(entry));
    return static_cast<DramTensor>(tensors.size()) - 1;
  }

  /// Every tensor begins on a multiple of every element's size, so that it can be addressed as any memory's.
  uint64_t alignment() const {
    int64_t result = 64;
    for (const isa::MemoryInfo& memory : isa::memory_infos()) {
      result = std::lcm(result, hardware.element_bytes(static_cast<isa::Memory>(memory.mem_type)));
    }
    return static_cast<uint64_t>(result);
  }

  Result<isa::Program> assemble();
  Result<void> place_step(Step& step, uint64_t uop_address, const std::map<int, uint64_t>& fill_addresses) const;
};

ProgramBuilder::ProgramBuilder(std::string name, const isa::HwConfig& hardware)
    : impl_(std::make_unique<Impl>(std::move(name), hardware)) {}
ProgramBuilder::~ProgramBuilder() = default;

DramTensor ProgramBuilder::input(const std::string& name, DType type, const Shape& packed_shape,
                                 const std::string& layout) {
  return impl_->add({name, isa::Role::kInput, type, packed_shape, layout, {}, 0});
}

DramTensor ProgramBuilder::output(const std::string& name, DType type, const Shape& packed_shape,
                                  const std::string& layout) {
  return impl_->add({name, isa::Role::kOutput, type, packed_shape, layout, {}, 0});
}

DramTensor ProgramBuilder::scratch(const std::string& name, DType type, const Shape& packed_shape) {
  return impl_->add({name, isa::Role::kScratch, type, packed_shape, "", {}, 0});
}

DramTensor ProgramBuilder::constant(const std::string& name, const Tensor& packed) {
  return impl_->add({name, std::nullopt, packed.type, packed.shape, "", packed.data, 0});
}

Result<void> ProgramBuilder::add_layer(const std::string& name, const loop::Kernel& scheduled,
                                       const std::vector<DramTensor>& arguments, int64_t macs,
                                       int64_t roofline_cycles) {
  Impl& impl = *impl_;
  if (arguments.size() != scheduled.params.size()) {
    return Diagnostic{{},
                      fmt::format("layer '{}': kernel '{}' has {} parameters, but {} arguments are given", name,
                                  scheduled.name, scheduled.params.size(), arguments.size()),
                      {},
                      ""};
  }
  LayerInput layer{name, static_cast<int>(impl.marks.size()), scheduled, {}, impl.inp_pad};
  for (size_t i = 0; i < arguments.size(); ++i) {
    TANDEM_CHECK(arguments[i] >= 0 && static_cast<size_t>(arguments[i]) < impl.tensors.size(),
                 "an unknown DRAM tensor");
    const Impl::DramEntry& tensor = impl.tensors[static_cast<size_t>(arguments[i])];
    const loop::Param& param = scheduled.params[i];
    if (param.buffer->shape != tensor.shape || param.buffer->type != loop_type(tensor.type)) {
      return Diagnostic{{},
                        fmt::format("layer '{}': parameter '{}' is {} {}, but tensor '{}' is {} {}", name,
                                    param.buffer->name, loop::name(param.buffer->type), to_string(param.buffer->shape),
                                    tensor.name, tandem::name(tensor.type), to_string(tensor.shape)),
                        {},
                        "pack the tensor as the parameter's layout says"};
    }
    if (param.is_output && (!tensor.role || *tensor.role == isa::Role::kInput)) {
      return Diagnostic{{},
                        fmt::format("layer '{}' writes '{}', which is {}", name, tensor.name,
                                    tensor.role ? "an input" : "a constant"),
                        {},
                        ""};
    }
    layer.arguments.push_back({arguments[i], tensor.role && *tensor.role != isa::Role::kInput});
  }
  if (!impl.intrinsics) {
    TANDEM_ASSIGN(impl.intrinsics, tensorize::IntrinsicSet::load("accel", impl.hardware));
  }
  TANDEM_ASSIGN(std::vector<Step> steps, lower_layer(layer, impl.hardware, *impl.intrinsics));
  for (const Step& step : steps) {
    const std::string misfit = impl.codec.first_misfit(step.instruction);
    if (!misfit.empty()) return Diagnostic{{}, fmt::format("layer '{}': {}", name, misfit), {}, "choose smaller tiles"};
  }
  for (const Step& step : steps) {
    const auto* config = std::get_if<isa::Config>(&step.instruction);
    if (config != nullptr && config->state == isa::State::kInpPad) impl.inp_pad = config->value;
  }
  steps = impl.uops.place(ordered_by_need(std::move(steps)));
  impl.steps.insert(impl.steps.end(), std::make_move_iterator(steps.begin()), std::make_move_iterator(steps.end()));
  impl.marks.push_back({name, 0, macs, roofline_cycles});
  return {};
}

Result<isa::Program> ProgramBuilder::finish() {
  TANDEM_ASSIGN(isa::Program program, impl_->assemble());
  const std::vector<isa::Fault> faults = isa::check(program, isa::kCompiledProgram);
  if (faults.empty()) return program;
  return Diagnostic{{},
                    fmt::format("the static checker refuses the program of '{}': instruction {}: {}", program.name,
                                faults[0].instruction, faults[0].what),
                    {},
                    "this is a defect of the compiler; please report the kernels and the hardware configuration"};
}

Result<void> ProgramBuilder::Impl::place_step(Step& step, uint64_t uop_address,
                                              const std::map<int, uint64_t>& fill_addresses) const {
  const auto place = [&](auto& transfer) -> Result<void> {
    if (transfer.x_size == 0) return {};
    const uint64_t start = step.tensor == kUopTensor    ? uop_address
                           : step.tensor == kFillTensor ? fill_addresses.at(step.fill)
                                                        : tensors[static_cast<size_t>(step.tensor)].address;
    const uint64_t base = start / static_cast<uint64_t>(hardware.element_bytes(transfer.mem_type)) + transfer.dram_base;
    if (base > limits.load.dram_base) {
      return Diagnostic{{},
                        fmt::format("program '{}' needs DRAM element {} of '{}', beyond what dram_base can name ({})",
                                    name, base, isa::info(transfer.mem_type).name, limits.load.dram_base),
                        {},
                        "split the model into several programs"};
    }
    transfer.dram_base = static_cast<uint32_t>(base);
    return {};
  };
  if (auto* load = std::get_if<isa::Load>(&step.instruction)) return place(*load);
  if (auto* store = std::get_if<isa::Store>(&step.instruction)) return place(*store);
  return {};
}

Result<isa::Program> ProgramBuilder::Impl::assemble() {
  std::vector<Step> sequenced = with_tokens(std::move(steps), hardware.token_queue_depth);
  sequenced.push_back(Step{isa::Finish{}, isa::Engine::kCompute, -1, 0, {}, {}, static_cast<int>(marks.size())});

  isa::Program program;
  program.name = name;
  program.hardware = hardware;
  uint64_t end = 0;
  const auto reserve = [&](uint64_t bytes) {
    const uint64_t address = round_up(end, alignment());
    end = address + bytes;
    return address;
  };
  const auto segment = [&](const std::string& what, const Bytes& bytes, bool holds_uops) {
    const uint64_t address = reserve(bytes.size());
    if (!bytes.empty()) program.segments.push_back({what, address, bytes, holds_uops});
    return address;
  };
  program.code_address = reserve(sequenced.size() * static_cast<uint64_t>(codec.instruction_bytes()));
  const uint64_t uop_address = segment("uops", uops.dram(), true);
  std::map<int, uint64_t> fill_addresses;
  for (const Step& step : sequenced) {
    if (step.tensor != kFillTensor || fill_addresses.count(step.fill) != 0) continue;
    fill_addresses[step.fill] =
        segment(fmt::format("fill {}", step.fill),
                Bytes(static_cast<size_t>(alignment()), static_cast<uint8_t>(step.fill)), false);
  }
  for (DramEntry& tensor : tensors) {
    if (!tensor.role) {
      tensor.address = segment(tensor.name, tensor.data, false);
      continue;
    }
    tensor.address = reserve(static_cast<uint64_t>(tensor.size_bytes()));
    program.bindings.push_back(
        {tensor.name, *tensor.role, tensor.type, tensor.shape, tensor.layout, tensor.address, {}});
  }
  program.dram_bytes = round_up(end, 64);

  program.marks = marks;
  size_t mark = 0;
  for (size_t i = 0; i < sequenced.size(); ++i) {
    for (; mark < program.marks.size() && static_cast<int>(mark) <= sequenced[i].layer; ++mark) {
      program.marks[mark].first_instruction = static_cast<int64_t>(i);
    }
    TANDEM_TRY(place_step(sequenced[i], uop_address, fill_addresses));
    program.code.push_back(codec.encode(sequenced[i].instruction));
  }
  return program;
}

}  // namespace tandem::codegen
