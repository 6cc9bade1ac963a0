// The static checker of whole programs: encodings, bounds, token balance, deadlock and races, apart from any code
// that makes programs.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <unordered_map>

#include "isa/access.h"
#include "isa/dataflow.h"
#include "isa/program.h"
#include "isa/range_set.h"
#include "isa/token_run.h"
#include "isa/uop_buffer.h"

namespace tandem::isa {
namespace {

constexpr uint64_t kMostDram = uint64_t{1} << 32;  // addresses have 32 bits

struct ByteRange {
  uint64_t begin;
  uint64_t end;
  std::string what;
};

/// A macro-instruction but for its tokens, and the micro-ops that it runs: what its footprint follows from.
struct MacroKey {
  EncodedInstruction instruction;
  int uops = 0;
  bool operator==(const MacroKey& other) const { return uops == other.uops && instruction == other.instruction; }
};
struct MacroKeyHash {
  size_t operator()(const MacroKey& key) const {
    uint64_t hash = static_cast<uint64_t>(key.uops);
    for (const uint64_t word : key.instruction.words) hash = (hash ^ word ^ hash >> 29) * 0x9e3779b97f4a7c15u;
    return static_cast<size_t>(hash ^ hash >> 32);
  }
};

bool overlap(const ByteRange& range, uint64_t begin, uint64_t end) { return range.begin < end && begin < range.end; }

class Checker {
 public:
  Checker(const Program& program, const CheckOptions& options)
      : program_(program),
        options_(options),
        config_(program.hardware),
        codec_(program.hardware),
        uop_buffer_(config_.depth(Memory::kUop)) {
    for (const FieldPlace& place : codec_.places(static_cast<int64_t>(Opcode::kFinish))) {
      if (place.lsb > 0) token_bits_ |= ((uint64_t{1} << place.width) - 1) << place.lsb;
    }
  }

  std::vector<Fault> run() {
    check_places();
    decode();
    if (!faults_.empty()) return sorted();
    check_finish();
    check_bounds();
    const TokenRun tokens = run_tokens(config_, instructions_);
    faults_.insert(faults_.end(), tokens.faults.begin(), tokens.faults.end());
    if (faults_.empty()) faults_ = check_dataflow(program_, instructions_, footprints_, tokens, options_);
    return sorted();
  }

 private:
  void fault(int64_t instruction, std::string what) { faults_.push_back({instruction, std::move(what)}); }

  std::vector<Fault> sorted() {
    std::stable_sort(faults_.begin(), faults_.end(),
                     [](const Fault& a, const Fault& b) { return a.instruction < b.instruction; });
    return std::move(faults_);
  }

  ByteRange code_range() const {
    const uint64_t bytes = program_.code.size() * static_cast<uint64_t>(codec_.instruction_bytes());
    return {program_.code_address, program_.code_address + bytes, "the code"};
  }

  /// Where segments, bindings and code lie in DRAM.
  void check_places() {
    if (program_.dram_bytes > kMostDram) {
      fault(-1, fmt::format("the program's {:#x} bytes of DRAM are more than {:#x}", program_.dram_bytes, kMostDram));
    }
    if (program_.code_address % kWidestBusBytes != 0) {
      fault(-1, fmt::format("the code at {:#x} does not start at a multiple of {} bytes", program_.code_address,
                            kWidestBusBytes));
    }
    std::vector<ByteRange> loaded = {code_range()};
    for (const Segment& segment : program_.segments) {
      loaded.push_back(
          {segment.address, segment.address + segment.bytes.size(), fmt::format("segment '{}'", segment.name)});
    }
    std::vector<ByteRange> placed = loaded;
    for (const Binding& binding : program_.bindings) {
      placed.push_back({binding.address, binding.address + static_cast<uint64_t>(binding.size_bytes()),
                        fmt::format("binding '{}'", binding.name)});
    }
    for (const ByteRange& range : placed) {
      if (range.end <= program_.dram_bytes && range.begin <= range.end) continue;
      fault(-1, fmt::format("{} at [{:#x}, {:#x}) is beyond the program's {:#x} bytes of DRAM", range.what, range.begin,
                            range.end, program_.dram_bytes));
    }
    std::stable_sort(loaded.begin(), loaded.end(),
                     [](const ByteRange& a, const ByteRange& b) { return a.begin < b.begin; });
    for (size_t i = 1; i < loaded.size(); ++i) {
      if (!overlap(loaded[i], loaded[i - 1].begin, loaded[i - 1].end)) continue;
      fault(-1, fmt::format("{} at {:#x} overlaps {}, which ends at {:#x}", loaded[i].what, loaded[i].begin,
                            loaded[i - 1].what, loaded[i - 1].end));
    }
  }

  void decode() {
    for (size_t i = 0; i < program_.code.size(); ++i) {
      Result<Instruction> instruction = codec_.decode(program_.code[i]);
      if (instruction.ok()) {
        instructions_.push_back(*instruction);
      } else {
        fault(static_cast<int64_t>(i), instruction.error().what);
      }
    }
  }

  void check_finish() {
    for (size_t i = 0; i + 1 < instructions_.size(); ++i) {
      if (std::holds_alternative<Finish>(instructions_[i])) {
        fault(static_cast<int64_t>(i), "finish is not the last instruction");
      }
    }
    if (instructions_.empty() || !std::holds_alternative<Finish>(instructions_.back())) {
      fault(static_cast<int64_t>(instructions_.size()) - 1, "the program does not end with finish");
    }
  }

  void check_bounds() {
    std::vector<AddressRange> changing, readable, writable;
    for (const Segment& segment : program_.segments) {
      readable.emplace_back(segment.address, segment.address + segment.bytes.size());
    }
    for (const Binding& binding : program_.bindings) {
      const AddressRange range{binding.address, binding.address + static_cast<uint64_t>(binding.size_bytes())};
      readable.push_back(range);
      (binding.role == Role::kInput ? changing : writable).push_back(range);
    }
    for (const Instruction& instruction : instructions_) {
      if (const auto* store = std::get_if<Store>(&instruction)) {
        for_each_row(config_, *store, [&](uint64_t begin, uint64_t end) { changing.emplace_back(begin, end); });
      }
    }
    const RangeSet changed(std::move(changing));
    const RangeList sources(std::move(readable)), targets(std::move(writable));
    footprints_.resize(instructions_.size());
    for (size_t i = 0; i < instructions_.size(); ++i) {
      const auto index = static_cast<int64_t>(i);
      const Instruction& instruction = instructions_[i];
      if (const auto* load = std::get_if<Load>(&instruction)) {
        const bool legal = check_move(index, *load, "load reads", "writes", sources);
        if (legal && load->mem_type == Memory::kUop) load_uops(index, *load, changed);
      } else if (const auto* store = std::get_if<Store>(&instruction)) {
        check_move(index, *store, "store writes", "reads", targets);
      } else if (const auto* gemm = std::get_if<Gemm>(&instruction)) {
        check_loops(index, *gemm);
      } else if (const auto* mac = std::get_if<Mac>(&instruction)) {
        check_loops(index, *mac);
      } else if (const auto* alu = std::get_if<Alu>(&instruction)) {
        check_loops(index, *alu);
      } else if (const auto* extended = std::get_if<AluExtended>(&instruction)) {
        check_loops(index, *extended);
      } else if (const auto* requantize = std::get_if<Requantize>(&instruction)) {
        check_requantize(index, *requantize);
      }
    }
  }

  template <typename Move>
  bool check_move(int64_t index, const Move& move, const char* in_dram, const char* in_sram, const RangeList& tensors) {
    const size_t before = faults_.size();
    const SramRange sram = sram_range(move);
    const char* memory = info(move.mem_type).name;
    if (sram.end > config_.depth(move.mem_type)) {
      fault(index,
            fmt::format("{} {} {}[{}..{}], which has {} elements", info(instructions_[static_cast<size_t>(index)]).name,
                        in_sram, memory, sram.begin, sram.end - 1, config_.depth(move.mem_type)));
    }
    const DramRange dram = dram_range(config_, move);
    if (dram.end > memory_bytes(program_)) {
      fault(index, fmt::format("{} DRAM [{:#x}, {:#x}), beyond the program's {:#x} bytes", in_dram, dram.begin,
                               dram.end, memory_bytes(program_)));
    }
    if (options_.whole_tensors && !dram.empty() && !tensors.one_holds(dram.begin, dram.end)) {
      const char* legal = move.mem_type == Memory::kOut ? "output or scratch tensor" : "segment or tensor";
      fault(index, fmt::format("{} DRAM [{:#x}, {:#x}), which lies in no {}", in_dram, dram.begin, dram.end, legal));
    }
    if (move.mem_type == Memory::kOut && !dram.empty() && overlap(code_range(), dram.begin, dram.end)) {
      fault(index, fmt::format("{} DRAM [{:#x}, {:#x}), where the code lies", in_dram, dram.begin, dram.end));
    }
    return faults_.size() == before;
  }

  /// The segment that holds the byte, or null.
  const Segment* segment_at(uint64_t address) const {
    for (const Segment& segment : program_.segments) {
      if (address >= segment.address && address - segment.address < segment.bytes.size()) return &segment;
    }
    return nullptr;
  }

  /// `count` micro-ops from DRAM, which is zero where no segment lies.
  std::vector<Uop> uops_at(uint64_t address, uint64_t count) const {
    const auto size = static_cast<uint64_t>(codec_.uop_bytes());
    Bytes bytes(count * size);
    const Segment* segment = segment_at(address);
    for (uint64_t i = 0; i < bytes.size(); ++i) {
      const uint64_t at = address + i;
      if (segment == nullptr || at - segment->address >= segment->bytes.size()) segment = segment_at(at);
      if (segment != nullptr) bytes[i] = segment->bytes[static_cast<size_t>(at - segment->address)];
    }
    std::vector<Uop> uops;
    for (uint64_t i = 0; i < count; ++i) uops.push_back(codec_.uop_from_bytes(bytes.data() + i * size));
    return uops;
  }

  /// Follows what the micro-op buffer holds; compute runs in program order.
  void load_uops(int64_t index, const Load& load, const RangeSet& changed) {
    if (load.x_size == 0 || load.y_size == 0) return;
    const auto size = static_cast<uint64_t>(codec_.uop_bytes());
    const int64_t width = int64_t{load.x_pad_0} + load.x_size + load.x_pad_1;
    int64_t at = load.sram_base;
    const auto pad = [&](int64_t count) {
      for (const int64_t end = at + count; at < end; ++at) uop_buffer_.set(at, Uop{});
    };
    pad(load.y_pad_0 * width);
    for (uint64_t row = 0; row < load.y_size; ++row) {
      const uint64_t begin = (load.dram_base + row * load.x_stride) * size, end = begin + load.x_size * size;
      if (changed.touches(begin, end)) {
        fault(index, fmt::format("load reads micro-ops in DRAM [{:#x}, {:#x}), which an input or a store changes: they "
                                 "cannot be checked",
                                 begin, end));
        return;
      }
      pad(load.x_pad_0);
      for (const Uop& uop : uops_at(begin, load.x_size)) uop_buffer_.set(at++, uop);
      pad(load.x_pad_1);
    }
    pad(load.y_pad_1 * width);
  }

  /// The footprint of an instruction, if one like it was seen before.
  std::unique_ptr<const Footprint>& footprint_of(int64_t index, int uops) {
    MacroKey key{program_.code[static_cast<size_t>(index)], uops};
    key.instruction.words[0] &= ~token_bits_;
    return known_footprints_[key];
  }

  /// Notes what the instruction touches, where it is in bounds.
  void note_footprint(int64_t index, std::unique_ptr<const Footprint>& place, std::vector<std::string> problems,
                      const std::vector<Uop>& uops) {
    for (std::string& problem : problems) fault(index, std::move(problem));
    if (!problems.empty()) return;
    place = std::make_unique<const Footprint>(footprint(config_, instructions_[static_cast<size_t>(index)], uops));
  }

  template <typename MacroInstruction>
  void check_loops(int64_t index, const MacroInstruction& instruction) {
    const char* name = info(instructions_[static_cast<size_t>(index)]).name;
    const Loops loops = loops_of(instruction);
    if (!check_uops(index, loops, name)) return;
    const int list = uop_buffer_.list(loops.uop_bgn, loops.uop_end);
    std::unique_ptr<const Footprint>& known = footprint_of(index, list);
    if (!known) {
      const std::vector<Uop>& uops = uop_buffer_.uops(list);
      note_footprint(index, known, index_faults(name, loops, index_walks(config_, instruction), uops.data()), uops);
    }
    footprints_[static_cast<size_t>(index)] = known.get();
  }

  void check_requantize(int64_t index, const Requantize& requantize) {
    std::unique_ptr<const Footprint>& known = footprint_of(index, -1);
    if (!known) note_footprint(index, known, index_faults(config_, requantize), {});
    footprints_[static_cast<size_t>(index)] = known.get();
  }

  /// False where the instruction runs no micro-ops or they are not known.
  bool check_uops(int64_t index, const Loops& loops, const char* what) {
    if (loops.uop_bgn > loops.uop_end) {
      fault(index,
            fmt::format("{} runs micro-ops [{}, {}): the end is before the start", what, loops.uop_bgn, loops.uop_end));
      return false;
    }
    if (loops.empty()) return false;
    if (loops.uop_end > uop_buffer_.depth()) {
      fault(index,
            fmt::format("{} runs micro-ops [{}, {}) of {}", what, loops.uop_bgn, loops.uop_end, uop_buffer_.depth()));
      return false;
    }
    const int64_t unknown = uop_buffer_.first_unknown(loops.uop_bgn, loops.uop_end);
    if (unknown == loops.uop_end) return true;
    fault(index, fmt::format("{} runs micro-op {}, which nothing has loaded", what, unknown));
    return false;
  }

  const Program& program_;
  const CheckOptions& options_;
  const HwConfig& config_;
  Codec codec_;
  std::vector<Instruction> instructions_;
  std::vector<const Footprint*> footprints_;  // of each instruction; null where it has none
  std::unordered_map<MacroKey, std::unique_ptr<const Footprint>, MacroKeyHash> known_footprints_;
  UopBuffer uop_buffer_;
  uint64_t token_bits_ = 0;
  std::vector<Fault> faults_;
};

}  // namespace

std::vector<Fault> check(const Program& program, const CheckOptions& options) {
  return Checker(program, options).run();
}

}  // namespace tandem::isa
