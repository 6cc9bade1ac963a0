#include "sim/compare/compare.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <variant>

#include "isa/access.h"
#include "sim/api/observer.h"
#include "support/hash.h"

namespace tandem::sim {
namespace {

class Recorder final : public Observer {
 public:
  Recorder(const isa::Program& program, std::vector<InstructionRecord>& records)
      : program_(program), records_(records) {
    records_.assign(program.code.size(), {});
    for (const isa::EncodedInstruction& code : program.code) {
      const Result<isa::Instruction> decoded = isa::decode(program.hardware, code);
      const auto* store = decoded.ok() ? std::get_if<isa::Store>(&*decoded) : nullptr;
      stores_.push_back(store == nullptr ? std::nullopt : std::optional(*store));
    }
  }
  void started(uint64_t cycle, int64_t instruction) override {
    InstructionRecord& record = records_.at(static_cast<size_t>(instruction));
    record.started = true;
    record.start_cycle = cycle;
    const std::optional<isa::Store>& store = stores_.at(static_cast<size_t>(instruction));
    if (!store) return;
    const isa::DramRange range = isa::dram_range(program_.hardware, *store);
    for (const auto& [other, theirs] : under_way_) {
      if (range.begin < theirs.end && theirs.begin < range.end) records_[static_cast<size_t>(other)].overwritten = true;
    }
    under_way_.emplace_back(instruction, range);
  }
  void retired(uint64_t cycle, int64_t instruction, const uint8_t* dram) override {
    InstructionRecord& record = records_.at(static_cast<size_t>(instruction));
    record.retired = true;
    record.retire_cycle = cycle;
    const std::optional<isa::Store>& store = stores_.at(static_cast<size_t>(instruction));
    if (!store) return;
    under_way_.erase(std::find_if(under_way_.begin(), under_way_.end(),
                                  [&](const auto& each) { return each.first == instruction; }));
    if (dram == nullptr) return;
    const auto element = static_cast<uint64_t>(program_.hardware.element_bytes(isa::Memory::kOut));
    for (uint64_t row = 0; row < store->y_size && store->x_size != 0; ++row) {
      const uint64_t begin = (store->dram_base + row * store->x_stride) * element;
      record.stored =
          hash64(std::string_view(reinterpret_cast<const char*>(dram) + begin, store->x_size * element), record.stored);
    }
  }

 private:
  const isa::Program& program_;
  std::vector<InstructionRecord>& records_;
  std::vector<std::optional<isa::Store>> stores_;
  std::vector<std::pair<int64_t, isa::DramRange>> under_way_;  // STORES
};

std::string outcome(const Observation& run) { return run.result.ok() ? "it ends well" : run.result.error().what; }

/// In what two records of one instruction differ in time; "" where they don't.
std::string time_difference(const InstructionRecord& a, const InstructionRecord& b) {
  if (a.started != b.started) return a.started ? "starts in the first alone" : "starts in the second alone";
  if (a.start_cycle != b.start_cycle)
    return fmt::format("starts in cycle {} and in cycle {}", a.start_cycle, b.start_cycle);
  if (a.retired != b.retired) return a.retired ? "completes in the first alone" : "completes in the second alone";
  if (a.retire_cycle != b.retire_cycle)
    return fmt::format("completes in cycle {} and in cycle {}", a.retire_cycle, b.retire_cycle);
  return "";
}

/// When two records that differ in time part.
uint64_t parts_at(const InstructionRecord& a, const InstructionRecord& b) {
  if (a.started != b.started || a.start_cycle != b.start_cycle)
    return a.started && b.started ? std::min(a.start_cycle, b.start_cycle) : a.started ? a.start_cycle : b.start_cycle;
  return a.retired && b.retired ? std::min(a.retire_cycle, b.retire_cycle)
         : a.retired            ? a.retire_cycle
                                : b.retire_cycle;
}

}  // namespace

Observation observe(Simulator& simulator, const isa::Program& program, const Buffers& inputs) {
  Observation observation;
  Recorder recorder(program, observation.instructions);
  simulator.observe(&recorder);
  observation.result = simulator.run(program, inputs);
  simulator.observe(nullptr);
  return observation;
}

std::optional<Difference> difference(const isa::Program& program, const Observation& a, const Observation& b,
                                     const CompareOptions& options) {
  const size_t count = program.code.size();
  for (size_t i = 0; i < count; ++i) {
    const InstructionRecord &x = a.instructions[i], &y = b.instructions[i];
    if (x.retired && y.retired && !x.overwritten && !y.overwritten && x.stored != y.stored)
      return Difference{static_cast<int64_t>(i), "stores other bytes", x.retire_cycle};
  }
  std::optional<Difference> first;
  for (size_t i = 0; options.cycles && i < count; ++i) {
    std::string what = time_difference(a.instructions[i], b.instructions[i]);
    if (what.empty()) continue;
    const uint64_t cycle = parts_at(a.instructions[i], b.instructions[i]);
    if (!first || cycle < first->cycle) first = Difference{static_cast<int64_t>(i), std::move(what), cycle};
  }
  if (first) return first;
  if (a.result.ok() != b.result.ok() || (!a.result.ok() && a.result.error().what != b.result.error().what))
    return Difference{-1, fmt::format("the first: {}; the second: {}", outcome(a), outcome(b)), 0};
  if (!a.result.ok()) return std::nullopt;
  if (a.result->outputs != b.result->outputs) return Difference{-1, "the outputs differ, but no STORE does", 0};
  if (options.cycles && a.result->cycles != b.result->cycles)
    return Difference{-1, fmt::format("{} cycles and {} cycles", a.result->cycles, b.result->cycles), 0};
  return std::nullopt;
}

isa::Program with_inputs(const isa::Program& program, const Buffers& inputs) {
  isa::Program alone = program;
  for (isa::Binding& binding : alone.bindings) {
    const auto input = inputs.find(binding.name);
    if (input == inputs.end()) continue;
    binding.role = isa::Role::kScratch;
    alone.segments.push_back({"input " + binding.name, binding.address, input->second, false});
  }
  return alone;
}

}  // namespace tandem::sim
