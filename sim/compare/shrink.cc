// The smallest program on which two simulators still differ.
#include <algorithm>
#include <array>
#include <variant>

#include "sim/compare/compare.h"

namespace tandem::sim {
namespace {

using isa::Engine;
using isa::Instruction;
using isa::TokenFlags;

/// An instruction of the engine that only passes tokens.
Instruction nothing(Engine engine, const TokenFlags& flags) {
  Instruction instruction;
  if (engine == Engine::kLoad) {
    isa::Load load;
    load.mem_type = isa::Memory::kInp;
    instruction = load;
  } else if (engine == Engine::kStore) {
    isa::Store store;
    store.mem_type = isa::Memory::kOut;
    instruction = store;
  } else {
    instruction = isa::Alu{};
  }
  isa::set_token_flags(instruction, flags);
  return instruction;
}

bool is_nothing(const Instruction& instruction) {
  return instruction == nothing(isa::engine_of(instruction), isa::token_flags(instruction));
}

bool has_flags(const Instruction& instruction) {
  const TokenFlags flags = isa::token_flags(instruction);
  return flags.pop_prev || flags.pop_next || flags.push_prev || flags.push_next;
}

/// One direction of tokens between two engines.
struct Direction {
  Engine from, to;
  bool TokenFlags::*push;
  bool TokenFlags::*pop;
};
constexpr std::array<Direction, 4> kDirections{
    {{Engine::kLoad, Engine::kCompute, &TokenFlags::push_next, &TokenFlags::pop_prev},
     {Engine::kCompute, Engine::kLoad, &TokenFlags::push_prev, &TokenFlags::pop_next},
     {Engine::kCompute, Engine::kStore, &TokenFlags::push_next, &TokenFlags::pop_prev},
     {Engine::kStore, Engine::kCompute, &TokenFlags::push_prev, &TokenFlags::pop_next}}};

class Shrinker {
 public:
  Shrinker(Simulator& a, Simulator& b, const CompareOptions& options, int most_runs)
      : a_(a), b_(b), options_(options), most_runs_(most_runs) {}

  Shrunk run(isa::Program program) {
    program.marks.clear();
    best_.program = program;
    for (const isa::EncodedInstruction& code : program.code)
      instructions_.push_back(isa::decode(program.hardware, code).value());
    const std::optional<Difference> first = differs(program);
    if (first) best_.first = *first;
    bool smaller = first.has_value();
    while (smaller && best_.runs < most_runs_) smaller = empty_instructions() | drop_tokens() | drop_nothing();
    return best_;
  }

 private:
  std::optional<Difference> differs(const isa::Program& program) {
    ++best_.runs;
    const Observation a = observe(a_, program, {}), b = observe(b_, program, {});
    return difference(program, a, b, options_);
  }

  /// Takes these instructions where the simulators still differ on them.
  bool accept(std::vector<Instruction> instructions) {
    if (best_.runs >= most_runs_) return false;
    isa::Program program = best_.program;
    program.code.clear();
    for (const Instruction& instruction : instructions)
      program.code.push_back(isa::encode(program.hardware, instruction));
    if (!isa::check(program).empty()) return false;
    std::optional<Difference> first = differs(program);
    if (!first) return false;
    best_.first = std::move(*first);
    best_.program = std::move(program);
    instructions_ = std::move(instructions);
    return true;
  }

  /// Instructions become ones that only pass tokens: many at a time, then fewer. FINISH stays.
  bool empty_instructions() {
    bool any = false;
    for (size_t step = std::max<size_t>(1, instructions_.size() / 2); step > 0; step /= 2) {
      for (size_t begin = 0; begin + 1 < instructions_.size(); begin += step) {
        std::vector<Instruction> fewer = instructions_;
        bool changed = false;
        for (size_t i = begin; i < std::min(begin + step, fewer.size() - 1); ++i) {
          if (is_nothing(fewer[i])) continue;
          fewer[i] = nothing(isa::engine_of(fewer[i]), isa::token_flags(fewer[i]));
          changed = true;
        }
        if (changed) any |= accept(std::move(fewer));
      }
    }
    return any;
  }

  /// The nth push of a direction and the nth pop go together.
  bool drop_tokens() {
    bool any = false;
    for (const Direction& direction : kDirections) {
      for (int n = 0;;) {
        std::vector<Instruction> fewer = instructions_;
        if (!clear(fewer, direction.from, direction.push, n) || !clear(fewer, direction.to, direction.pop, n)) break;
        if (accept(std::move(fewer))) {
          any = true;
        } else {
          ++n;
        }
        if (best_.runs >= most_runs_) return any;
      }
    }
    return any;
  }
  static bool clear(std::vector<Instruction>& instructions, Engine engine, bool TokenFlags::*flag, int n) {
    for (Instruction& instruction : instructions) {
      TokenFlags flags = isa::token_flags(instruction);
      if (isa::engine_of(instruction) != engine || !(flags.*flag) || n-- != 0) continue;
      flags.*flag = false;
      isa::set_token_flags(instruction, flags);
      return true;
    }
    return false;
  }

  /// What neither does anything nor passes tokens.
  bool drop_nothing() {
    std::vector<Instruction> fewer = instructions_;
    fewer.erase(std::remove_if(fewer.begin(), fewer.end() - 1,
                               [](const Instruction& each) { return is_nothing(each) && !has_flags(each); }),
                fewer.end() - 1);
    if (fewer.size() == instructions_.size()) return false;
    return accept(std::move(fewer));
  }

  Simulator& a_;
  Simulator& b_;
  const CompareOptions options_;
  const int most_runs_;
  std::vector<Instruction> instructions_;
  Shrunk best_;
};

}  // namespace

Shrunk shrink(Simulator& a, Simulator& b, const isa::Program& program, const Buffers& inputs,
              const CompareOptions& options, int most_runs) {
  return Shrinker(a, b, options, most_runs).run(with_inputs(program, inputs));
}

}  // namespace tandem::sim
