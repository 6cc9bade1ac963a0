#include "sim/api/admission.h"

#include <fmt/format.h>

#include <algorithm>

#include "isa/access.h"

namespace tandem::sim {
namespace {

std::string describe(const isa::HwConfig& hardware) {
  return fmt::format("'{}' ({}x{}x{}, hash {:016x})", hardware.name, hardware.batch, hardware.block_in,
                     hardware.block_out, isa::hash(hardware));
}

/// Whether `size` bytes at `address` lie in the program's DRAM.
Result<void> place(const isa::Program& program, const std::string& what, uint64_t address, uint64_t size) {
  if (address <= program.dram_bytes && size <= program.dram_bytes - address) return {};
  return Diagnostic{{program.name},
                    fmt::format("{} at {:#x} with {} bytes does not fit the program's {:#x} bytes of DRAM", what,
                                address, size, program.dram_bytes),
                    {},
                    ""};
}

/// Fetch reads whole words of the bus, the code's first one from its beginning.
Result<void> place_code(const isa::Program& program) {
  const uint64_t address = program.code_address;
  if (address % isa::kWidestBusBytes != 0) {
    const uint64_t next = (address / isa::kWidestBusBytes + 1) * isa::kWidestBusBytes;
    return Diagnostic{
        {program.name},
        fmt::format("the instructions lie at {:#x}, which is not a multiple of {}", address, isa::kWidestBusBytes),
        {},
        fmt::format("the next such address is {:#x}", next)};
  }
  const auto instruction_bytes = static_cast<uint64_t>(isa::Codec(program.hardware).instruction_bytes());
  return place(program, "the code", address, program.code.size() * instruction_bytes);
}

}  // namespace

Result<void> admit(const isa::Program& program, const isa::HwConfig& hardware, const Buffers& inputs) {
  if (!(program.hardware == hardware)) {
    return Diagnostic{{program.name},
                      fmt::format("the program was made for the hardware {}, not for {}", describe(program.hardware),
                                  describe(hardware)),
                      {},
                      "compile it for this hardware, or run it on its own"};
  }
  for (const isa::Segment& segment : program.segments) {
    TANDEM_TRY(place(program, fmt::format("segment '{}'", segment.name), segment.address, segment.bytes.size()));
  }
  std::vector<std::string> names;
  for (const isa::Binding& binding : program.bindings) {
    TANDEM_TRY(place(program, fmt::format("tensor '{}'", binding.name), binding.address,
                     static_cast<uint64_t>(binding.size_bytes())));
    if (binding.role == isa::Role::kInput) names.push_back(binding.name);
  }
  TANDEM_TRY(place_code(program));
  for (const auto& [name, bytes] : inputs) {
    if (std::find(names.begin(), names.end(), name) == names.end())
      return unknown_name({program.name}, "input", name, names);
    const auto binding = std::find_if(program.bindings.begin(), program.bindings.end(),
                                      [&, &input = name](const isa::Binding& each) { return each.name == input; });
    if (static_cast<int64_t>(bytes.size()) != binding->size_bytes()) {
      return Diagnostic{{program.name},
                        fmt::format("input '{}' has {} bytes; {} {} needs {}", name, bytes.size(),
                                    tandem::name(binding->type), to_string(binding->shape), binding->size_bytes()),
                        {},
                        ""};
    }
  }
  return {};
}

}  // namespace tandem::sim
