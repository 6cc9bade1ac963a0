// VTA's loader scripts (../shared/vta/ISA.md, Programs) as Programs.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <sstream>

#include "isa/access.h"
#include "isa/program.h"

namespace tandem::isa {
namespace {

struct Word {
  std::string text;
  SourceLocation where;
};

std::vector<Word> words_of(const std::string& line, const std::string& file, int number) {
  std::vector<Word> words;
  size_t at = 0;
  while (true) {
    at = line.find_first_not_of(" \t\r", at);
    if (at == std::string::npos || line[at] == '#') return words;
    const size_t end = std::min(line.find_first_of(" \t\r", at), line.size());
    words.push_back({line.substr(at, end - at), {file, number, static_cast<int>(at) + 1}});
    at = end;
  }
}

Result<uint64_t> number(const Word& word, const char* what) {
  const bool hexadecimal = word.text.rfind("0x", 0) == 0 || word.text.rfind("0X", 0) == 0;
  const char* begin = word.text.data() + (hexadecimal ? 2 : 0);
  const char* end = word.text.data() + word.text.size();
  uint64_t value = 0;
  const auto parsed = std::from_chars(begin, end, value, hexadecimal ? 16 : 10);
  if (parsed.ec != std::errc() || parsed.ptr != end) {
    return Diagnostic{word.where, fmt::format("'{}' is not {}", word.text, what), {}, "write it as 0x4000 or 16384"};
  }
  return value;
}

class Loader {
 public:
  Loader(const std::string& path, const HwConfig& hardware)
      : path_(path), folder_(std::filesystem::path(path).parent_path()) {
    program_.hardware = hardware;
    std::string name = std::filesystem::absolute(path).parent_path().filename().string();
    program_.name = name.empty() ? "manifest" : name;
  }

  Result<Program> load() {
    TANDEM_ASSIGN(const std::string text, read_text_file(path_));
    std::istringstream lines(text);
    std::string line;
    for (int i = 1; std::getline(lines, line); ++i) {
      const std::vector<Word> words = words_of(line, path_, i);
      if (!words.empty()) TANDEM_TRY(command(words));
    }
    if (program_.code.empty())
      return Diagnostic{{path_}, "the manifest has no 'insn' line", {}, "name the file of the instructions"};
    TANDEM_TRY(check_overlaps());
    TANDEM_TRY(measure());
    return program_;
  }

 private:
  Result<void> command(const std::vector<Word>& words) {
    const std::string& name = words[0].text;
    if (name != "load" && name != "insn" && name != "dump") {
      return unknown_name(words[0].where, "command", name, {"load", "insn", "dump"});
    }
    const bool dump = name == "dump";
    const size_t least = dump ? 4 : 3;
    const size_t most = dump ? 5 : 3;
    if (words.size() < least || words.size() > most) {
      return Diagnostic{
          words[0].where,
          fmt::format("'{}' with {} arguments", name, words.size() - 1),
          {},
          dump ? "write 'dump ADDRESS BYTES FILE [EXPECTED]'" : fmt::format("write '{} FILE ADDRESS'", name)};
    }
    if (dump) return dump_command(words);
    TANDEM_ASSIGN(const uint64_t address, number(words[2], "an address"));
    TANDEM_ASSIGN(Bytes bytes, file(words[1]));
    if (name == "insn") return insn_command(words, address, bytes);
    if (!bytes.empty()) {
      program_.segments.push_back(
          {unique(std::filesystem::path(words[1].text).stem().string()), address, std::move(bytes), false});
      places_.push_back(words[0].where);
    }
    return {};
  }

  Result<void> insn_command(const std::vector<Word>& words, uint64_t address, const Bytes& bytes) {
    if (!program_.code.empty()) {
      return Diagnostic{words[0].where, "a second 'insn' line", {}, "put all instructions into one file"};
    }
    const Codec codec(program_.hardware);
    const auto size = static_cast<size_t>(codec.instruction_bytes());
    if (bytes.empty() || bytes.size() % size != 0) {
      return Diagnostic{words[1].where,
                        fmt::format("{} has {} bytes, which is no multiple of an instruction's {}", words[1].text,
                                    bytes.size(), size),
                        {},
                        ""};
    }
    for (size_t at = 0; at < bytes.size(); at += size) program_.code.push_back(codec.from_bytes(bytes.data() + at));
    program_.code_address = address;
    code_place_ = words[0].where;
    return {};
  }

  Result<void> dump_command(const std::vector<Word>& words) {
    Binding binding;
    binding.role = Role::kOutput;
    TANDEM_ASSIGN(binding.address, number(words[1], "an address"));
    TANDEM_ASSIGN(const uint64_t bytes, number(words[2], "a number of bytes"));
    constexpr uint64_t kMost = uint64_t{1} << 32;
    if (bytes == 0 || bytes > kMost) {
      return Diagnostic{words[2].where, fmt::format("{} bytes are not from 1 to {}", bytes, kMost), {}, ""};
    }
    binding.shape = {static_cast<int64_t>(bytes)};
    binding.layout = "N";
    binding.name = words[3].text;
    for (const Binding& other : program_.bindings) {
      if (other.name == binding.name) {
        return Diagnostic{
            words[3].where, fmt::format("'{}' is dumped twice", binding.name), {}, "give each dump its own file"};
      }
    }
    if (words.size() == 5) {
      TANDEM_ASSIGN(binding.expected, file(words[4]));
      if (binding.expected.size() != bytes) {
        return Diagnostic{
            words[4].where,
            fmt::format("{} has {} bytes; the dump has {}", words[4].text, binding.expected.size(), bytes),
            {},
            ""};
      }
    }
    program_.bindings.push_back(std::move(binding));
    return {};
  }

  Result<Bytes> file(const Word& word) {
    Result<Bytes> bytes = read_file((folder_ / word.text).string());
    if (bytes.ok()) return bytes;
    return Diagnostic{word.where,
                      fmt::format("{}: {}", (folder_ / word.text).string(), bytes.error().what),
                      {},
                      "file names are relative to the manifest"};
  }

  std::string unique(const std::string& name) const {
    const auto taken = [&](const std::string& candidate) {
      return std::any_of(program_.segments.begin(), program_.segments.end(),
                         [&](const Segment& segment) { return segment.name == candidate; });
    };
    std::string result = name;
    for (int i = 2; taken(result); ++i) result = fmt::format("{}_{}", name, i);
    return result;
  }

  Result<void> check_overlaps() const {
    struct Range {
      uint64_t begin;
      uint64_t end;
      std::string what;
      SourceLocation where;
    };
    std::vector<Range> ranges;
    for (size_t i = 0; i < program_.segments.size(); ++i) {
      const Segment& segment = program_.segments[i];
      ranges.push_back({segment.address, segment.address + segment.bytes.size(), segment.name, places_[i]});
    }
    const uint64_t code_bytes = program_.code.size() * static_cast<uint64_t>(instruction_bytes(program_.hardware));
    ranges.push_back({program_.code_address, program_.code_address + code_bytes, "the instructions", code_place_});
    std::sort(ranges.begin(), ranges.end(), [](const Range& a, const Range& b) { return a.begin < b.begin; });
    for (size_t i = 1; i < ranges.size(); ++i) {
      if (ranges[i].begin >= ranges[i - 1].end) continue;
      return Diagnostic{ranges[i].where,
                        fmt::format("{} at {:#x} overlaps {}, which ends at {:#x}", ranges[i].what, ranges[i].begin,
                                    ranges[i - 1].what, ranges[i - 1].end),
                        {},
                        fmt::format("the nearest free address is {:#x}", ranges[i - 1].end)};
    }
    return {};
  }

  /// The extent of DRAM, and which segments hold micro-ops.
  Result<void> measure() {
    uint64_t end =
        program_.code_address + program_.code.size() * static_cast<uint64_t>(instruction_bytes(program_.hardware));
    for (const Segment& segment : program_.segments) end = std::max(end, segment.address + segment.bytes.size());
    for (const Binding& binding : program_.bindings)
      end = std::max(end, binding.address + static_cast<uint64_t>(binding.size_bytes()));
    const Codec codec(program_.hardware);
    const auto uop_size = static_cast<uint64_t>(codec.uop_bytes());
    for (const EncodedInstruction& encoded : program_.code) {
      const Result<Instruction> instruction = codec.decode(encoded);
      if (!instruction.ok()) continue;  // the static checker tells
      const DramRange range = dram_range(program_.hardware, *instruction);
      end = std::max(end, range.end);
      const auto* load = std::get_if<Load>(&*instruction);
      if (load == nullptr || load->mem_type != Memory::kUop || range.empty()) continue;
      for (Segment& segment : program_.segments) {
        const bool inside = range.begin >= segment.address && range.begin < segment.address + segment.bytes.size();
        if (inside && segment.bytes.size() % uop_size == 0) segment.holds_uops = true;
      }
    }
    constexpr uint64_t kPage = 4096;
    program_.dram_bytes = (end + kPage - 1) / kPage * kPage;
    return {};
  }

  std::string path_;
  std::filesystem::path folder_;
  Program program_;
  std::vector<SourceLocation> places_;  // of the segments
  SourceLocation code_place_;
};

}  // namespace

Result<Program> load_manifest(const std::string& path, const HwConfig& hardware) {
  return Loader(path, hardware).load();
}

}  // namespace tandem::isa
