#include "isa/seeded_fault.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "isa/field_edit.h"

namespace tandem::isa {
namespace {

constexpr int kFaultTries = 100;  // to find a place for a fault of a kind; then another kind is drawn
constexpr int64_t kFarthest = 4;  // instructions of an engine by which a token moves

bool TokenFlags::*const kPops[] = {&TokenFlags::pop_prev, &TokenFlags::pop_next};
bool TokenFlags::*const kPushes[] = {&TokenFlags::push_prev, &TokenFlags::push_next};

class Seeder {
 public:
  Seeder(const Program& program, Rng& rng) : program_(program), codec_(program.hardware), rng_(rng) {
    for (size_t i = 0; i < program_.code.size(); ++i) {
      instructions_.push_back(codec_.decode(program_.code[i]).value());
      own_[static_cast<size_t>(engine_of(instructions_.back()))].push_back(i);
    }
  }

  SeededFault run() {
    using Make = void (Seeder::*)();
    static const std::vector<Make> kKinds = {&Seeder::lose_token,   &Seeder::lose_dependence, &Seeder::push_early,
                                             &Seeder::pop_late,     &Seeder::turn_token,      &Seeder::swap_tokens,
                                             &Seeder::swap,         &Seeder::miscount,        &Seeder::miscount,
                                             &Seeder::miscount_uop, &Seeder::mistake_range,   &Seeder::mistake_memory};
    while (kind_.empty()) {
      const Make make = rng_.pick(kKinds);
      for (int tries = 0; tries < kFaultTries && kind_.empty(); ++tries) (this->*make)();
    }
    return {std::move(program_), std::move(kind_), std::move(what_)};
  }

 private:
  size_t any() { return static_cast<size_t>(rng_.uniform(0, static_cast<int64_t>(instructions_.size()) - 1)); }

  /// Gives the instruction another form, if that has an encoding.
  bool replace(size_t index, const Instruction& instruction) {
    if (!codec_.first_misfit(instruction).empty()) return false;
    const EncodedInstruction encoded = codec_.encode(instruction);
    program_.code[index] = encoded;
    return true;
  }
  void done(const char* kind, std::string what) {
    kind_ = kind;
    what_ = std::move(what);
  }
  void set_flags(size_t index, const TokenFlags& flags) {
    set_token_flags(instructions_[index], flags);
    replace(index, instructions_[index]);
  }

  static const char* flag_name(bool TokenFlags::*flag) {
    return flag == &TokenFlags::pop_prev    ? "pop_prev"
           : flag == &TokenFlags::pop_next  ? "pop_next"
           : flag == &TokenFlags::push_prev ? "push_prev"
                                            : "push_next";
  }
  bool TokenFlags::*any_flag() { return (rng_.chance(0.5) ? kPops : kPushes)[rng_.uniform(0, 1)]; }

  void lose_token() {
    const size_t index = any();
    bool TokenFlags::*flag = any_flag();
    TokenFlags flags = token_flags(instructions_[index]);
    if (!(flags.*flag)) return;
    flags.*flag = false;
    set_flags(index, flags);
    done("lost token", fmt::format("instruction {}: {} is gone", index, flag_name(flag)));
  }

  /// The n-th instruction that pushes from an engine to a neighbour, and the n-th that pops there, belong together.
  void lose_dependence() {
    const size_t index = any();
    const auto side = rng_.uniform(0, 1);
    TokenFlags flags = token_flags(instructions_[index]);
    if (!(flags.*kPops[side])) return;
    const auto engine = static_cast<size_t>(engine_of(instructions_[index]));
    const size_t other = side == 0 ? engine - 1 : engine + 1;
    bool TokenFlags::*push = kPushes[1 - side];
    int64_t number = 0;
    for (const size_t each : own_[engine]) {
      if (each < index && token_flags(instructions_[each]).*kPops[side]) ++number;
    }
    for (const size_t each : own_[other]) {
      TokenFlags source = token_flags(instructions_[each]);
      if (!(source.*push) || number-- > 0) continue;
      source.*push = false;
      flags.*kPops[side] = false;
      set_flags(each, source);
      set_flags(index, flags);
      return done("lost dependence", fmt::format("instruction {} does not wait for instruction {}", index, each));
    }
  }

  void push_early() { move_token(kPushes, -1, "early token"); }
  void pop_late() { move_token(kPops, 1, "late token"); }
  void move_token(bool TokenFlags::*const (&kinds)[2], int64_t direction, const char* kind) {
    const size_t index = any();
    const std::vector<size_t>& own = own_[static_cast<size_t>(engine_of(instructions_[index]))];
    bool TokenFlags::*flag = kinds[rng_.uniform(0, 1)];
    const int64_t at = std::lower_bound(own.begin(), own.end(), index) - own.begin();
    const int64_t to = at + direction * rng_.uniform(1, kFarthest);
    TokenFlags from = token_flags(instructions_[index]);
    if (!(from.*flag) || to < 0 || to >= static_cast<int64_t>(own.size())) return;
    const size_t target = own[static_cast<size_t>(to)];
    TokenFlags flags = token_flags(instructions_[target]);
    if (flags.*flag) return;
    flags.*flag = true;
    from.*flag = false;
    set_flags(index, from);
    set_flags(target, flags);
    done(kind, fmt::format("{} of instruction {} is at instruction {}", flag_name(flag), index, target));
  }

  void turn_token() {
    const size_t index = any();
    TokenFlags flags = token_flags(instructions_[index]);
    const auto& kinds = rng_.chance(0.5) ? kPops : kPushes;
    if (flags.*kinds[0] == flags.*kinds[1]) return;
    std::swap(flags.*kinds[0], flags.*kinds[1]);
    set_flags(index, flags);
    done("wrong neighbour", fmt::format("instruction {}: {} for {}", index, flag_name(kinds[flags.*kinds[0] ? 0 : 1]),
                                        flag_name(kinds[flags.*kinds[0] ? 1 : 0])));
  }

  void swap_tokens() {
    const std::vector<size_t>& own = own_[static_cast<size_t>(rng_.uniform(0, 2))];
    if (own.size() < 2) return;
    const auto at = static_cast<size_t>(rng_.uniform(0, static_cast<int64_t>(own.size()) - 2));
    const TokenFlags first = token_flags(instructions_[own[at]]), second = token_flags(instructions_[own[at + 1]]);
    set_flags(own[at], second);
    set_flags(own[at + 1], first);
    done("swapped tokens", fmt::format("instructions {} and {} have each other's", own[at], own[at + 1]));
  }

  void swap() {
    const size_t index = any();
    if (index + 2 >= program_.code.size()) return;  // FINISH stays
    std::swap(program_.code[index], program_.code[index + 1]);
    done("swapped", fmt::format("instructions {} and {}", index, index + 1));
  }

  void miscount() {
    static const std::vector<std::string> kNames = {
        "sram_base", "dram_base", "y_size",  "x_size",   "x_stride", "y_pad_0", "y_pad_1", "x_pad_0",
        "x_pad_1",   "uop_bgn",   "uop_end", "iter_out", "iter_in",  "dst_out", "dst_in",  "src_out",
        "src_in",    "wgt_out",   "wgt_in",  "dst",      "src",      "prm",     "prm_out"};
    const size_t index = any();
    Instruction instruction = instructions_[index];
    const std::string& name = rng_.pick(kNames);
    const std::optional<int64_t> old = field(instruction, name);
    if (!old) return;
    const int64_t value = *old + (rng_.chance(0.5) ? 1 : -1);
    if (value < 0 || !set_field(instruction, name, value) || !replace(index, instruction)) return;
    done("off by one", fmt::format("instruction {}: {} is {}, not {}", index, name, value, *old));
  }

  void miscount_uop() {
    std::vector<Segment*> lists;
    for (Segment& segment : program_.segments) {
      if (segment.holds_uops && !segment.bytes.empty()) lists.push_back(&segment);
    }
    if (lists.empty()) return;
    Segment& list = *rng_.pick(lists);
    const int64_t size = codec_.uop_bytes();
    const int64_t number = rng_.uniform(0, static_cast<int64_t>(list.bytes.size()) / size - 1);
    const auto place = list.bytes.begin() + number * size;
    Uop uop = codec_.uop_from_bytes(&*place);
    uint32_t Uop::*const fields[] = {&Uop::dst, &Uop::src, &Uop::wgt};
    uint32_t& value = uop.*fields[rng_.uniform(0, 2)];
    value += rng_.chance(0.5) || value == 0 ? 1 : -1;
    if (!codec_.first_misfit(uop).empty()) return;
    Bytes bytes;
    codec_.append_uop_bytes(uop, bytes);
    std::copy(bytes.begin(), bytes.end(), place);
    done("off by one", fmt::format("a field of micro-op {} of segment '{}'", number, list.name));
  }

  void mistake_range() {
    const size_t index = any(), other = any();
    Instruction instruction = instructions_[index];
    if (opcode_of(instruction) != opcode_of(instructions_[other])) return;
    const std::vector<std::string> names = rng_.pick(
        std::vector<std::vector<std::string>>{{"sram_base"}, {"dram_base"}, {"uop_bgn", "uop_end"}, {"dst"}, {"src"}});
    bool differs = false;
    for (const std::string& name : names) {
      const std::optional<int64_t> old = field(instruction, name), value = field(instructions_[other], name);
      if (!old) return;
      differs = differs || *old != *value;
      set_field(instruction, name, *value);
    }
    if (!differs || !replace(index, instruction)) return;
    done("wrong range", fmt::format("instruction {}: {} of instruction {}", index, names[0], other));
  }

  void mistake_memory() {
    const size_t index = any();
    auto* load = std::get_if<Load>(&instructions_[index]);
    if (load == nullptr) return;
    Load wrong = *load;
    wrong.mem_type = rng_.pick(
        std::vector<Memory>{Memory::kInp, Memory::kWgt, Memory::kAcc, Memory::kAcc8, Memory::kPrm, Memory::kUop});
    if (wrong.mem_type == load->mem_type || !replace(index, wrong)) return;
    done("wrong memory",
         fmt::format("instruction {}: {} for {}", index, info(wrong.mem_type).name, info(load->mem_type).name));
  }

  Program program_;
  Codec codec_;
  Rng& rng_;
  std::vector<Instruction> instructions_;
  std::array<std::vector<size_t>, 3> own_;  // by engine
  std::string kind_, what_;
};

}  // namespace

SeededFault seed_fault(const Program& program, Rng& rng) { return Seeder(program, rng).run(); }

}  // namespace tandem::isa
