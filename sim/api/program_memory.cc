#include "sim/api/program_memory.h"

#include <algorithm>

namespace tandem::sim {

void fill_memory(const isa::Program& program, const Buffers& inputs, uint8_t* dram) {
  for (const isa::Segment& segment : program.segments)
    std::copy(segment.bytes.begin(), segment.bytes.end(), dram + segment.address);
  for (const isa::Binding& binding : program.bindings) {
    const auto input = inputs.find(binding.name);
    if (input != inputs.end()) std::copy(input->second.begin(), input->second.end(), dram + binding.address);
  }
}

void fill_code(const isa::Program& program, uint8_t* dram) {
  Bytes code;
  const isa::Codec codec(program.hardware);
  for (const isa::EncodedInstruction& instruction : program.code) codec.append_bytes(instruction, code);
  std::copy(code.begin(), code.end(), dram + program.code_address);
}

Buffers read_outputs(const isa::Program& program, const uint8_t* dram) {
  Buffers outputs;
  for (const isa::Binding& binding : program.bindings) {
    if (binding.role != isa::Role::kOutput) continue;
    const uint8_t* begin = dram + binding.address;
    outputs[binding.name] = Bytes(begin, begin + binding.size_bytes());
  }
  return outputs;
}

std::vector<uint64_t> mark_cycles(const isa::Program& program, const std::vector<uint64_t>& retire_cycles) {
  std::vector<uint64_t> cycles;
  const auto at = [&](int64_t instruction) { return retire_cycles.begin() + static_cast<std::ptrdiff_t>(instruction); };
  for (size_t i = 0; i < program.marks.size(); ++i) {
    const int64_t end = i + 1 < program.marks.size() ? program.marks[i + 1].first_instruction
                                                     : static_cast<int64_t>(retire_cycles.size());
    const int64_t begin = program.marks[i].first_instruction;
    cycles.push_back(begin < end ? *std::max_element(at(begin), at(end)) : 0);
  }
  return cycles;
}

}  // namespace tandem::sim
