#include "sim/timing/program_steps.h"

#include <algorithm>
#include <variant>

#include "isa/access.h"

namespace tandem::sim::timing {
namespace {

size_t index_of(isa::Memory memory) { return static_cast<size_t>(memory); }

}  // namespace

ProgramSteps::ProgramSteps(const isa::Program& program, std::optional<DramView> dram, Observer* observer)
    : program_(program),
      machine_(program.hardware),
      codec_(program.hardware),
      dram_(dram),
      data_(dram ? std::make_unique<Machine>(program.hardware, *dram) : nullptr),
      observer_(observer),
      steps_(program.code.size()),
      instructions_(program.code.size()),
      uops_(static_cast<size_t>(program.hardware.depth(isa::Memory::kUop))),
      retire_cycles_(program.code.size()) {
  work_.bytes.resize(isa::memory_infos().size());
}

void ProgramSteps::decode() {
  const uint32_t i = decoded_++;
  Result<isa::Instruction> decoded = codec_.decode(program_.code[i]);
  if (!decoded.ok()) {
    faults_.emplace_back(i, InstructionFault{ErrorCode::kEncoding, decoded.error().what});
    steps_[i].faulty = true;
    instructions_[i] = isa::Finish{};
    return;
  }
  instructions_[i] = std::move(*decoded);
  steps_[i] = step_of(program_.hardware, machine_, instructions_[i]);
  std::optional<InstructionFault> fault = check_before_run(program_.hardware, instructions_[i], i + 1 == count());
  if (!fault) return;
  steps_[i].faulty = true;
  if (fault->code == ErrorCode::kEncoding) steps_[i].engine = isa::Engine::kCompute;  // where illegal ones go
  faults_.emplace_back(i, std::move(*fault));
}

bool ProgramSteps::started(Cycle cycle, uint32_t instruction) {
  const isa::Instruction& what = instructions_[instruction];
  std::optional<InstructionFault> fault;
  if (data_ != nullptr) {
    fault = data_->execute(what);
  } else {
    fault = check_dram(program_.hardware, isa::memory_bytes(program_), what);
    if (!fault) fault = check_indices(program_.hardware, what, uops_.data());
  }
  if (fault) {
    faults_.emplace_back(instruction, std::move(*fault));
    return false;
  }
  if (steps_[instruction].uops) load_uops(std::get<isa::Load>(what));
  count(what);
  if (observer_ != nullptr) observer_->started(cycle, instruction);
  return true;
}

void ProgramSteps::retired(Cycle cycle, uint32_t instruction) {
  retire_cycles_[instruction] = cycle;
  if (observer_ != nullptr) observer_->retired(cycle, instruction, dram_ ? dram_->bytes : nullptr);
}

std::optional<InstructionFault> ProgramSteps::fault(uint32_t instruction) const {
  const auto found =
      std::find_if(faults_.begin(), faults_.end(), [&](const auto& each) { return each.first == instruction; });
  return found == faults_.end() ? std::nullopt : std::optional(found->second);
}

const uint8_t* ProgramSteps::segment_bytes(uint64_t address, uint64_t size) const {
  if (dram_) return dram_->bytes + address;
  for (const isa::Segment& segment : program_.segments) {
    if (address >= segment.address && address - segment.address + size <= segment.bytes.size())
      return segment.bytes.data() + (address - segment.address);
  }
  return nullptr;
}

void ProgramSteps::load_uops(const isa::Load& load) {
  if (load.x_size == 0 || load.y_size == 0) return;
  const auto element = static_cast<uint64_t>(codec_.uop_bytes());
  const uint64_t width = uint64_t{load.x_pad_0} + load.x_size + load.x_pad_1;
  isa::Uop* row = uops_.data() + load.sram_base;
  std::fill_n(row, width * (uint64_t{load.y_pad_0} + load.y_size + load.y_pad_1), isa::Uop{});
  row += load.y_pad_0 * width + load.x_pad_0;
  for (uint64_t y = 0; y < load.y_size; ++y, row += width) {
    const uint8_t* bytes = segment_bytes((load.dram_base + y * load.x_stride) * element, load.x_size * element);
    if (bytes == nullptr) continue;  // nothing there but zeros
    for (uint32_t x = 0; x < load.x_size; ++x) row[x] = codec_.uop_from_bytes(bytes + x * element);
  }
}

void ProgramSteps::count(const isa::Instruction& instruction) {
  if (const auto* load = std::get_if<isa::Load>(&instruction)) {
    work_.bytes[index_of(load->mem_type)] +=
        uint64_t{load->y_size} * load->x_size * static_cast<uint64_t>(program_.hardware.element_bytes(load->mem_type));
  } else if (const auto* store = std::get_if<isa::Store>(&instruction)) {
    work_.bytes[index_of(store->mem_type)] += uint64_t{store->y_size} * store->x_size *
                                              static_cast<uint64_t>(program_.hardware.element_bytes(store->mem_type));
  } else if (const auto* gemm = std::get_if<isa::Gemm>(&instruction)) {
    if (!gemm->reset && !isa::loops_of(*gemm).empty()) work_.gemm_steps += isa::loops_of(*gemm).steps();
  } else if (const auto* mac = std::get_if<isa::Mac>(&instruction)) {
    if (!isa::loops_of(*mac).empty())
      (mac->depthwise ? work_.depthwise_steps : work_.gemm_steps) += isa::loops_of(*mac).steps();
  } else if (const auto* alu = std::get_if<isa::Alu>(&instruction)) {
    if (!isa::loops_of(*alu).empty()) work_.alu_steps += isa::loops_of(*alu).steps();
  } else if (const auto* extended = std::get_if<isa::AluExtended>(&instruction)) {
    if (!isa::loops_of(*extended).empty()) work_.alu_steps += isa::loops_of(*extended).steps();
  } else if (const auto* requantize = std::get_if<isa::Requantize>(&instruction)) {
    work_.requantized += uint64_t{requantize->iter_out} * requantize->iter_in;
  }
}

uint64_t ProgramSteps::macs() const {
  return work_.gemm_steps * static_cast<uint64_t>(program_.hardware.macs_per_uop()) +
         work_.depthwise_steps * static_cast<uint64_t>(program_.hardware.macs_per_depthwise_step());
}

}  // namespace tandem::sim::timing
