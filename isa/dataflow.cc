#include "isa/dataflow.h"

#include <fmt/format.h>

#include <set>

#include "isa/range_history.h"
#include "isa/range_set.h"

namespace tandem::isa {
namespace {

/// A scratchpad, or DRAM as two engines see it: one of them writes, the other reads.
struct SharedMemory {
  const char* name;  // "DRAM" has bytes, the others elements
  Engine writer;
  Engine reader;
  RangeHistory history = {};
};

/// Extents in DRAM of the loads or stores of one engine.
RangeSet extents(const HwConfig& config, const std::vector<Instruction>& instructions, Engine engine) {
  std::vector<AddressRange> ranges;
  for (const Instruction& instruction : instructions) {
    const DramRange range = dram_range(config, instruction);
    if (!range.empty() && engine_of(instruction) == engine) ranges.emplace_back(range.begin, range.end);
  }
  return RangeSet(std::move(ranges));
}

/// What DRAM holds before the program runs.
RangeList held_at_start(const Program& program) {
  std::vector<AddressRange> ranges;
  for (const Segment& segment : program.segments) {
    ranges.emplace_back(segment.address, segment.address + segment.bytes.size());
  }
  for (const Binding& binding : program.bindings) {
    if (binding.role != Role::kInput) continue;
    ranges.emplace_back(binding.address, binding.address + static_cast<uint64_t>(binding.size_bytes()));
  }
  return RangeList(std::move(ranges));
}

class DataflowChecker {
 public:
  DataflowChecker(const Program& program, const std::vector<Instruction>& instructions,
                  const std::vector<const Footprint*>& footprints, const TokenRun& run, const CheckOptions& options)
      : config_(program.hardware),
        instructions_(instructions),
        footprints_(footprints),
        run_(run),
        options_(options),
        held_at_start_(held_at_start(program)),
        loaded_(extents(config_, instructions, Engine::kLoad)),
        loaded_by_compute_(extents(config_, instructions, Engine::kCompute)),
        stored_(extents(config_, instructions, Engine::kStore)) {}

  std::vector<Fault> run() {
    std::array<int64_t, 3> position{};
    for (const int64_t index : run_.order) {
      instruction_ = index;
      const Instruction& instruction = instructions_[static_cast<size_t>(index)];
      engine_ = engine_of(instruction);
      position_ = ++position[index_of(engine_)];
      if (const auto* load = std::get_if<Load>(&instruction)) {
        move(*load);
      } else if (const auto* store = std::get_if<Store>(&instruction)) {
        move(*store);
      } else if (const Footprint* touched = footprints_[static_cast<size_t>(index)]) {
        steps(*touched);
      }
    }
    return std::move(faults_);
  }

 private:
  void fault(int64_t instruction, std::string what) {
    if (faulty_.insert(instruction).second) faults_.push_back({instruction, std::move(what)});
  }

  int64_t done(Engine engine) const {
    return engine == engine_ ? position_ : run_.before[static_cast<size_t>(instruction_)][index_of(engine)];
  }

  const char* name_of(int64_t instruction) const { return info(instructions_[static_cast<size_t>(instruction)]).name; }

  /// "inp[0..15]".
  static std::string place(const SharedMemory& memory, int64_t begin, int64_t end) {
    if (memory.name == std::string("DRAM")) return fmt::format("DRAM [{:#x}, {:#x})", begin, end);
    if (end - begin == 1) return fmt::format("{}[{}]", memory.name, begin);
    return fmt::format("{}[{}..{}]", memory.name, begin, end - 1);
  }

  /// The token whose absence lets the two run at once, in the order of the program.
  static std::string missing_token(Engine first, int64_t first_index, Engine second, int64_t second_index) {
    if (first != Engine::kCompute && second != Engine::kCompute) {
      return fmt::format(
          "missing: a token from {0} to compute, pushed by instruction {1} or behind it, and then one from compute to "
          "{2}, popped by instruction {3} or before it",
          name(first), first_index, name(second), second_index);
    }
    return fmt::format(
        "missing: a token from {} to {}, pushed by instruction {} or behind it, popped by instruction {} "
        "or before it",
        name(first), name(second), first_index, second_index);
  }

  /// The current instruction and one of another engine, which are not ordered.
  void race(const SharedMemory& memory, const RangeHistory::Piece& piece, bool writes) {
    const Engine other_engine = writes ? memory.reader : memory.writer;
    const int64_t other = run_.own[index_of(other_engine)][static_cast<size_t>(piece.position) - 1];
    const bool is_later = instruction_ > other;
    const int64_t first = is_later ? other : instruction_, second = is_later ? instruction_ : other;
    const bool second_writes = is_later == writes;
    fault(second,
          fmt::format(
              "race: {} {} {}, which instruction {} ({}) {}; {}", name_of(second), second_writes ? "writes" : "reads",
              place(memory, piece.begin, piece.end), first, name_of(first), second_writes ? "reads" : "writes",
              missing_token(is_later ? other_engine : engine_, first, is_later ? engine_ : other_engine, second)));
  }

  void read(SharedMemory& memory, int64_t begin, int64_t end, bool must_be_written) {
    const RangeHistory::Read found = memory.history.read(begin, end, position_, done(memory.writer));
    if (found.unordered) race(memory, *found.unordered, /*writes=*/false);
    if (found.unwritten && must_be_written) {
      fault(instruction_, fmt::format("{} reads {}, which nothing has written", name_of(instruction_),
                                      place(memory, found.unwritten->begin, found.unwritten->end)));
    }
  }
  void read(SharedMemory& pad, const std::vector<SramRange>& ranges) {
    for (const SramRange& range : ranges) read(pad, range.begin, range.end, options_.unwritten_reads);
  }

  void write(SharedMemory& memory, int64_t begin, int64_t end) {
    const auto unordered = memory.history.write(begin, end, position_, done(memory.reader));
    if (unordered) race(memory, *unordered, /*writes=*/true);
  }
  void write(SharedMemory& pad, const std::vector<SramRange>& ranges) {
    for (const SramRange& range : ranges) write(pad, range.begin, range.end);
  }

  void steps(const Footprint& touched) {
    read(inp_, touched.inp);
    read(wgt_, touched.wgt);
    read(prm_, touched.prm);
    if (touched.reads_own_results) {
      read_in_steps(std::get<Requantize>(instructions_[static_cast<size_t>(instruction_)]));
    } else {
      read(acc_, touched.acc_read);
    }
    write(acc_, touched.acc_written);
    write(out_, touched.out_written);
  }

  /// Accumulators belong to compute, whose queue is in order: all that matters is what is written at all.
  void read_in_steps(const Requantize& requantize) {
    if (!options_.unwritten_reads) return;
    std::set<int64_t> written;
    for (int64_t outer = 0; outer < requantize.iter_out; ++outer) {
      for (int64_t inner = 0; inner < requantize.iter_in; ++inner) {
        const int64_t src = requantize.src + outer * requantize.src_out + inner * requantize.src_in;
        if (written.count(src) == 0) read(acc_, src, src + 1, true);
        written.insert(requantize.dst + outer * requantize.dst_out + inner * requantize.dst_in);
      }
    }
  }

  void move(const Load& load) {
    const SramRange range = sram_range(load);
    if (range.empty()) return;
    switch (load.mem_type) {
      case Memory::kInp:
        write(inp_, range.begin, range.end);
        break;
      case Memory::kWgt:
        write(wgt_, range.begin, range.end);
        break;
      case Memory::kPrm:
        write(prm_, range.begin, range.end);
        break;
      case Memory::kAcc:
      case Memory::kAcc8:
        write(acc_, range.begin, range.end);
        write(out_, range.begin, range.end);
        break;
      case Memory::kUop:  // used by the engine that loads them
      case Memory::kOut:
        break;
    }
    const DramRange extent = dram_range(config_, load);
    const bool must_be_written = options_.whole_tensors && !held_at_start_.one_holds(extent.begin, extent.end);
    if (!must_be_written && !stored_.touches(extent.begin, extent.end)) return;
    SharedMemory& dram = engine_ == Engine::kLoad ? dram_load_ : dram_compute_;
    for_each_row(config_, load, [&](uint64_t begin, uint64_t end) {
      read(dram, static_cast<int64_t>(begin), static_cast<int64_t>(end), must_be_written);
    });
  }

  void move(const Store& store) {
    const SramRange range = sram_range(store);
    if (range.empty()) return;
    read(out_, range.begin, range.end, options_.unwritten_reads);
    const DramRange extent = dram_range(config_, store);
    for (SharedMemory* dram : {&dram_load_, &dram_compute_}) {
      const RangeSet& loaded = dram == &dram_load_ ? loaded_ : loaded_by_compute_;
      if (!loaded.touches(extent.begin, extent.end)) continue;
      for_each_row(config_, store, [&](uint64_t begin, uint64_t end) {
        write(*dram, static_cast<int64_t>(begin), static_cast<int64_t>(end));
      });
    }
  }

  const HwConfig& config_;
  const std::vector<Instruction>& instructions_;
  const std::vector<const Footprint*>& footprints_;
  const TokenRun& run_;
  const CheckOptions& options_;
  const RangeList held_at_start_;
  const RangeSet loaded_, loaded_by_compute_, stored_;
  SharedMemory inp_{"inp", Engine::kLoad, Engine::kCompute};
  SharedMemory wgt_{"wgt", Engine::kLoad, Engine::kCompute};
  SharedMemory prm_{"prm", Engine::kLoad, Engine::kCompute};
  SharedMemory acc_{"acc", Engine::kCompute, Engine::kCompute};
  SharedMemory out_{"out", Engine::kCompute, Engine::kStore};
  SharedMemory dram_load_{"DRAM", Engine::kStore, Engine::kLoad};
  SharedMemory dram_compute_{"DRAM", Engine::kStore, Engine::kCompute};
  int64_t instruction_ = 0;
  int64_t position_ = 0;  // of the instruction in its engine's queue, from 1
  Engine engine_ = Engine::kCompute;
  std::set<int64_t> faulty_;
  std::vector<Fault> faults_;
};

}  // namespace

std::vector<Fault> check_dataflow(const Program& program, const std::vector<Instruction>& instructions,
                                  const std::vector<const Footprint*>& footprints, const TokenRun& run,
                                  const CheckOptions& options) {
  return DataflowChecker(program, instructions, footprints, run, options).run();
}

}  // namespace tandem::isa
