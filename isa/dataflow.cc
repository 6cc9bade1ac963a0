#include "isa/dataflow.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "isa/access.h"

namespace tandem::isa {
namespace {

/// Positions in their engine's queue, from 1; 0: never.
struct Element {
  int64_t written = 0;
  int64_t read = 0;
};

/// A scratchpad that one engine writes and one reads.
struct Scratchpad {
  const char* name;
  Engine writer;
  Engine reader;
  std::vector<Element> elements;
};

/// The last accesses of a range of DRAM bytes.
struct DramState {
  int64_t stored = 0;
  std::array<int64_t, 3> read{};
};

/// DRAM as ranges of equal history: the state from a key to the next one.
class DramHistory {
 public:
  DramHistory() { ranges_[0] = {}; }

  /// Calls `visit(state)` for every range inside [begin, end); it may change the state.
  template <typename Visit>
  void visit(uint64_t begin, uint64_t end, Visit&& visit) {
    split(begin);
    split(end);
    for (auto at = ranges_.find(begin); at != ranges_.end() && at->first < end; ++at) visit(at->second);
  }

 private:
  void split(uint64_t address) {
    const auto after = ranges_.upper_bound(address);
    const auto inside = std::prev(after);
    if (inside->first != address) ranges_.emplace_hint(after, address, inside->second);
  }

  std::map<uint64_t, DramState> ranges_;
};

class Checker {
 public:
  Checker(const Program& program, const std::vector<Instruction>& instructions,
          const std::vector<std::vector<Uop>>& uops, const TokenRun& run, const CheckOptions& options)
      : config_(program.hardware),
        instructions_(instructions),
        uops_(uops),
        run_(run),
        options_(options),
        inp_{"inp", Engine::kLoad, Engine::kCompute, elements(Memory::kInp)},
        wgt_{"wgt", Engine::kLoad, Engine::kCompute, elements(Memory::kWgt)},
        acc_{"acc", Engine::kCompute, Engine::kCompute, elements(Memory::kAcc)},
        out_{"out", Engine::kCompute, Engine::kStore, elements(Memory::kOut)},
        prm_{"prm", Engine::kLoad, Engine::kCompute, elements(Memory::kPrm)} {}

  std::vector<Fault> run() {
    std::array<int64_t, 3> position{};
    for (const int64_t index : run_.order) {
      instruction_ = index;
      const Instruction& instruction = instructions_[static_cast<size_t>(index)];
      engine_ = engine_of(instruction);
      position_ = ++position[static_cast<size_t>(engine_)];
      problem_.clear();
      if (const auto* load = std::get_if<Load>(&instruction)) {
        move(*load);
      } else if (const auto* store = std::get_if<Store>(&instruction)) {
        move(*store);
      } else if (const auto* gemm = std::get_if<Gemm>(&instruction)) {
        gemm_steps(*gemm);
      } else if (const auto* mac = std::get_if<Mac>(&instruction)) {
        mac_steps(*mac);
      } else if (const auto* alu = std::get_if<Alu>(&instruction)) {
        alu_steps(*alu);
      } else if (const auto* extended = std::get_if<AluExtended>(&instruction)) {
        alu_steps(*extended);
      } else if (const auto* requantize = std::get_if<Requantize>(&instruction)) {
        requantize_elements(*requantize);
      }
      if (!problem_.empty()) faults_.push_back({index, problem_});
    }
    return std::move(faults_);
  }

 private:
  std::vector<Element> elements(Memory memory) const {
    return std::vector<Element>(static_cast<size_t>(config_.depth(memory)));
  }

  bool ordered(Engine engine, int64_t position) const {
    return engine == engine_ || run_.before[static_cast<size_t>(instruction_)][static_cast<size_t>(engine)] >= position;
  }
  /// "instruction 12 (gemm)".
  std::string instruction_at(Engine engine, int64_t position) const {
    const int64_t index = run_.own[static_cast<size_t>(engine)][static_cast<size_t>(position) - 1];
    return fmt::format("instruction {} ({})", index, info(instructions_[static_cast<size_t>(index)]).name);
  }
  void race(const std::string& does, const std::string& place, const std::string& other, Engine engine,
            int64_t position) {
    if (problem_.empty()) {
      problem_ = fmt::format("race: it {} {}, which {} {}; no token orders the two", does, place,
                             instruction_at(engine, position), other);
    }
  }

  void read(Scratchpad& pad, int64_t index) {
    Element& element = pad.elements[static_cast<size_t>(index)];
    if (element.written == 0) {
      if (options_.unwritten_reads && problem_.empty()) {
        problem_ = fmt::format("it reads {}[{}], which nothing has written", pad.name, index);
      }
    } else if (!ordered(pad.writer, element.written)) {
      race("reads", fmt::format("{}[{}]", pad.name, index), "writes", pad.writer, element.written);
    }
    element.read = position_;
  }
  void write(Scratchpad& pad, int64_t index) {
    Element& element = pad.elements[static_cast<size_t>(index)];
    if (!ordered(pad.reader, element.read)) {
      race("writes", fmt::format("{}[{}]", pad.name, index), "reads", pad.reader, element.read);
    }
    element.written = position_;
  }
  void write_acc(int64_t index) {
    write(acc_, index);
    write(out_, index);
  }

  template <typename Move>
  void move(const Move& move) {
    const SramRange range = sram_range(move);
    if (range.empty()) return;
    for (int64_t i = range.begin; i < range.end; ++i) {
      switch (move.mem_type) {
        case Memory::kInp:
          write(inp_, i);
          break;
        case Memory::kWgt:
          write(wgt_, i);
          break;
        case Memory::kAcc:
        case Memory::kAcc8:
          write_acc(i);
          break;
        case Memory::kOut:
          read(out_, i);
          break;
        case Memory::kPrm:
          write(prm_, i);
          break;
        case Memory::kUop:
          break;  // used by the engine that loads them
      }
    }
    const bool stores = move.mem_type == Memory::kOut;
    const auto element = static_cast<uint64_t>(config_.element_bytes(move.mem_type));
    for (uint64_t row = 0; row < move.y_size; ++row) {
      const uint64_t begin = (move.dram_base + row * move.x_stride) * element;
      dram_.visit(begin, begin + move.x_size * element,
                  [&](DramState& state) { stores ? store_bytes(state, begin) : load_bytes(state, begin); });
    }
  }

  void store_bytes(DramState& state, uint64_t row) {
    for (const Engine engine : {Engine::kLoad, Engine::kCompute}) {
      const int64_t position = state.read[static_cast<size_t>(engine)];
      if (!ordered(engine, position))
        race("writes", fmt::format("DRAM in the row at {:#x}", row), "reads", engine, position);
    }
    state.stored = position_;
  }
  void load_bytes(DramState& state, uint64_t row) {
    if (!ordered(Engine::kStore, state.stored)) {
      race("reads", fmt::format("DRAM in the row at {:#x}", row), "writes", Engine::kStore, state.stored);
    }
    state.read[static_cast<size_t>(engine_)] = position_;
  }

  template <typename MacroInstruction, typename Step>
  void steps(const MacroInstruction& loops, Step&& step) {
    for (int64_t outer = 0; outer < loops.iter_out; ++outer) {
      for (int64_t inner = 0; inner < loops.iter_in; ++inner) {
        for (const Uop& uop : uops_[static_cast<size_t>(instruction_)]) step(uop, outer, inner);
      }
    }
  }
  void gemm_steps(const Gemm& gemm) {
    steps(gemm, [&](const Uop& uop, int64_t outer, int64_t inner) {
      const int64_t dst = uop.dst + outer * gemm.dst_out + inner * gemm.dst_in;
      if (!gemm.reset) {
        read(inp_, uop.src + outer * gemm.src_out + inner * gemm.src_in);
        read(wgt_, uop.wgt + outer * gemm.wgt_out + inner * gemm.wgt_in);
        if (!gemm.overwrite) read(acc_, dst);
      }
      write_acc(dst);
    });
  }
  void mac_steps(const Mac& mac) {
    const int64_t taps = mac.depthwise ? config_.depthwise_width() : 1;
    const int64_t vectors = mac.depthwise ? config_.block_in : 1;  // that an element of the weights holds
    steps(mac, [&](const Uop& uop, int64_t outer, int64_t inner) {
      const int64_t dst = uop.dst + outer * mac.dst_out + inner * mac.dst_in;
      const int64_t src = uop.src + outer * mac.src_out + inner * mac.src_in;
      const int64_t wgt = uop.wgt + outer * mac.wgt_out + inner * mac.wgt_in;
      for (int64_t tap = 0; tap < taps; ++tap) {
        read(inp_, src + tap);
        read(wgt_, (wgt + tap) / vectors);
      }
      if (!mac.overwrite) read(acc_, dst);
      write(acc_, dst);
    });
  }
  void requantize_elements(const Requantize& requantize) {
    for (int64_t outer = 0; outer < requantize.iter_out; ++outer) {
      for (int64_t inner = 0; inner < requantize.iter_in; ++inner) {
        read(acc_, requantize.src + outer * requantize.src_out + inner * requantize.src_in);
        read(prm_, requantize.prm + outer * requantize.prm_out);
        write(requantize.keep ? acc_ : out_, requantize.dst + outer * requantize.dst_out + inner * requantize.dst_in);
      }
    }
  }
  template <typename Operation>
  void alu_steps(const Operation& alu) {
    steps(alu, [&](const Uop& uop, int64_t outer, int64_t inner) {
      const int64_t dst = uop.dst + outer * alu.dst_out + inner * alu.dst_in;
      if (!alu.use_imm) read(acc_, uop.src + outer * alu.src_out + inner * alu.src_in);
      read(acc_, dst);
      write_acc(dst);
    });
  }

  const HwConfig& config_;
  const std::vector<Instruction>& instructions_;
  const std::vector<std::vector<Uop>>& uops_;
  const TokenRun& run_;
  const CheckOptions& options_;
  Scratchpad inp_;
  Scratchpad wgt_;
  Scratchpad acc_;
  Scratchpad out_;
  Scratchpad prm_;
  DramHistory dram_;
  int64_t instruction_ = 0;
  int64_t position_ = 0;  // of the instruction in its engine's queue, from 1
  Engine engine_ = Engine::kCompute;
  std::string problem_;
  std::vector<Fault> faults_;
};

}  // namespace

std::vector<Fault> check_dataflow(const Program& program, const std::vector<Instruction>& instructions,
                                  const std::vector<std::vector<Uop>>& uops, const TokenRun& run,
                                  const CheckOptions& options) {
  return Checker(program, instructions, uops, run, options).run();
}

}  // namespace tandem::isa
