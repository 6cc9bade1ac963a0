// Programs and single instructions as assembly text that parses back.
#include <fmt/format.h>

#include <algorithm>

#include "isa/assembly.h"
#include "isa/program.h"

namespace tandem::isa {
namespace {

constexpr size_t kBytesPerLine = 32;

std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '\n') {
      result += "\\n";
      continue;
    }
    if (c == '"' || c == '\\') result += '\\';
    result += c;
  }
  return result + "\"";
}

/// Lines `hex ...` of up to 32 bytes, and `zero COUNT` for runs of whole lines of zeros.
void append_data(const Bytes& bytes, std::string& text) {
  size_t at = 0;
  while (at < bytes.size()) {
    const auto begin = bytes.begin() + static_cast<std::ptrdiff_t>(at);
    const auto zeros =
        static_cast<size_t>(std::find_if(begin, bytes.end(), [](uint8_t byte) { return byte != 0; }) - begin);
    if (zeros >= kBytesPerLine) {
      text += fmt::format("  zero {}\n", zeros);
      at += zeros;
      continue;
    }
    const size_t end = std::min(at + kBytesPerLine, bytes.size());
    text += "  hex ";
    for (; at < end; ++at) text += fmt::format("{:02x}", bytes[at]);
    text += "\n";
  }
}

/// Micro-ops where all bytes are micro-ops, else data.
void append_uops(const Codec& codec, const Bytes& bytes, std::string& text) {
  const auto size = static_cast<size_t>(codec.uop_bytes());
  std::string lines;
  Bytes again;
  for (size_t at = 0; at + size <= bytes.size(); at += size) {
    const Uop uop = codec.uop_from_bytes(bytes.data() + at);
    codec.append_uop_bytes(uop, again);
    lines += fmt::format("  uop {}\n", to_text(uop));
  }
  if (again == bytes) {
    text += lines;
  } else {
    append_data(bytes, text);
  }
}

const char* role_name(Role role) {
  switch (role) {
    case Role::kInput:
      return "input";
    case Role::kOutput:
      return "output";
    case Role::kScratch:
      return "scratch";
  }
  return "";
}

void append_code(const Program& program, const Codec& codec, std::string& text) {
  size_t mark = 0;
  const auto append_marks = [&](size_t index, bool last) {
    for (; mark < program.marks.size(); ++mark) {
      const LayerMark& next = program.marks[mark];
      if (!last && next.first_instruction > static_cast<int64_t>(index)) return;
      text += fmt::format("mark {} macs={} roofline={}", quoted(next.name), next.macs, next.roofline_cycles);
      if (next.first_instruction != static_cast<int64_t>(index))
        text += fmt::format(" first={}", next.first_instruction);
      text += "\n";
    }
  };
  for (size_t i = 0; i < program.code.size(); ++i) {
    append_marks(i, false);
    const Result<Instruction> instruction = codec.decode(program.code[i]);
    if (instruction.ok()) {
      text += fmt::format("  {}\n", to_text(*instruction));
      continue;
    }
    text += "  raw";
    for (int word = 0; word < codec.instruction_bytes() / 8; ++word) {
      text += fmt::format(" {:#x}", program.code[i].words[static_cast<size_t>(word)]);
    }
    text += fmt::format("  # {}\n", instruction.error().what);
  }
  append_marks(program.code.size(), true);
}

}  // namespace

std::string disassemble(const Program& program) {
  const Codec codec(program.hardware);
  std::string text = fmt::format("program {}\n\nhardware {{\n", quoted(program.name));
  const std::string yaml = to_yaml(program.hardware);
  for (size_t at = 0; at < yaml.size();) {
    const size_t end = yaml.find('\n', at);
    text += "  " + yaml.substr(at, end - at) + "\n";
    at = end + 1;
  }
  text += fmt::format("}}\n\ndram {:#x}\n", program.dram_bytes);
  for (const Segment& segment : program.segments) {
    text += fmt::format("\nsegment {} at {:#x}{} {{\n", quoted(segment.name), segment.address,
                        segment.holds_uops ? " uops" : "");
    if (segment.holds_uops) {
      append_uops(codec, segment.bytes, text);
    } else {
      append_data(segment.bytes, text);
    }
    text += "}\n";
  }
  for (const Binding& binding : program.bindings) {
    std::string shape;
    for (const int64_t extent : binding.shape) shape += fmt::format("{}{}", shape.empty() ? "" : ",", extent);
    text += fmt::format("\nbinding {} {} {} [{}] layout {} at {:#x}", quoted(binding.name), role_name(binding.role),
                        name(binding.type), shape, quoted(binding.layout), binding.address);
    if (binding.expected.empty()) {
      text += "\n";
      continue;
    }
    text += " expected {\n";
    append_data(binding.expected, text);
    text += "}\n";
  }
  text += fmt::format("\ncode at {:#x} {{\n", program.code_address);
  append_code(program, codec, text);
  return text + "}\n";
}

}  // namespace tandem::isa
