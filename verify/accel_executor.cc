// Emissions of the accelerator as programs: what codegen makes of kernels has tests of its own, here one instruction
// stands alone.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "isa/program.h"
#include "isa/token_insertion.h"
#include "support/check.h"
#include "verify/verify.h"

namespace tandem::verify {
namespace {

using isa::Memory;
using tensorize::AccelEmission;
using tensorize::AccelOperand;

constexpr Memory kData[] = {Memory::kInp, Memory::kWgt, Memory::kAcc, Memory::kPrm};

/// Builds the program of some cases, whose operands lie one after the other in the scratchpads.
class ProgramOfCases {
 public:
  ProgramOfCases(const tensorize::IntrinsicDeclaration& declaration, const isa::HwConfig& hardware)
      : declaration_(declaration),
        emission_(std::get<AccelEmission>(declaration.emission)),
        hardware_(hardware),
        codec_(hardware) {
    // A field of an operand that another has too (dst and src of an operation in place) is the same operand.
    for (const AccelOperand& operand : emission_.operands) {
      const auto same = std::find_if(operands_.begin(), operands_.end(),
                                     [&](const AccelOperand& other) { return other.param == operand.param; });
      if (same == operands_.end()) operands_.push_back(operand);
    }
  }

  /// How many cases a program may have.
  size_t most() const {
    int64_t most = std::min<int64_t>(64, hardware_.depth(Memory::kUop) - 1);
    std::map<Memory, int64_t> bytes;
    for (const AccelOperand& operand : operands_) bytes[operand.memory] += room(operand);
    for (const auto& [memory, values] : bytes) most = std::min(most, hardware_.depth(memory) * lanes(memory) / values);
    return static_cast<size_t>(std::max<int64_t>(1, most));
  }

  isa::Program build(const std::vector<Case>& cases) {
    for (const Case& values : cases) place(values);
    program_.name = declaration_.name;
    program_.hardware = hardware_;
    const isa::Uop zero{};
    uops_.push_back(zero);  // of what reads the results
    load_all();
    for (size_t first = 0; first < cases.size();) {
      size_t end = first + 1;
      while (end < cases.size() && cases[end].scalars == cases[first].scalars) ++end;
      add_steps(cases[first].scalars, first, end);
      first = end;
    }
    store_all(zero);
    return finish();
  }

  /// What the run left, by case.
  std::vector<Values> results(const std::vector<Case>& cases, const Bytes& out) const {
    std::vector<Values> all;
    const Memory stored = emission_.find("dst")->memory;
    for (size_t i = 0; i < cases.size(); ++i) {
      all.push_back(cases[i].operands);
      for (const AccelOperand& operand : operands_) {
        if (operand.memory != stored) continue;
        for (int64_t v = 0; v < operand.lanes; ++v)
          all.back()[operand.param][static_cast<size_t>(v)] =
              value_at(out, places_[i].at(operand.param) * operand.lanes + v);
      }
    }
    return all;
  }

 private:
  int64_t lanes(Memory memory) const {
    return hardware_.element_bytes(memory) / (memory == Memory::kAcc || memory == Memory::kPrm ? 4 : 1);
  }
  /// Values that an operand takes, with what aligns the next one.
  int64_t room(const AccelOperand& operand) const {
    const int64_t values = operand.lanes * operand.count, multiple = declaration_.alignment[operand.param];
    return (values + multiple - 1) / multiple * multiple;
  }

  void place(const Case& values) {
    places_.emplace_back();
    for (const AccelOperand& operand : operands_) {
      std::vector<int64_t>& image = images_[operand.memory];
      places_.back()[operand.param] = static_cast<int64_t>(image.size()) / operand.lanes;
      const size_t end = image.size() + static_cast<size_t>(room(operand));
      const std::vector<int64_t>& contents = values.operands[operand.param];
      image.insert(image.end(), contents.begin(), contents.end());
      image.resize(end, 0);
    }
  }

  uint64_t reserve(uint64_t bytes) {
    const uint64_t address = end_;
    end_ = (end_ + bytes + 255) / 256 * 256;
    return address;
  }

  void append(const isa::Instruction& instruction, std::vector<isa::Uop> uops = {}) {
    instructions_.push_back(instruction);
    uops_of_.push_back(std::move(uops));
  }

  void load(Memory memory, uint64_t address, int64_t elements) {
    isa::Load load;
    load.mem_type = memory;
    load.dram_base = static_cast<uint32_t>(address / static_cast<uint64_t>(hardware_.element_bytes(memory)));
    load.y_size = 1;
    load.x_size = load.x_stride = static_cast<uint32_t>(elements);
    append(load);
  }

  void load_all() {
    for (const Memory memory : kData) {
      const auto image = images_.find(memory);
      if (image == images_.end()) continue;
      const int64_t bytes_of_value = memory == Memory::kAcc || memory == Memory::kPrm ? 4 : 1;
      while (static_cast<int64_t>(image->second.size()) % lanes(memory) != 0) image->second.push_back(0);
      isa::Segment segment{isa::info(memory).name, 0, {}, false};
      segment.bytes.resize(image->second.size() * static_cast<size_t>(bytes_of_value));
      for (size_t i = 0; i < image->second.size(); ++i) {
        std::memcpy(segment.bytes.data() + i * static_cast<size_t>(bytes_of_value), &image->second[i],
                    static_cast<size_t>(bytes_of_value));
      }
      segment.address = reserve(segment.bytes.size());
      load(memory, segment.address, static_cast<int64_t>(image->second.size()) / lanes(memory));
      program_.segments.push_back(std::move(segment));
    }
    load_uops_at_ = instructions_.size();
  }

  /// The instruction, or instructions, of cases [first, end), which have these scalars.
  void add_steps(const std::vector<int64_t>& scalars, size_t first, size_t end) {
    for (const auto& [state, scalar] : emission_.states)
      append(isa::Config{false, false, false, false, state, static_cast<int32_t>(scalars[scalar])});
    const isa::InstructionInfo& table = isa::info(emission_.prototype);
    isa::FieldValues values = isa::field_values(emission_.prototype);
    const auto set = [&](const std::string& field, int64_t value) {
      for (size_t i = 0; i < table.fields.size(); ++i) {
        if (field == table.fields[i].name) values[i] = value;
      }
    };
    if (emission_.imm >= 0) set("imm", scalars[static_cast<size_t>(emission_.imm)]);
    set("iter_out", 1);
    set("iter_in", 1);
    const auto opcode = static_cast<isa::Opcode>(table.opcode);
    const bool has_uops = std::any_of(table.fields.begin(), table.fields.end(),
                                      [](const isa::FieldInfo& field) { return std::string(field.name) == "uop_bgn"; });
    if (has_uops) set("uop_bgn", static_cast<int64_t>(uops_.size()));
    std::vector<isa::Uop> uops;
    for (size_t i = first; i < end; ++i) {
      isa::Uop uop;
      for (const AccelOperand& operand : emission_.operands) {
        const int64_t place = places_[i].at(operand.param);
        set(operand.field, place);
        if (operand.field == "dst") uop.dst = static_cast<uint32_t>(place);
        if (operand.field == "src") uop.src = static_cast<uint32_t>(place);
        if (operand.field == "wgt") uop.wgt = static_cast<uint32_t>(place);
      }
      uops.push_back(uop);
      if (!has_uops) append(isa::make_instruction(opcode, values));
    }
    if (!has_uops) return;
    uops_.insert(uops_.end(), uops.begin(), uops.end());
    set("uop_end", static_cast<int64_t>(uops_.size()));
    append(isa::make_instruction(opcode, values), uops);
  }

  /// `out` as it is, or the four bytes of all accumulators, the lowest first.
  void store_all(const isa::Uop& zero) {
    const AccelOperand& dst = *emission_.find("dst");
    const bool is_acc = dst.memory == Memory::kAcc;
    elements_ = static_cast<int64_t>(images_.at(dst.memory).size()) / lanes(dst.memory);
    const int64_t bytes = elements_ * hardware_.element_bytes(Memory::kOut);
    const uint64_t address = reserve(static_cast<uint64_t>(bytes * (is_acc ? 4 : 1)));
    program_.bindings.push_back({"out", isa::Role::kOutput, DType::kI8, {bytes * (is_acc ? 4 : 1)}, "", address, {}});
    for (int64_t byte = 0; byte < (is_acc ? 4 : 1); ++byte) {
      if (is_acc) {  // also brings to `out` what MAC has not
        isa::Alu shift;
        shift.opcode = isa::AluOp::kShr;
        shift.use_imm = true;
        shift.imm = byte > 0 ? 8 : 0;
        shift.uop_end = shift.iter_out = shift.dst_in = 1;
        shift.iter_in = static_cast<uint32_t>(elements_);
        append(shift, {zero});
      }
      isa::Store store;
      store.mem_type = Memory::kOut;
      store.dram_base = static_cast<uint32_t>((address + static_cast<uint64_t>(byte * bytes)) /
                                              static_cast<uint64_t>(hardware_.element_bytes(Memory::kOut)));
      store.y_size = 1;
      store.x_size = store.x_stride = static_cast<uint32_t>(elements_);
      append(store);
    }
  }

  isa::Program finish() {
    isa::Segment segment{"uops", 0, {}, true};
    for (const isa::Uop& uop : uops_) codec_.append_uop_bytes(uop, segment.bytes);
    segment.address = reserve(segment.bytes.size());
    isa::Load load;
    load.mem_type = Memory::kUop;
    load.dram_base = static_cast<uint32_t>(segment.address / static_cast<uint64_t>(codec_.uop_bytes()));
    load.y_size = 1;
    load.x_size = load.x_stride = static_cast<uint32_t>(uops_.size());
    const auto at = static_cast<std::ptrdiff_t>(load_uops_at_);
    instructions_.insert(instructions_.begin() + at, load);
    uops_of_.insert(uops_of_.begin() + at, std::vector<isa::Uop>());
    program_.segments.push_back(std::move(segment));
    Rng rng(1);
    std::vector<isa::Instruction> code =
        isa::insert_tokens(hardware_, end_, instructions_, uops_of_, rng, /*eager=*/true);
    code.emplace_back(isa::Finish{});
    for (const isa::Instruction& instruction : code) program_.code.push_back(codec_.encode(instruction));
    program_.code_address = reserve(code.size() * static_cast<size_t>(codec_.instruction_bytes()));
    program_.dram_bytes = end_;
    return std::move(program_);
  }

  int64_t value_at(const Bytes& out, int64_t position) const {
    if (emission_.find("dst")->memory != Memory::kAcc) return static_cast<int8_t>(out[static_cast<size_t>(position)]);
    const size_t plane = out.size() / 4;
    uint32_t value = 0;
    for (size_t byte = 0; byte < 4; ++byte)
      value |= uint32_t{out[byte * plane + static_cast<size_t>(position)]} << (8 * byte);
    return static_cast<int32_t>(value);
  }

  const tensorize::IntrinsicDeclaration& declaration_;
  const AccelEmission& emission_;
  const isa::HwConfig& hardware_;
  isa::Codec codec_;
  std::vector<AccelOperand> operands_;
  std::map<Memory, std::vector<int64_t>> images_;  // values from element 0 on
  std::vector<std::map<size_t, int64_t>> places_;  // by case and parameter, in what the field counts
  isa::Program program_;
  uint64_t end_ = 0;
  std::vector<isa::Uop> uops_;
  std::vector<isa::Instruction> instructions_;
  std::vector<std::vector<isa::Uop>> uops_of_;
  size_t load_uops_at_ = 0;
  int64_t elements_ = 0;
};

class AccelExecutor : public Executor {
 public:
  AccelExecutor(sim::Simulator& simulator, const isa::HwConfig& hardware)
      : simulator_(simulator), hardware_(hardware) {}

  std::string name() const override { return simulator_.name(); }

  Result<std::vector<Values>> run(const tensorize::IntrinsicDeclaration& declaration,
                                  const std::vector<Case>& cases) override {
    std::vector<Values> results;
    const size_t most = ProgramOfCases(declaration, hardware_).most();
    for (size_t first = 0; first < cases.size(); first += most) {
      const size_t end = std::min(cases.size(), first + most);
      const std::vector<Case> part(cases.begin() + static_cast<std::ptrdiff_t>(first),
                                   cases.begin() + static_cast<std::ptrdiff_t>(end));
      ProgramOfCases builder(declaration, hardware_);
      TANDEM_ASSIGN(const sim::RunResult run, simulator_.run(builder.build(part), {}));
      const std::vector<Values> values = builder.results(part, run.outputs.at("out"));
      results.insert(results.end(), values.begin(), values.end());
    }
    return results;
  }

 private:
  sim::Simulator& simulator_;
  isa::HwConfig hardware_;
};

}  // namespace

std::unique_ptr<Executor> make_accel_executor(sim::Simulator& simulator, const isa::HwConfig& hardware) {
  return std::make_unique<AccelExecutor>(simulator, hardware);
}

}  // namespace tandem::verify
