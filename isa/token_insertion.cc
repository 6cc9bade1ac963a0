#include "isa/token_insertion.h"

#include <algorithm>
#include <array>

#include "isa/access.h"

namespace tandem::isa {
namespace {

constexpr double kNeedlessWait = 0.1;

using Counts = std::array<int64_t, 3>;

/// For each element of one memory: position (from 1) of the last access by each engine.
struct History {
  std::vector<Counts> read;
  std::vector<Counts> written;
  explicit History(int64_t size) : read(static_cast<size_t>(size)), written(static_cast<size_t>(size)) {}
};

class Inserter {
 public:
  Inserter(const HwConfig& config, uint64_t dram_bytes, Rng& rng, bool eager)
      : config_(config),
        rng_(rng),
        eager_(eager),
        inp_(config.depth(Memory::kInp)),
        wgt_(config.depth(Memory::kWgt)),
        out_(config.depth(Memory::kOut)),
        prm_(config.depth(Memory::kPrm)),
        dram_(static_cast<int64_t>(dram_bytes)) {}

  std::vector<Instruction> run(const std::vector<Instruction>& instructions,
                               const std::vector<std::vector<Uop>>& uops) {
    for (size_t i = 0; i < instructions.size(); ++i) {
      const Engine engine = engine_of(instructions[i]);
      needed_ = {};
      recording_ = false;
      touch(instructions[i], engine, uops[i]);
      emit(instructions[i], engine, needed_);
      recording_ = true;
      touch(instructions[i], engine, uops[i]);
    }
    return std::move(result_);
  }

 private:
  struct Emitted {
    size_t place;  // in result_
    Counts after;  // what is complete when it is
    std::array<bool, 3> pushes{};
  };

  // One pass over an instruction's accesses finds what it must wait for; a second one, after it was emitted, records
  // them.
  void read(History& history, int64_t element, Engine engine) {
    Counts& counts = history.read[static_cast<size_t>(element)];
    if (recording_) {
      counts[index_of(engine)] = position(engine);
    } else {
      need(history.written[static_cast<size_t>(element)]);
    }
  }
  void write(History& history, int64_t element, Engine engine) {
    Counts& counts = history.written[static_cast<size_t>(element)];
    if (recording_) {
      counts[index_of(engine)] = position(engine);
    } else {
      need(counts);
      need(history.read[static_cast<size_t>(element)]);
    }
  }
  void need(const Counts& counts) {
    for (size_t i = 0; i < counts.size(); ++i) needed_[i] = std::max(needed_[i], counts[i]);
  }
  int64_t position(Engine engine) const { return static_cast<int64_t>(emitted_[index_of(engine)].size()); }

  void touch(const Instruction& instruction, Engine engine, const std::vector<Uop>& uops) {
    if (const auto* load = std::get_if<Load>(&instruction)) {
      touch_move(*load, engine);
    } else if (const auto* store = std::get_if<Store>(&instruction)) {
      touch_move(*store, engine);
    } else if (const auto* gemm = std::get_if<Gemm>(&instruction)) {
      touch_loops(*gemm, engine, uops, /*mirrored=*/true);
    } else if (const auto* mac = std::get_if<Mac>(&instruction)) {
      touch_loops(*mac, engine, uops, /*mirrored=*/false);
    } else if (const auto* alu = std::get_if<Alu>(&instruction)) {
      touch_loops(*alu, engine, uops, /*mirrored=*/true);
    } else if (const auto* extended = std::get_if<AluExtended>(&instruction)) {
      touch_loops(*extended, engine, uops, /*mirrored=*/true);
    } else if (const auto* requantize = std::get_if<Requantize>(&instruction)) {
      for (int64_t outer = 0; outer < requantize->iter_out && requantize->iter_in > 0; ++outer) {
        read(prm_, requantize->prm + outer * requantize->prm_out, engine);
        for (int64_t inner = 0; inner < requantize->iter_in && !requantize->keep; ++inner) {
          write(out_, requantize->dst + outer * requantize->dst_out + inner * requantize->dst_in, engine);
        }
      }
    }
  }

  /// Accumulators are compute's own: only their mirror in `out` and what the load engine fills matter.
  template <typename MacroInstruction>
  void touch_loops(const MacroInstruction& instruction, Engine engine, const std::vector<Uop>& uops, bool mirrored) {
    for (const IndexWalk& walk : index_walks(config_, instruction)) {
      const bool is_out = walk.memory == Memory::kAcc && walk.base == &Uop::dst && mirrored;
      if (walk.memory == Memory::kAcc && !is_out) continue;
      for (int64_t outer = 0; outer < instruction.iter_out; ++outer) {
        for (int64_t inner = 0; inner < instruction.iter_in; ++inner) {
          for (const Uop& uop : uops) {
            const int64_t entry = uop.*walk.base + outer * walk.factor_out + inner * walk.factor_in;
            for (int64_t tap = 0; tap < walk.taps; ++tap) {
              if (is_out) {
                write(out_, entry, engine);
              } else {
                read(walk.memory == Memory::kInp ? inp_ : wgt_,
                     walk.vectors ? (entry + tap) / config_.block_in : entry + tap, engine);
              }
            }
          }
        }
      }
    }
  }

  template <typename Move>
  void touch_move(const Move& move, Engine engine) {
    const SramRange range = sram_range(move);
    if (range.empty()) return;
    for (int64_t i = range.begin; i < range.end; ++i) {
      switch (move.mem_type) {
        case Memory::kInp:
          write(inp_, i, engine);
          break;
        case Memory::kWgt:
          write(wgt_, i, engine);
          break;
        case Memory::kAcc:
        case Memory::kAcc8:
          write(out_, i, engine);
          break;
        case Memory::kOut:
          read(out_, i, engine);
          break;
        case Memory::kPrm:
          write(prm_, i, engine);
          break;
        case Memory::kUop:
          break;
      }
    }
    const int64_t element = config_.element_bytes(move.mem_type);
    for (int64_t row = 0; row < move.y_size; ++row) {
      const int64_t begin = (int64_t{move.dram_base} + row * move.x_stride) * element;
      for (int64_t byte = begin; byte < begin + move.x_size * element; ++byte) {
        if (move.mem_type == Memory::kOut) {
          write(dram_, byte, engine);
        } else {
          read(dram_, byte, engine);
        }
      }
    }
  }

  void emit(Instruction instruction, Engine engine, const Counts& needed) {
    // Load and store share no queue: a compute instruction that does nothing passes the word on.
    const Engine far = engine == Engine::kLoad ? Engine::kStore : Engine::kLoad;
    Counts direct = needed;
    if (engine != Engine::kCompute && needed[index_of(far)] > known_[index_of(engine)][index_of(far)]) {
      Load nothing;
      nothing.mem_type = Memory::kUop;
      Counts passed{};
      passed[index_of(far)] = needed[index_of(far)];
      emit(nothing, Engine::kCompute, passed);
      direct[index_of(Engine::kCompute)] = position(Engine::kCompute);
    }
    TokenFlags flags;
    if (engine == Engine::kCompute) {
      flags.pop_prev = wait(engine, Engine::kLoad, direct);
      flags.pop_next = wait(engine, Engine::kStore, direct);
    } else {
      const bool waits = wait(engine, Engine::kCompute, direct);
      (engine == Engine::kLoad ? flags.pop_next : flags.pop_prev) = waits;
    }
    set_token_flags(instruction, flags);
    Counts after = known_[index_of(engine)];
    after[index_of(engine)] = position(engine) + 1;
    known_[index_of(engine)] = after;
    emitted_[index_of(engine)].push_back({result_.size(), after, {}});
    result_.push_back(std::move(instruction));
  }

  /// Makes `from` push a token for the next instruction of `engine` where one is needed. True where there is a token to
  /// pop.
  bool wait(Engine engine, Engine from, const Counts& needed) {
    std::vector<Emitted>& others = emitted_[index_of(from)];
    if (others.empty()) return false;
    const int64_t least = needed[index_of(from)];
    const bool must = least > known_[index_of(engine)][index_of(from)];
    if (!must && (eager_ || !rng_.chance(kNeedlessWait))) return false;
    // Tokens are taken in the order in which they were pushed: only instructions after the last one that pushed can be
    // chosen.
    int64_t first = static_cast<int64_t>(others.size()) - 1;
    while (first >= 0 && !others[static_cast<size_t>(first)].pushes[index_of(engine)]) --first;
    const int64_t low = std::max(first + 1, least - 1);
    const int64_t high = static_cast<int64_t>(others.size()) - 1;
    if (low > high) return false;
    Emitted& chosen = others[static_cast<size_t>(eager_ ? high : rng_.uniform(low, high))];
    chosen.pushes[index_of(engine)] = true;
    TokenFlags flags = token_flags(result_[chosen.place]);
    (index_of(engine) < index_of(from) ? flags.push_prev : flags.push_next) = true;
    set_token_flags(result_[chosen.place], flags);
    Counts& known = known_[index_of(engine)];
    for (size_t i = 0; i < known.size(); ++i) known[i] = std::max(known[i], chosen.after[i]);
    return true;
  }

  const HwConfig& config_;
  Rng& rng_;
  bool eager_;
  History inp_;
  History wgt_;
  History out_;
  History prm_;
  History dram_;
  bool recording_ = false;
  Counts needed_{};
  std::array<Counts, 3> known_{};
  std::array<std::vector<Emitted>, 3> emitted_;
  std::vector<Instruction> result_;
};

}  // namespace

std::vector<Instruction> insert_tokens(const HwConfig& config, uint64_t dram_bytes,
                                       const std::vector<Instruction>& instructions,
                                       const std::vector<std::vector<Uop>>& uops, Rng& rng, bool eager) {
  return Inserter(config, dram_bytes, rng, eager).run(instructions, uops);
}

}  // namespace tandem::isa
