// Random programs with one mistake: see random_program.h.
#include <fmt/format.h>

#include <algorithm>

#include "isa/access.h"
#include "isa/field_edit.h"
#include "isa/random_program.h"

namespace tandem::isa {
namespace {

/// Changes single instructions of an encoded program.
class Breaker {
 public:
  Breaker(Program program, Rng& rng, bool extensions)
      : program_(std::move(program)), codec_(program_.hardware), rng_(rng), extensions_(extensions) {
    for (const EncodedInstruction& encoded : program_.code) instructions_.push_back(codec_.decode(encoded).value());
  }

  IllegalProgram run() {
    while (mistake_.empty()) {
      switch (rng_.uniform(0, 6)) {
        case 0:
        case 1:
          break_index();
          break;
        case 2:
          break_block();
          break;
        case 3:
          break_encoding();
          break;
        case 4:
          break_neighbour();
          break;
        case 5:
          break_tokens();
          break;
        default:
          break_finish();
      }
    }
    return {std::move(program_), std::move(mistake_)};
  }

 private:
  size_t any() { return static_cast<size_t>(rng_.uniform(0, static_cast<int64_t>(instructions_.size()) - 1)); }

  void replace(size_t index, const Instruction& instruction, const std::string& mistake) {
    program_.code[index] = codec_.encode(instruction);
    mistake_ = fmt::format("instruction {}: {}", index, mistake);
  }

  int64_t greatest(const Instruction& instruction, const std::string& name) const {
    const InstructionInfo& table = info(instruction);
    for (size_t i = 0; i < table.fields.size(); ++i) {
      if (name == table.fields[i].name) return (int64_t{1} << codec_.places(table.opcode)[i].width) - 1;
    }
    return 0;
  }

  /// The indices that an instruction uses and whose factor can reach any buffer's end; empty where it does nothing.
  static std::vector<std::string> indices(const Instruction& instruction) {
    if (const auto* gemm = std::get_if<Gemm>(&instruction)) {
      if (loops_of(*gemm).empty()) return {};
      return gemm->reset ? std::vector<std::string>{"dst"} : std::vector<std::string>{"dst", "src", "wgt"};
    }
    if (const auto* mac = std::get_if<Mac>(&instruction)) {
      if (loops_of(*mac).empty()) return {};
      return mac->depthwise ? std::vector<std::string>{"dst", "src"} : std::vector<std::string>{"dst", "src", "wgt"};
    }
    if (const auto* alu = std::get_if<Alu>(&instruction)) {
      if (loops_of(*alu).empty()) return {};
      return alu->use_imm ? std::vector<std::string>{"dst"} : std::vector<std::string>{"dst", "src"};
    }
    if (const auto* alu = std::get_if<AluExtended>(&instruction)) {
      if (loops_of(*alu).empty()) return {};
      return alu->use_imm ? std::vector<std::string>{"dst"} : std::vector<std::string>{"dst", "src"};
    }
    if (const auto* requantize = std::get_if<Requantize>(&instruction)) {
      if (requantize->iter_out == 0 || requantize->iter_in == 0) return {};
      return {"dst", "src", "prm"};
    }
    return {};
  }

  void break_index() {
    const size_t index = any();
    Instruction instruction = instructions_[index];
    const std::vector<std::string> names = indices(instruction);
    if (names.empty()) return;
    const bool runs_uops = !std::holds_alternative<Requantize>(instruction);
    if (runs_uops && rng_.chance(0.2)) {
      set_field(instruction, "uop_end", greatest(instruction, "uop_end"));
      return replace(index, instruction, "micro-ops beyond their buffer");
    }
    const std::string field = rng_.pick(names) + "_out";
    set_field(instruction, "iter_out", 3);  // twice the greatest factor is beyond
    set_field(instruction, field, greatest(instruction, field));
    replace(index, instruction, fmt::format("an index beyond its buffer by {}", field));
  }

  void break_block() {
    const size_t index = any();
    Instruction instruction = instructions_[index];
    const auto* load = std::get_if<Load>(&instruction);
    const auto* store = std::get_if<Store>(&instruction);
    if ((load == nullptr || sram_range(*load).empty()) && (store == nullptr || sram_range(*store).empty())) return;
    if (rng_.chance(0.5)) {
      set_field(instruction, "dram_base", greatest(instruction, "dram_base"));
      return replace(index, instruction, "a block beyond DRAM");
    }
    set_field(instruction, "sram_base", greatest(instruction, "sram_base"));
    set_field(instruction, "x_size", 2);
    replace(index, instruction, "a block beyond its buffer");
  }

  void break_encoding() {
    struct Case {
      const char* what;
      EncodedInstruction encoded;
      bool extension;
    };
    Gemm overwrite;
    overwrite.overwrite = true;
    EncodedInstruction both = codec_.encode(overwrite);
    both.words[0] |= 1 << 7;  // reset
    const std::vector<Case> cases = {{"an unknown state", {{7 | 66 << 8}}, false},
                                     {"an unknown operation of ALU_EXTENDED", {{7 | 1 << 7 | 127 << 8}}, false},
                                     {"an unknown memory", {{7 << 7}}, false},
                                     {"a store of weights", {{1 | 1 << 7}}, false},
                                     {"an unused bit of FINISH", {{3, 1}}, false},
                                     {"the reserved bit of ALU", {{4 | 1 << 7}}, false},
                                     {"reset and overwrite", both, true}};
    const Case& chosen = rng_.pick(cases);
    if (chosen.extension && !extensions_) return;
    const size_t index = any();
    program_.code[index] = chosen.encoded;
    mistake_ = fmt::format("instruction {}: {}", index, chosen.what);
  }

  void break_neighbour() {
    const size_t index = any();
    Instruction instruction = instructions_[index];
    const Engine engine = engine_of(instruction);
    if (engine == Engine::kCompute) return;
    const char* pop = engine == Engine::kLoad ? "pop_prev" : "pop_next";
    const char* push = engine == Engine::kLoad ? "push_prev" : "push_next";
    const char* flag = rng_.chance(0.5) ? pop : push;
    set_field(instruction, flag, 1);
    replace(index, instruction, fmt::format("{} without a neighbour", flag));
  }

  void break_tokens() {
    const size_t index = any();
    Instruction instruction = instructions_[index];
    const char* flag = rng_.pick(std::vector<const char*>{"pop_prev", "pop_next", "push_prev", "push_next"});
    const FieldValues before = field_values(instruction);
    set_field(instruction, flag, 0);
    if (field_values(instruction) == before) return;
    replace(index, instruction, fmt::format("{} is lost", flag));
  }

  void break_finish() {
    if (rng_.chance(0.5)) {
      program_.code.pop_back();
      mistake_ = "FINISH is missing";
      return;
    }
    const size_t index = any();
    if (index + 1 < instructions_.size()) replace(index, Finish{}, "FINISH before the end");
  }

  Program program_;
  Codec codec_;
  Rng& rng_;
  bool extensions_;
  std::vector<Instruction> instructions_;
  std::string mistake_;
};

}  // namespace

IllegalProgram illegal_program(const HwConfig& config, Rng& rng, const RandomProgramOptions& options) {
  return Breaker(random_program(config, rng, options), rng, options.extensions).run();
}

}  // namespace tandem::isa
