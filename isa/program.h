// What travels from the compiler to every simulator: encoded instructions, what DRAM holds before the start, tensors
// and marks.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "isa/hw_config.h"
#include "isa/instruction.h"  // generated from isa.yaml: Instruction, EncodedInstruction, Uop, encode, decode
#include "support/file.h"
#include "support/tensor.h"

namespace tandem::isa {

/// Bytes that DRAM holds before the program starts (weights, micro-ops, ...). Ranges of segments never overlap.
struct Segment {
  std::string name;
  uint64_t address = 0;  // bytes
  Bytes bytes;
  bool holds_uops = false;  // the assembler prints these as micro-ops

  bool operator==(const Segment& other) const {
    return name == other.name && address == other.address && bytes == other.bytes && holds_uops == other.holds_uops;
  }
};

enum class Role { kInput, kOutput, kScratch };

/// A tensor in DRAM. `shape` is the shape in DRAM, i.e. already packed, e.g. [N/b, C/blk, H, W, b, blk]; `layout` names
/// its axes, e.g. "NCHW1n16c". Simulators copy bytes and look at neither.
struct Binding {
  std::string name;
  Role role = Role::kInput;
  DType type = DType::kI8;
  Shape shape;
  std::string layout;
  uint64_t address = 0;  // bytes
  Bytes expected;        // what an output must be, where it is known (manifests); else empty
  int64_t size_bytes() const { return element_count(shape) * tandem::size_bytes(type); }

  bool operator==(const Binding& other) const {
    return name == other.name && role == other.role && type == other.type && shape == other.shape &&
           layout == other.layout && address == other.address && expected == other.expected;
  }
};

/// The instructions from `first_instruction` to the next mark belong to this layer.
struct LayerMark {
  std::string name;
  int64_t first_instruction = 0;
  int64_t macs = 0;             // real multiply-accumulates, without padding
  int64_t roofline_cycles = 0;  // lower bound (docs/design.md, Roofline); 0: not known

  bool operator==(const LayerMark& other) const {
    return name == other.name && first_instruction == other.first_instruction && macs == other.macs &&
           roofline_cycles == other.roofline_cycles;
  }
};

struct Program {
  std::string name;
  HwConfig hardware;  // made for this configuration; simulators refuse another
  std::vector<EncodedInstruction> code;
  uint64_t code_address = 0;  // where fetch reads the instructions
  uint64_t dram_bytes = 0;    // extent of DRAM that the program may touch, from address 0
  std::vector<Segment> segments;
  std::vector<Binding> bindings;
  std::vector<LayerMark> marks;

  bool operator==(const Program& other) const {
    return name == other.name && hardware == other.hardware && hardware.name == other.hardware.name &&
           code == other.code && code_address == other.code_address && dram_bytes == other.dram_bytes &&
           segments == other.segments && bindings == other.bindings && marks == other.marks;
  }
};

/// One self-contained file (versioned, checksummed). load_program refuses truncated and foreign files.
Result<void> save_program(const std::string& path, const Program& program);
Result<Program> load_program(const std::string& path);

/// A VTA loader script (`../shared/vta/ISA.md`, Programs): load, insn, dump. Dumps become output bindings with
/// `expected`.
Result<Program> load_manifest(const std::string& path, const HwConfig& hardware);

/// Assembly text that parses back to an equal program; `assemble` reports file:line:col.
std::string disassemble(const Program& program);
Result<Program> assemble(const std::string& text, const std::string& file);

/// A rule that a program breaks: the instruction's index and what is wrong with it.
struct Fault {
  int64_t instruction = -1;
  std::string what;
};

struct CheckOptions {
  /// Reading a scratchpad element that nothing has written is a fault. Scratchpads are zero at reset, and some
  /// published VTA programs rely on it; programs that the compiler makes do not.
  bool unwritten_reads = false;
  /// A LOAD of what lies in no single segment or tensor, or of bytes of an output or scratch tensor that nothing has
  /// stored, and a STORE to what lies in no single output or scratch tensor, are faults. VTA's programs name no
  /// tensors.
  bool whole_tensors = false;
};
/// What holds for the programs that the compiler makes.
constexpr CheckOptions kCompiledProgram{true, true};

/// The static checker: encodings, unused bits, bounds of scratchpads, DRAM and tensors, micro-ops that are run but
/// never loaded, token balance, deadlock under the configuration's finite queues and in-order fetch, races between
/// engines on scratchpads and DRAM, across layers. Written apart from the compiler, and sound: whatever it accepts has
/// one result, on every simulator and in every order that the engines may take. Not complete: micro-ops that an input
/// or a store changes are refused, and waiting for a full command queue orders nothing. Faults come in the order of
/// instructions; -1 is the program as a whole. Time: n log n in the instructions, the rows that are moved and the
/// micro-ops of each macro-instruction that differs from those before; independent of loop trips.
std::vector<Fault> check(const Program& program, const CheckOptions& options = {});

}  // namespace tandem::isa
