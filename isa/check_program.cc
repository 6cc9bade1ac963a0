// The static checker of whole programs: encodings, bounds, token balance, deadlock and races, apart from any code
// that makes programs.
#include <fmt/format.h>

#include <algorithm>

#include "isa/access.h"
#include "isa/dataflow.h"
#include "isa/program.h"
#include "isa/token_run.h"

namespace tandem::isa {
namespace {

constexpr uint64_t kMostDram = uint64_t{1} << 32;  // addresses have 32 bits
constexpr uint64_t kCodeAlignment = 64;

struct ByteRange {
  uint64_t begin;
  uint64_t end;
  std::string what;
};

bool overlap(const ByteRange& range, uint64_t begin, uint64_t end) { return range.begin < end && begin < range.end; }

/// Disjoint ranges in order, for "does anything touch these bytes".
class RangeSet {
 public:
  explicit RangeSet(std::vector<std::pair<uint64_t, uint64_t>> ranges) {
    std::sort(ranges.begin(), ranges.end());
    for (const auto& [begin, end] : ranges) {
      if (!ranges_.empty() && begin <= ranges_.back().second) {
        ranges_.back().second = std::max(ranges_.back().second, end);
      } else {
        ranges_.emplace_back(begin, end);
      }
    }
  }
  bool touches(uint64_t begin, uint64_t end) const {
    const auto after =
        std::partition_point(ranges_.begin(), ranges_.end(), [&](const auto& range) { return range.second <= begin; });
    return after != ranges_.end() && after->first < end;
  }

 private:
  std::vector<std::pair<uint64_t, uint64_t>> ranges_;
};

class Checker {
 public:
  Checker(const Program& program, const CheckOptions& options)
      : program_(program), options_(options), config_(program.hardware), codec_(program.hardware) {}

  std::vector<Fault> run() {
    check_places();
    decode();
    if (!faults_.empty()) return sorted();
    check_finish();
    check_bounds();
    const TokenRun tokens = run_tokens(config_, instructions_);
    faults_.insert(faults_.end(), tokens.faults.begin(), tokens.faults.end());
    if (faults_.empty()) faults_ = check_dataflow(program_, instructions_, uops_, tokens, options_);
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
    if (program_.code_address % kCodeAlignment != 0) {
      fault(-1, fmt::format("the code at {:#x} does not start at a multiple of {} bytes", program_.code_address,
                            kCodeAlignment));
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
    std::vector<std::pair<uint64_t, uint64_t>> changing;
    for (const Binding& binding : program_.bindings) {
      if (binding.role != Role::kInput) continue;
      changing.emplace_back(binding.address, binding.address + static_cast<uint64_t>(binding.size_bytes()));
    }
    for (const Instruction& instruction : instructions_) {
      if (const auto* store = std::get_if<Store>(&instruction)) add_rows(*store, changing);
    }
    const RangeSet changed(std::move(changing));
    uops_.resize(instructions_.size());
    uop_buffer_.resize(static_cast<size_t>(config_.depth(Memory::kUop)));
    uop_known_.resize(uop_buffer_.size());
    for (size_t i = 0; i < instructions_.size(); ++i) {
      const auto index = static_cast<int64_t>(i);
      const Instruction& instruction = instructions_[i];
      if (const auto* load = std::get_if<Load>(&instruction)) {
        const bool legal = check_move(index, *load, "load reads", "writes");
        if (legal && load->mem_type == Memory::kUop) load_uops(index, *load, changed);
      } else if (const auto* store = std::get_if<Store>(&instruction)) {
        check_move(index, *store, "store writes", "reads");
      } else if (const auto* gemm = std::get_if<Gemm>(&instruction)) {
        check_loops(index, *gemm);
      } else if (const auto* mac = std::get_if<Mac>(&instruction)) {
        check_loops(index, *mac);
      } else if (const auto* alu = std::get_if<Alu>(&instruction)) {
        check_loops(index, *alu);
      } else if (const auto* extended = std::get_if<AluExtended>(&instruction)) {
        check_loops(index, *extended);
      } else if (const auto* requantize = std::get_if<Requantize>(&instruction)) {
        for (std::string& problem : index_faults(config_, *requantize)) fault(index, std::move(problem));
      }
    }
  }

  void add_rows(const Store& store, std::vector<std::pair<uint64_t, uint64_t>>& rows) const {
    const auto element = static_cast<uint64_t>(config_.element_bytes(store.mem_type));
    for (uint64_t row = 0; row < store.y_size && store.x_size > 0; ++row) {
      const uint64_t begin = (store.dram_base + row * store.x_stride) * element;
      rows.emplace_back(begin, begin + store.x_size * element);
    }
  }

  template <typename Move>
  bool check_move(int64_t index, const Move& move, const char* in_dram, const char* in_sram) {
    const size_t before = faults_.size();
    const SramRange sram = sram_range(move);
    const char* memory = info(move.mem_type).name;
    if (sram.end > config_.depth(move.mem_type)) {
      fault(index,
            fmt::format("{} {} {}[{}..{}], which has {} elements", info(instructions_[static_cast<size_t>(index)]).name,
                        in_sram, memory, sram.begin, sram.end - 1, config_.depth(move.mem_type)));
    }
    const DramRange dram = dram_range(config_, move);
    if (dram.end > program_.dram_bytes) {
      fault(index, fmt::format("{} DRAM [{:#x}, {:#x}), beyond the program's {:#x} bytes", in_dram, dram.begin,
                               dram.end, program_.dram_bytes));
    }
    if (move.mem_type == Memory::kOut && !dram.empty() && overlap(code_range(), dram.begin, dram.end)) {
      fault(index, fmt::format("{} DRAM [{:#x}, {:#x}), where the code lies", in_dram, dram.begin, dram.end));
    }
    return faults_.size() == before;
  }

  uint8_t dram_byte(uint64_t address) const {
    for (const Segment& segment : program_.segments) {
      if (address >= segment.address && address - segment.address < segment.bytes.size()) {
        return segment.bytes[static_cast<size_t>(address - segment.address)];
      }
    }
    return 0;
  }

  /// Follows what the micro-op buffer holds; compute runs in program order.
  void load_uops(int64_t index, const Load& load, const RangeSet& changed) {
    if (load.x_size == 0 || load.y_size == 0) return;
    const auto size = static_cast<uint64_t>(codec_.uop_bytes());
    const int64_t width = int64_t{load.x_pad_0} + load.x_size + load.x_pad_1;
    const SramRange range = sram_range(load);
    for (int64_t i = range.begin; i < range.end; ++i) {
      const int64_t row = (i - range.begin) / width - load.y_pad_0;
      const int64_t column = (i - range.begin) % width - load.x_pad_0;
      const bool pad = row < 0 || row >= load.y_size || column < 0 || column >= load.x_size;
      Bytes bytes(size);
      const uint64_t address =
          pad ? 0
              : (load.dram_base + static_cast<uint64_t>(row) * load.x_stride + static_cast<uint64_t>(column)) * size;
      for (uint64_t byte = 0; byte < size && !pad; ++byte) bytes[byte] = dram_byte(address + byte);
      if (!pad && changed.touches(address, address + size)) {
        fault(index,
              fmt::format("load reads micro-ops at {:#x}, which an input or a store changes: they cannot be checked",
                          address));
        return;
      }
      uop_buffer_[static_cast<size_t>(i)] = codec_.uop_from_bytes(bytes.data());
      uop_known_[static_cast<size_t>(i)] = true;
    }
  }

  template <typename MacroInstruction>
  void check_loops(int64_t index, const MacroInstruction& instruction) {
    const char* name = info(instructions_[static_cast<size_t>(index)]).name;
    const Loops loops = loops_of(instruction);
    if (!fetch_uops(index, loops, name)) return;
    const Uop* uops = uops_[static_cast<size_t>(index)].data();
    for (std::string& problem : index_faults(name, loops, index_walks(config_, instruction), uops)) {
      fault(index, std::move(problem));
    }
  }

  /// Notes the micro-ops that the instruction runs; false where it runs none or they are not known.
  bool fetch_uops(int64_t index, const Loops& loops, const char* what) {
    if (loops.uop_bgn > loops.uop_end) {
      fault(index,
            fmt::format("{} runs micro-ops [{}, {}): the end is before the start", what, loops.uop_bgn, loops.uop_end));
      return false;
    }
    if (loops.empty()) return false;
    if (loops.uop_end > uop_buffer_.size()) {
      fault(index,
            fmt::format("{} runs micro-ops [{}, {}) of {}", what, loops.uop_bgn, loops.uop_end, uop_buffer_.size()));
      return false;
    }
    for (size_t i = loops.uop_bgn; i < loops.uop_end; ++i) {
      if (uop_known_[i]) continue;
      fault(index, fmt::format("{} runs micro-op {}, which nothing has loaded", what, i));
      return false;
    }
    uops_[static_cast<size_t>(index)].assign(uop_buffer_.begin() + static_cast<std::ptrdiff_t>(loops.uop_bgn),
                                             uop_buffer_.begin() + static_cast<std::ptrdiff_t>(loops.uop_end));
    return true;
  }

  const Program& program_;
  const CheckOptions& options_;
  const HwConfig& config_;
  Codec codec_;
  std::vector<Instruction> instructions_;
  std::vector<std::vector<Uop>> uops_;  // that each instruction runs
  std::vector<Uop> uop_buffer_;
  std::vector<bool> uop_known_;
  std::vector<Fault> faults_;
};

}  // namespace

std::vector<Fault> check(const Program& program, const CheckOptions& options) {
  return Checker(program, options).run();
}

}  // namespace tandem::isa
